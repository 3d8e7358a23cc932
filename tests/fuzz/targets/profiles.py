"""Records of people in LMDB: damaged ones are told from good ones, and the writer heals them."""

import msgspec

from adapters.profiles.lmdb_profiles import _DAMAGED, _packed, _parts, _profile
from adserver.domain.person import Profile, Touch
from tests.fuzz.target import Target


def check(record: bytes) -> None:
    """The reader gets a profile or a damage that it knows; the writer always gets something to go on with."""
    segments, touches = _parts(record)
    again, kept = _parts(segments + (msgspec.msgpack.encode(touches) if touches else b""))
    assert kept == touches
    assert again == segments
    try:
        profile = _profile(record)
    except _DAMAGED:
        assert (segments, touches) == (_packed(()), ())
        return
    assert isinstance(profile, Profile)
    assert _packed(profile.segments) == segments


def seeds() -> list[bytes]:
    """Return records with and without contacts, small and large."""
    touch = Touch("impression", 1_790_000_000, 41, 42, b"b" * 16)
    contacts = msgspec.msgpack.encode((touch, touch))
    return [
        _packed(()), _packed((1, 2, 3)), _packed(range(300)), _packed((1,)) + contacts,
        _packed(()) + contacts, b"\xff\xff\x00", b"", b"\x01",
    ]  # fmt: skip


TARGET = Target(check, seeds, 2_048)
