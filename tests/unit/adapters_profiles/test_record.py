"""Records as bytes: what goes in comes out, and of damage nothing does."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as some

from adapters.profiles.record import (
    EMPTY,
    Damaged,
    ProfileReader,
    Record,
    Statement,
    pack,
    pack_segments,
    unpack,
)
from adserver.domain.person import NOBODY, Interest, Profile, Touch
from adserver.domain.week import DAY_S

TODAY = 20_000
NOW_S = TODAY * DAY_S + 5.0
TOUCH = Touch("click", 1_800_000_000, 1, 2, b"b" * 16)

u16 = some.integers(0, 0xFFFF)
segments = some.lists(some.integers(0, 0xFFFFFFFF), max_size=300).map(tuple)
records = some.builds(
    Record,
    some.lists(some.builds(Statement, u16, u16, segments), max_size=4).map(tuple),
    some.lists(some.just(TOUCH), max_size=3).map(tuple),
    some.lists(some.builds(Interest, some.just("click"), u16, u16), max_size=3).map(tuple),
    some.lists(some.binary(min_size=16, max_size=16), max_size=3).map(tuple),
)


def reader() -> ProfileReader:
    """Grants of even index may choose, on the day they were given."""
    return ProfileReader(lambda grant, day, today: grant % 2 == 0 and day == today)


@given(records)
def test_a_record_comes_back_as_it_was_packed(record: Record) -> None:
    assert unpack(pack(record)) == record


@given(u16, u16, segments)
def test_the_short_way_to_pack_gives_the_same_bytes(
    grant: int, day: int, numbers: tuple[int, ...]
) -> None:
    said = (Statement(grant, day, numbers),) if numbers else ()
    assert pack_segments(grant, day, numbers) == pack(Record(said))


@given(records)
def test_a_profile_has_what_may_be_used_today_however_it_is_read(record: Record) -> None:
    usable = [
        number
        for said in record.statements
        if said.grant % 2 == 0 and said.day == TODAY
        for number in said.segments
    ]
    found = reader().profile(pack(record), NOW_S)
    assert set(found.segments) == set(usable)
    assert found.touches == record.touches


def test_ten_segments_of_one_source_take_47_bytes() -> None:
    assert len(pack_segments(1, TODAY, range(10))) == 47


def test_whether_segments_hold_is_asked_again_the_next_day() -> None:
    reading = reader()
    body = pack_segments(2, TODAY, (7,))
    assert reading.profile(body, NOW_S) == Profile((7,))
    assert reading.profile(body, NOW_S + DAY_S) == NOBODY
    assert reading.profile(body, NOW_S) == Profile((7,))


def test_the_last_255_statements_stay() -> None:
    many = tuple(Statement(number, 1, (number,)) for number in range(300))
    assert unpack(pack(Record(many))).statements == many[-255:]


@pytest.mark.parametrize(
    "body",
    [b"", b"\1", b"\1\0\0\0\0\5\0abcd", b"\2" + pack_segments(0, 0, (1,))[1:],
     b"\0\xc1", b"\0\x91", b"\0" + b"\x91" * 2_000, b"\0" + msgspec.msgpack.encode(("a",)),
     b"\0" + msgspec.msgpack.encode(((), ((b"\xff", 1, 2),)))],
)  # fmt: skip
def test_damage_has_a_name(body: bytes) -> None:
    with pytest.raises(Damaged):
        unpack(body)
    with pytest.raises(Damaged):
        reader().profile(body, NOW_S)


def test_nothing_is_one_byte() -> None:
    assert pack(EMPTY) == b"\0"
    assert unpack(b"\0") == EMPTY
