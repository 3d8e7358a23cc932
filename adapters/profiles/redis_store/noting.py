"""Which of the changes of people go into the diary, and how they are read again."""

from collections.abc import Sequence
from struct import Struct

import msgspec
from msgspec.structs import replace

from adapters.profiles.record import Damaged
from adapters.profiles.redis_store.diary import Diary, mark
from adapters.profiles.redis_store.diary import Entry as Written
from adapters.profiles.redis_store.entry import Put
from adapters.profiles.redis_store.stored import (
    CONSENT,
    CONTACT,
    LINK,
    read_choices,
    seal,
    unseal,
    write_choices,
)
from adserver.domain.choices import Choices
from adserver.domain.person import PersonKey, Touch

_SIZE = Struct("<H")
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Touch).decode


def write_down(diary: Diary, puts: Sequence[Put], *, sealed: bool) -> None:
    """Write down what cannot be learnt again once Redis is lost. Where secrets would be lost with it (not `sealed`),
    that is choices alone. Raises `Unavailable`.
    """
    choices = [
        Written(each.entry.person, _pack(each.entry.person, each.choices, each.entry.secret))
        for each in puts
        if each.choices is not None
    ]
    if choices:
        diary.add_choices(choices)
    if not sealed:
        return
    links = [
        Written(mark(secret), seal(each.entry.person, each.link, secret, LINK))
        for each in puts
        if each.link is not None and (secret := each.entry.secret)
    ]
    if links:
        diary.add_links(links)
    seen = [
        Written(mark(secret), seal(each.entry.person, _encode(touch), secret, CONTACT))
        for each in puts
        if each.seen and (secret := each.entry.secret)
        for touch in each.seen
    ]
    if seen and diary.about.kept_s:
        diary.add_contacts(seen)


def read_touch(person: PersonKey, body: bytes, secret: bytes) -> Touch:
    """Return a contact. Raises `Damaged`."""
    try:
        return _decode(unseal(person, body, secret))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Damaged(str(error)) from error


def read_noted_choices(person: PersonKey, body: bytes, secret: bytes | None) -> Choices:
    """Return what somebody decided; never raises. A consent that cannot be read is none."""
    size = int.from_bytes(body[: _SIZE.size], "little")
    choices = read_choices(person, body[_SIZE.size : _SIZE.size + size], secret)
    consent = body[_SIZE.size + size :]
    try:
        consented = bool(consent) and unseal(person, consent, secret) == CONSENT
    except Damaged:
        consented = False
    return replace(choices, consented=consented)


def _pack(person: PersonKey, choices: Choices, secret: bytes | None) -> bytes:
    """Return choices as bytes of which only an opt-out and a tombstone can be read without the person's secret: no
    more than that may be left of somebody who is erased on another host.
    """
    if choices.objections and secret is None:
        choices = replace(choices, opted_out=True, objections=())  # as it would be read
    open_part = write_choices(person, replace(choices, consented=False), secret)
    consent = b""
    if choices.consented and secret is not None:
        consent = seal(person, CONSENT, secret, CONSENT)
    return _SIZE.pack(len(open_part)) + open_part + consent


def copied(person: PersonKey, stored: bytes, secret: bytes | None) -> Written:
    """Return for the diary what Redis has of a person's choices."""
    return Written(person, _pack(person, read_choices(person, stored, secret), secret))
