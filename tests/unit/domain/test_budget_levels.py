"""Who pays, where and when: every field of limits, chains and windows is what the catalog says."""

from zoneinfo import ZoneInfo

import pytest

from adserver.domain.budget import (
    Limit,
    Window,
    active_span,
    ceiling_account,
    ceiling_key,
    chains,
    hour_of,
)
from adserver.domain.campaign import Budget
from adserver.domain.week import HOUR_S
from tests.unit.domain.shops import shop
from tests.unit.domain.zones import standing_in

DAY = Window("2026-11-21", 1_795_215_600, 1_795_302_000)
"""A Saturday in Berlin."""


def test_a_chain_says_whose_line_item_it_is_of_and_by_whose_calendar() -> None:
    first, second = chains(shop(Budget(lifetime=9), Budget()))
    assert [chain.line_item.id for chain in (first, second)] == ["item-0", "item-1"]
    assert {chain.advertiser for chain in (first, second)} == {"shop"}
    assert {chain.zone for chain in (first, second)} == {ZoneInfo("Europe/Berlin")}


def test_a_chain_tells_what_its_insertion_order_lets_it_give_and_get() -> None:
    (chain,) = chains(shop(Budget(), shift_percent=20))
    assert (chain.order, chain.shift_percent) == ("order", 20)


@pytest.mark.parametrize("paused", ["advertiser", "campaign", "order", "line item"])
def test_a_chain_is_live_while_everybody_in_it_is_active(paused: str) -> None:
    assert [chain.live for chain in chains(shop(Budget()))] == [True]
    assert [chain.live for chain in chains(shop(Budget(), paused=paused))] == [False]


def test_limits_say_whether_they_are_for_life_or_for_the_day() -> None:
    (chain,) = chains(shop(Budget(lifetime=9, daily=0)))
    assert chain.limits(DAY) == (
        Limit("line_item/item-0/life", 9, daily=False),
        Limit("line_item/item-0/2026-11-21", 0, daily=True),
    )


def test_hours_are_those_of_utc_wherever_the_machine_stands() -> None:
    with standing_in("Pacific/Kiritimati"):
        _hours_are_those_of_utc()


def _hours_are_those_of_utc() -> None:
    began_s = 1_795_302_000
    for at_s in (began_s, began_s + 0.5, began_s + HOUR_S - 1, began_s + HOUR_S - 0.001):
        assert hour_of(at_s) == Window("2026-11-21T23", began_s, began_s + HOUR_S)
    assert hour_of(began_s + HOUR_S).label == "2026-11-22T00"
    assert hour_of(-1) == Window("1969-12-31T23", -HOUR_S, 0)


def test_a_ceiling_has_a_number_that_no_other_has() -> None:
    """It is written into the ledger: the same from start to start, and from version to version."""
    assert ceiling_key("north") == 3_504_107_553_694_924_159
    names = ("north", "south", "all", "ceiling")
    assert len({ceiling_key(name) for name in names}) == len(names)
    assert ceiling_account("all", hour_of(0)) == "all/1970-01-01T00"


def test_dayparts_end_with_the_day_even_where_its_hours_are_not_whole() -> None:
    """Half an hour is skipped on Lord Howe Island when summer time begins."""
    zone = ZoneInfo("Australia/Lord_Howe")
    day = Window("2026-10-04", 1_791_034_200, 1_791_034_200 + 23 * HOUR_S + HOUR_S // 2)
    sunday = 6 * 24
    start_s, end_s = active_span((sunday + 23,), zone, day)
    assert day.start_s < start_s < end_s <= day.end_s
