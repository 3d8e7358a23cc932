"""What is kept of one person, as bytes: the same in every store, before it is encrypted and after.

A body is a count of statements (1 byte), then each statement: the grant's index in the store's table, the day, the
number of segments (2 bytes each), and so many segments (4 bytes each), all little-endian. Contacts, interests and the
person's further ids follow in MessagePack, or nothing does. Ten segments from one source take 47 bytes.
"""

import struct
from collections.abc import Callable, Sequence

import msgspec

from adserver.domain.person import NOBODY, Interest, PersonKey, Profile, Touch
from adserver.domain.week import DAY_S

INTERESTS_S = 90 * DAY_S
MAX_STATEMENTS = 255
MAX_SEGMENTS = 0xFFFF
"""Of one statement; who says more makes several."""

_STATEMENT = struct.Struct("<HHH")
_SEGMENTS = tuple(struct.Struct(f"<{count}I").unpack_from for count in range(256))
_ONE = tuple(struct.Struct(f"<BHHH{count}I") for count in range(256))
"""Bodies of one statement, by how many segments it has."""
_ONE_BY_BYTES = {one.size: one.unpack for one in _ONE}
_DAMAGED = (
    struct.error, IndexError, msgspec.DecodeError, UnicodeDecodeError, RecursionError
)  # fmt: skip


class Damaged(Exception):
    """Bytes that are no body: to readers an unknown person, to writers one to begin anew."""


class Statement(msgspec.Struct, frozen=True, array_like=True):
    """Which segments one source put the person in, one day."""

    grant: int
    """Its index in the store's table of grants."""
    day: int
    """Days since the epoch (UTC)."""
    segments: tuple[int, ...]


class Record(msgspec.Struct, frozen=True):
    """All that is kept of one person under one key."""

    statements: tuple[Statement, ...] = ()
    touches: tuple[Touch, ...] = ()
    """Oldest first."""
    interests: tuple[Interest, ...] = ()
    """Oldest first."""
    aliases: tuple[PersonKey, ...] = ()
    """Further ids of the same person, so that a decision or an erasure reaches them all."""


EMPTY = Record()


class _Trail(msgspec.Struct, frozen=True, array_like=True):
    touches: tuple[Touch, ...] = ()
    interests: tuple[Interest, ...] = ()
    aliases: tuple[bytes, ...] = ()


_encode_trail = msgspec.msgpack.Encoder().encode
_decode_trail = msgspec.msgpack.Decoder(_Trail).decode


def pack(record: Record) -> bytes:
    """Return a record as a body. Of more than 255 statements the last ones stay."""
    statements = record.statements[-MAX_STATEMENTS:]
    parts = [bytes([len(statements)])]
    for each in statements:
        count = len(each.segments)
        parts.append(struct.pack(f"<HHH{count}I", each.grant, each.day, count, *each.segments))
    if record.touches or record.interests or record.aliases:
        parts.append(_encode_trail(_Trail(record.touches, record.interests, record.aliases)))
    return b"".join(parts)


def pack_segments(grant: int, day: int, segments: Sequence[int]) -> bytes:
    """Return the body of somebody of whom one statement is all that is known: what `pack` does, sooner."""
    count = len(segments)
    if 0 < count < len(_ONE):
        return _ONE[count].pack(1, grant, day, count, *segments)
    return pack(Record(statements(grant, day, segments)))


def statements(grant: int, day: int, segments: Sequence[int]) -> tuple[Statement, ...]:
    """Return what a source says as statements: one, or more if it says much, or none if it says nothing."""
    return tuple(
        Statement(grant, day, tuple(segments[start : start + MAX_SEGMENTS]))
        for start in range(0, len(segments), MAX_SEGMENTS)
    )


def unpack(body: bytes) -> Record:
    """Return a body as a record. Raises `Damaged`."""
    try:
        found = []
        at = 1
        for _ in range(body[0]):
            grant, day, count = _STATEMENT.unpack_from(body, at)
            at += _STATEMENT.size
            found.append(Statement(grant, day, _numbers(body, at, count)))
            at += 4 * count
        trail = _decode_trail(body[at:]) if len(body) > at else _Trail()
    except _DAMAGED as error:
        raise Damaged(str(error)) from error
    return Record(tuple(found), trail.touches, trail.interests, trail.aliases)


class ProfileReader:
    """Turns bodies into profiles, fast: remembers which grants allow choosing an ad by what was said which day."""

    def __init__(self, is_usable: Callable[[int, int, int], bool]) -> None:
        """`is_usable(grant, day, today)`, asked once a day for each index and day that occur, tells whether such
        segments may choose an ad.
        """
        self._is_usable = is_usable
        self._known: dict[int, bool] = {}
        self._turn_to(-1)

    def profile(self, body: bytes, now_s: float) -> Profile:
        """Return what may be used of a person now, in less than a microsecond for ten segments. Raises `Damaged`."""
        if not self._begins_s <= now_s < self._ends_s:
            self._turn_to(int(now_s // DAY_S))
        split = _ONE_BY_BYTES.get(len(body))
        if split is not None:
            said = split(body)
            if said[0] == 1 and said[3] == len(said) - 4:
                grant, day = said[1:3]
                allowed = self._known.get(grant << 16 | day)
                if allowed is None:
                    allowed = self._ask(grant, day)
                return Profile(said[4:]) if allowed else NOBODY
        return self._mixed(unpack(body), now_s)

    def _turn_to(self, day: int) -> None:
        self._today = day
        self._begins_s, self._ends_s = day * DAY_S, (day + 1) * DAY_S
        self._known.clear()

    def _mixed(self, record: Record, now_s: float) -> Profile:
        segments: dict[int, None] = {}
        for each in record.statements:
            allowed = self._known.get(each.grant << 16 | each.day)
            if self._ask(each.grant, each.day) if allowed is None else allowed:
                segments.update(dict.fromkeys(each.segments))
        # Contacts are given whatever their age: a clock that was set forward must not open frequency caps.
        interests = _recent(record.interests, now_s)
        return Profile(tuple(segments), record.touches, interests, record.aliases)

    def _ask(self, grant: int, day: int) -> bool:
        allowed = self._known[grant << 16 | day] = self._is_usable(grant, day, self._today)
        return allowed


def _recent(interests: tuple[Interest, ...], now_s: float) -> tuple[Interest, ...]:
    since_s = now_s - INTERESTS_S
    if not interests or interests[0].at_s > since_s:
        return interests
    return tuple(each for each in interests if each.at_s > since_s)


def _numbers(body: bytes, at: int, count: int) -> tuple[int, ...]:
    if count < len(_SEGMENTS):
        return _SEGMENTS[count](body, at)
    return struct.unpack_from(f"<{count}I", body, at)
