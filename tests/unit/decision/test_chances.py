"""Supply counts whoever might have bid, whatever money is left, and many by a part of them."""

from typing import Any

import pytest

from adserver.catalog.snapshot import Snapshot
from adserver.decision import chances
from adserver.decision.pipeline import look_ahead
from adserver.domain.opportunity import Auction
from adserver.domain.person import NOBODY
from adserver.domain.targeting import Segment
from tests.fakes.purse import FakePurse
from tests.unit.decision.made import (
    CPM,
    NOW_S,
    auction,
    cpm,
    line_item,
    moment,
    opportunity,
    snapshot,
)


def counted(compiled: Snapshot, request: Auction, **changes: Any) -> dict[str, float]:
    """Return chances by line item id."""
    fits = look_ahead(compiled, request)
    now = moment(compiled, **changes)
    found = chances.count(compiled, request, fits, now)
    return {compiled.line_items[index].id: each for index, each in found.items()}


def test_each_opportunity_is_a_chance_for_whom_it_fits() -> None:
    compiled = snapshot(line_item("here"), line_item("elsewhere", hours_of_week=(0,)))
    request = auction(opportunity("1"), opportunity("2"), opportunity("3", banner=None))
    expected = {"here": 2.0}
    if compiled.calendar.active(NOW_S).bit_count() == 2:
        expected["elsewhere"] = 2.0
    assert counted(compiled, request) == expected


def test_money_and_paces_are_no_part_of_supply() -> None:
    compiled = snapshot(line_item("poor"))
    assert counted(compiled, auction(), purse=FakePurse(funded=0), paces=[0.05]) == {"poor": 1.0}


def test_whom_a_floor_keeps_away_has_no_chance() -> None:
    compiled = snapshot(line_item("cheap", goal=cpm(1)), line_item("dear", goal=cpm(9)))
    assert counted(compiled, auction(opportunity(floor=5 * CPM))) == {"dear": 1.0}


def test_who_asks_for_people_has_a_chance_only_at_them() -> None:
    compiled = snapshot(line_item("choosy", audience=Segment("gold")), line_item("open"))
    assert counted(compiled, auction(), profile=NOBODY) == {"open": 1.0}


@pytest.mark.parametrize("seed", range(5))
def test_many_are_counted_by_a_part_of_them_and_none_is_favoured(seed: int) -> None:
    compiled = snapshot(*(line_item(f"item-{index}") for index in range(4 * chances.MOST)))
    found = counted(compiled, auction(), seed=seed)
    assert len(found) == chances.MOST
    assert set(found.values()) == {4.0}
    other = counted(compiled, auction(), seed=seed + 1_000)
    assert found.keys() != other.keys()
