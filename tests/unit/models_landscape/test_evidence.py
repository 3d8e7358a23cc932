"""What a log says of the minimum to win."""

import json
from math import inf
from pathlib import Path
from typing import Any

import pytest

from adserver.errors import InvalidConfig
from models.landscape.evidence import Evidence, read
from tests.unit.models_landscape.market import (
    CPM,
    MONDAY_S,
    Auctioned,
    bid_line,
    notice_line,
    write,
)

PRICE, FLOOR = 3 * CPM, CPM
ONE = Auctioned(MONDAY_S, "page.example", FLOOR, 2 * CPM, PRICE, "0" * 31 + "1")
LATE = Auctioned(MONDAY_S + 600, "page.example", FLOOR, 2 * CPM, PRICE, "0" * 31 + "2")
"""So that the time of the first is over."""


def learned(path: Path, *lines: dict[str, Any]) -> Evidence:
    return read(write(path / "events.jsonl", [*lines, bid_line(LATE)]), on_progress=lambda *_: None)


@pytest.mark.parametrize(
    ("bid", "notices", "bounds"),
    [
        ({}, [], (PRICE, inf)),
        ({}, [("loss", {"loss": "outbid"})], (PRICE, inf)),
        ({}, [("loss", {"loss": "outbid", "minimum": 5 * CPM})], (5 * CPM, 5 * CPM)),
        ({}, [("loss", {"loss": "outbid", "minimum": 2 * CPM})], (PRICE, inf)),
        ({}, [("win", {})], (FLOOR - 1, PRICE)),
        ({}, [("impression", {})], (FLOOR - 1, PRICE)),
        ({}, [("win", {"minimum": 2 * CPM})], (2 * CPM, 2 * CPM)),
        ({}, [("billing", {"cleared": PRICE}), ("win", {"minimum": 2 * CPM})], (2 * CPM, 2 * CPM)),
        ({}, [("win", {"minimum": 4 * CPM})], (FLOOR - 1, PRICE)),
        ({}, [("billing", {"cleared": 2 * CPM})], (FLOOR - 1, PRICE)),
        ({"auction": "second_price"}, [("billing", {"cleared": 2 * CPM})], (2 * CPM, 2 * CPM)),
        ({"deal": "PM-1"}, [("win", {})], (-1, PRICE)),
    ],
    ids=[
        "never heard of",
        "lost",
        "lost, told",
        "lost below what was told: not believed",
        "won",
        "shown, so won",
        "won, told",
        "won, told after the bill",
        "won below what was told: not believed",
        "first price: the bill is our own price",
        "second price: the bill tells",
        "a deal has a floor of its own",
    ],
)
def test_an_outcome_says_between_what_it_lies(
    tmp_path: Path,
    bid: dict[str, Any],
    notices: list[tuple[str, dict[str, Any]]],
    bounds: tuple[float, float],
) -> None:
    evidence = learned(
        tmp_path,
        bid_line(ONE, **bid),
        *(notice_line(ONE, kind, **what) for kind, what in notices),
    )
    assert (evidence.bounds.above.tolist(), evidence.bounds.up_to.tolist()) == (
        [bounds[0]],
        [bounds[1]],
    )
    assert evidence.young == 1


@pytest.mark.parametrize(
    ("bid", "notices"),
    [
        ({"trainable": False}, []),
        ({"measured": False}, []),
        ({}, [("loss", {"loss": "filtered"})]),
        ({}, [("loss", {"loss": "internal_error"})]),
        ({"auction": "agreed_price"}, [("win", {})]),
    ],
)
def test_what_says_nothing_of_prices_or_may_not_teach_is_left_out(
    tmp_path: Path, bid: dict[str, Any], notices: list[tuple[str, dict[str, Any]]]
) -> None:
    evidence = learned(
        tmp_path,
        bid_line(ONE, **bid),
        *(notice_line(ONE, kind, **what) for kind, what in notices),
    )
    assert len(evidence.at) == 0


def test_old_logs_without_the_new_fields_are_read(tmp_path: Path) -> None:
    bid, win = bid_line(ONE), notice_line(ONE, "win")
    for name in ("auction", "p_win", "tag"):
        del bid[name]
    for name in ("cleared", "minimum"):
        del win[name]
    evidence = learned(tmp_path, bid, win)
    assert evidence.bounds.up_to.tolist() == [PRICE]


def test_bids_whose_bills_may_still_come_are_left_out_whether_they_came_or_not(
    tmp_path: Path,
) -> None:
    many = [ONE._replace(at=MONDAY_S + n, bid=f"{n:032x}") for n in range(100)]
    lines = [
        line
        for each in many
        for line in (bid_line(each), notice_line(each, "win", at=each.at + 30))
    ]
    evidence = read(write(tmp_path / "e.jsonl", lines), on_progress=lambda *_: None)
    assert (len(evidence.at), evidence.young) == (70, 30)


def test_damaged_lines_are_counted_and_do_no_harm(tmp_path: Path) -> None:
    file = tmp_path / "e.jsonl"
    good = [json.dumps(bid_line(each)) for each in (ONE, LATE)]
    bad = [
        "{",
        '{"event": "bid"',
        json.dumps(bid_line(ONE, price=-1)),
        json.dumps(bid_line(ONE, price="x")),
        "[" * 9_999,
    ]
    file.write_text("\n".join([*bad, *good]) + "\n")
    evidence = read(file, on_progress=lambda *_: None)
    assert (len(evidence.at), evidence.tally.damaged) == (1, 5)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfig, match="serve some traffic first"):
        read(tmp_path, on_progress=lambda *_: None)
