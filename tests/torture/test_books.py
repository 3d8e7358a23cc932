"""The books of the tortures would notice: each thing that must never stand in a ledger is named."""

from pathlib import Path
from struct import pack
from typing import Any
from zlib import crc32

import msgspec
import pytest

from tests.torture.agreement import differences
from tests.torture.replay import (
    EXPIRED,
    GRANTED,
    LATE,
    OPENED,
    RETURNED,
    SEEN,
    SETTLED,
    SHIFTED,
    Entry,
    Replay,
    of_file,
    whole_frames,
)

LIFE = "line_item/tents/life"
POT, KEY, LEASE = 1, 77, 3
OPEN: list[Entry] = [[OPENED, POT, KEY, [LIFE, "advertiser/tents/life"], 0, 100]]
GRANT: Entry = [GRANTED, LEASE, POT, 500]


def paid(bid: bytes = b"a", tag: int = SETTLED, price: int = 100, **fields: Any) -> Entry:
    """Return the entry of a bid that was billed, of 200 that it reserved."""
    names = ("kind", "line_item", "exchange", "lease", "pots", "reserved")
    usual = {
        "kind": "billing",
        "line_item": KEY,
        "exchange": "open",
        "lease": LEASE,
        "pots": [POT],
        "reserved": 200,
    }
    return [tag, bid, *(({**usual, **fields})[name] for name in names), price, 0, 0, 0, 5, 900]  # fmt: skip


def seen(bid: bytes, rule: str = "") -> Entry:
    """Return the entry of an impression."""
    return [SEEN, bid, "impression", KEY, 900, rule]


@pytest.mark.parametrize(
    ("entries", "complaint"),
    [
        ([GRANT, paid(), [RETURNED, LEASE, POT, 400]], ""),
        ([GRANT, [GRANTED, LEASE, POT, 501]], "are promised of 1000"),
        ([GRANT, paid(tag=LATE, price=200), [GRANTED, LEASE, POT, 400]], "are promised of 1000"),
        ([GRANT, [SHIFTED, LIFE, "line_item/boots/life", 600, 0], GRANT], "are promised of 400"),
        ([GRANT, paid(), paid()], "is paid for twice"),
        ([GRANT, paid(), paid(tag=LATE)], "is paid for twice"),
        ([GRANT, paid(price=201)], "of 200 set aside"),
        ([GRANT, paid(price=-1)], "of 200 set aside"),
        ([paid()], "more than it has"),
        ([GRANT, [RETURNED, LEASE, POT, 501]], "more than it has"),
        ([GRANT, [EXPIRED, LEASE], paid()], "which expired"),
        ([GRANT, [EXPIRED, LEASE], GRANT], "after it expired"),
        ([seen(b"a"), seen(b"b"), seen(b"a")], "is counted twice"),
        ([seen(b"a", rule="robot"), seen(b"a")], ""),
        ([[99]], "tag 99"),
    ],
)
def test_what_must_not_be_in_a_ledger_is_named(entries: list[Entry], complaint: str) -> None:
    wrong = Replay({LIFE: 1_000}).all([*OPEN, *entries]).wrong
    assert bool(wrong) == bool(complaint)
    assert all(complaint in each for each in wrong[:1])


def test_totals_are_what_the_entries_say() -> None:
    replay = Replay({LIFE: 250}).all(
        [*OPEN, [GRANTED, LEASE, POT, 250], paid(), paid(b"b", tag=LATE, price=180)]
    )
    assert (replay.settled[LIFE], replay.outstanding[LIFE], replay.late[LIFE]) == (100, 150, 180)
    assert replay.overspent() == 30
    assert replay.media == {b"a".hex(): 100, b"b".hex(): 180}
    assert replay.late_bids == {b"b".hex()}
    row = {
        "settled": 100, "outstanding": 150, "late": 180, "media": 280, "data": 0, "tech": 0, "margin": 0,
        "impressions": 0, "invalid_impressions": 0,
    }  # fmt: skip
    assert differences(replay, {"tents": row}) == []
    for key in ("settled", "outstanding", "late", "media", "tech", "impressions"):
        (found,) = differences(replay, {"tents": {**row, key: row[key] + 1}})
        assert found.startswith(f"tents: {key} ")


def test_a_torn_end_is_no_frame(tmp_path: Path) -> None:
    frames = [msgspec.msgpack.encode([entry]) for entry in (*OPEN, GRANT)]
    data = b"adserver ledger 1\n" + b"".join(
        pack(">4sII", b"\xf5LJ\n", len(each), crc32(each)) + each for each in frames
    )
    (tmp_path / "ledger").write_bytes(data)
    assert list(of_file(tmp_path / "ledger")) == [*OPEN, GRANT]
    (_, first), (_, last) = whole_frames(data)
    assert last == len(data)
    for cut in range(first, len(data)):
        assert len(whole_frames(data[:cut])) == 1
