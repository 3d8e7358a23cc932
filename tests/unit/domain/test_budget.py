"""Days as the advertiser's calendar has them, and everybody who pays for a line item."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from adserver.domain.budget import (
    active_span,
    ceiling_account,
    chains,
    day_of,
    hour_of,
)
from adserver.domain.campaign import Budget
from adserver.domain.week import HOUR_S
from tests.unit.domain.shops import shop


def moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


@pytest.mark.parametrize(
    ("zone", "at", "label", "hours"),
    [
        ("Europe/Berlin", "2026-03-29T12:00+02:00", "2026-03-29", 23),
        ("Europe/Berlin", "2026-10-25T12:00+01:00", "2026-10-25", 25),
        ("Europe/Berlin", "2026-11-21T23:30+00:00", "2026-11-22", 24),
        ("America/New_York", "2026-11-01T12:00-05:00", "2026-11-01", 25),
        ("Australia/Lord_Howe", "2026-10-04T12:00+11:00", "2026-10-04", 23.5),
        ("Asia/Kathmandu", "2026-06-01T12:00+00:00", "2026-06-01", 24),
    ],
)
def test_days_have_as_many_hours_as_their_calendar(
    zone: str, at: str, label: str, hours: float
) -> None:
    now_s = moment(at)
    day = day_of(ZoneInfo(zone), now_s)
    assert day.label == label
    assert day.end_s - day.start_s == hours * HOUR_S
    assert day.start_s <= now_s < day.end_s
    assert day_of(ZoneInfo(zone), day.end_s).start_s == day.end_s, "days follow without a gap"


def test_hours_are_those_of_the_clock() -> None:
    at_s = datetime(2026, 11, 21, 22, 59, 59, tzinfo=UTC).timestamp()
    hour = hour_of(at_s)
    assert (hour.label, hour.end_s) == ("2026-11-21T22", int(at_s) + 1)
    assert ceiling_account("north", hour) == "exchange/north/2026-11-21T22"
    assert ceiling_account("all", hour) == "all/2026-11-21T22"


def test_chain_names_every_account_and_limits_only_where_a_budget_is() -> None:
    world = shop(Budget(lifetime=9), order=Budget(daily=5), advertiser=Budget(lifetime=70, daily=7))
    (chain,) = chains(world)
    day = day_of(chain.zone, moment("2026-11-21T12:00+01:00"))
    assert chain.accounts(day) == tuple(
        f"{name}/{window}"
        for name in ("line_item/item-0", "insertion_order/order", "campaign/campaign", "advertiser/shop")
        for window in ("life", "2026-11-21")
    )  # fmt: skip
    assert [(limit.account, limit.amount) for limit in chain.limits(day)] == [
        ("line_item/item-0/life", 9),
        ("insertion_order/order/2026-11-21", 5),
        ("advertiser/shop/life", 70),
        ("advertiser/shop/2026-11-21", 7),
    ]


def test_dayparts_narrow_the_day_and_their_absence_does_not() -> None:
    zone = ZoneInfo("Europe/Berlin")
    day = day_of(zone, moment("2026-11-21T12:00+01:00"))  # a Saturday
    saturday = 5 * 24
    hours = (saturday + 8, saturday + 9, saturday + 19)
    assert active_span(hours, zone, day) == (
        moment("2026-11-21T08:00+01:00"),
        moment("2026-11-21T20:00+01:00"),
    )
    assert active_span((), zone, day) == (day.start_s, day.end_s)
    assert active_span((0,), zone, day) == (day.start_s, day.end_s)
