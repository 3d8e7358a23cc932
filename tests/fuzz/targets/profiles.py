"""Records of people: damaged ones are told from good ones, sealed or not, whichever way they are read."""

from adapters.profiles.lmdb_store.sealing import seal, unseal
from adapters.profiles.record import (
    Damaged,
    ProfileReader,
    Record,
    Statement,
    pack,
    pack_segments,
    unpack,
)
from adserver.domain.person import Interest, Profile, Touch
from adserver.domain.week import DAY_S
from tests.fuzz.target import Target

DAY = 20_000
NOW_S = DAY * DAY_S
PERSON, SECRET, NONCE = b"p" * 16, b"s" * 32, b"n" * 8


def check(body: bytes) -> None:
    """The reader gets a profile of what may be used, or a damage; the writer the same record again; a stranger
    who has no secret makes no record.
    """
    reader = ProfileReader(lambda grant, day, today: grant % 2 == 0 and day == today)
    assert unseal(PERSON, seal(PERSON, body, SECRET, 0, NONCE), SECRET) == body
    try:
        unseal(PERSON, body, SECRET)
    except Damaged:
        pass
    else:
        raise AssertionError("a record was made without the secret")
    try:
        record = unpack(body)
    except Damaged:
        try:
            reader.profile(body, NOW_S)
        except Damaged:
            return
        raise AssertionError("the reader takes what the writer does not")  # noqa: B904 - it is the finding
    assert unpack(pack(record)) == record
    profile = reader.profile(body, NOW_S)
    assert isinstance(profile, Profile)
    assert profile.touches == record.touches
    assert set(profile.segments) == {
        segment
        for said in record.statements
        if said.grant % 2 == 0 and said.day == DAY
        for segment in said.segments
    }


def seeds() -> list[bytes]:
    """Return bodies with and without contacts, small and large, of one source and several."""
    touch = Touch("impression", 1_790_000_000, 41, 42, b"b" * 16)
    trail = Record((), (touch, touch), (Interest("click", NOW_S, 7),), (PERSON,))
    several = Record((Statement(0, DAY, (1, 2)), Statement(1, DAY, (3,)), Statement(2, 1, (4,))))
    return [
        pack_segments(0, DAY, ()), pack_segments(0, DAY, (1, 2, 3)), pack_segments(2, DAY, range(300)),
        pack(trail), pack(several), pack_segments(0, DAY, (1,)) + pack(trail)[1:],
        b"\xff\xff\x00", b"", b"\x01",
    ]  # fmt: skip


TARGET = Target(check, seeds, 2_048)
