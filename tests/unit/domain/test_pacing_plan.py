"""The plan is a curve from nothing to everything, by the supply that has come; the multiplier's parts keep near it."""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adserver.domain.budget import day_of
from adserver.domain.pacing_plan import Pacing, Plan, plan
from adserver.domain.supply_profile import EVEN
from adserver.domain.week import HOUR_S, HOURS_PER_WEEK, hour_of_week

MONDAY = 345_600 + 52 * 7 * 86_400
DAY_S = 86_400
BERLIN = ZoneInfo("Europe/Berlin")

rates = st.lists(st.floats(0, 1e6), min_size=24, max_size=24).map(
    lambda hours: [rate for day in range(7) for rate in hours[day:] + hours[:day]]
)
pacings = st.sampled_from(["even", "ahead"])


def simple(pacing: Pacing, seconds: int = 400) -> Plan:
    """Return the plan of a short window with even supply."""
    return plan(pacing, (0, seconds), (0, seconds))


@pytest.mark.parametrize(
    ("pacing", "quarter", "half"), [("even", 250, 500), ("ahead", 438, 750), ("asap", 1_000, 1_000)]
)
def test_plan_by_quarter_and_half(pacing: Pacing, quarter: int, half: int) -> None:
    made = simple(pacing)
    assert made.planned(1_000, 100) == pytest.approx(quarter, abs=1)
    assert made.planned(1_000, 200) == pytest.approx(half, abs=1)
    assert made.planned(1_000, 400) == made.planned(1_000, 9_999) == 1_000


@given(
    pacings,
    rates,
    st.integers(0, 10**15),
    st.integers(0, 14 * DAY_S),
    st.integers(1, 30 * DAY_S),
    st.lists(st.floats(-10, 31 * DAY_S), min_size=2, max_size=2).map(sorted),
)
def test_plan_never_falls_begins_with_nothing_and_ends_with_all(
    pacing: Pacing,
    supply: Sequence[float],
    amount: int,
    start: int,
    length: int,
    after: list[float],
) -> None:
    window = (MONDAY + start, MONDAY + start + length)
    made = plan(pacing, window, window, supply)
    earlier, later = (made.planned(amount, window[0] + at) for at in after)
    assert 0 <= earlier <= later <= amount
    assert made.planned(amount, window[0]) == 0
    assert made.planned(amount, window[1]) == amount


@given(rates, st.integers(0, 10**12), st.integers(2, 20 * DAY_S), st.data())
def test_windows_add_up(
    supply: Sequence[float], amount: int, length: int, data: st.DataObject
) -> None:
    """What two stretches of a flight plan, one after the other, is what the whole flight plans."""
    window = (MONDAY, MONDAY + length)
    cut = data.draw(st.integers(MONDAY + 1, window[1] - 1))
    first = plan("even", window, (window[0], cut), supply)
    second = plan("even", window, (cut, window[1]), supply)
    by_cut = first.planned(amount, cut)
    assert second.planned(amount, cut, by_cut) == by_cut
    assert second.planned(amount, window[1], by_cut) == amount
    assert first.share(cut) == pytest.approx(second.share(cut), abs=1e-6)


@given(rates, st.floats(0, 7 * DAY_S))
def test_nothing_jumps(supply: Sequence[float], after: float) -> None:
    """In a second no more is planned than the dearest hour around it could pay."""
    week = (MONDAY, MONDAY + 7 * DAY_S)
    made = plan("even", week, week, [rate + 1.0 for rate in supply])
    at = MONDAY + after
    step = made.share(at + 1) - made.share(at)
    hours = [supply[(hour_of_week(at) + off) % HOURS_PER_WEEK] + 1.0 for off in (-1, 0, 1)]
    assert 0 <= step <= 1.001 * max(hours) / made.total + 1e-9


def test_supply_shares_the_budget_out() -> None:
    """Three quarters of the chances come in the afternoon, so three quarters of the money go there."""
    supply = [1.0 if hour % 24 < 12 else 3.0 for hour in range(HOURS_PER_WEEK)]
    day = (MONDAY, MONDAY + DAY_S)
    made = plan("even", day, day, supply)
    assert made.share(MONDAY + DAY_S / 2) == pytest.approx(0.25, abs=0.02)
    shares = [made.share(at) for at in range(MONDAY, MONDAY + DAY_S + 1, 900)]
    steps = [b - a for a, b in pairwise(shares)]
    assert max(b / a for a, b in pairwise(steps)) < 1.8, (
        "no jump at noon: the rate climbs over an hour"
    )


@pytest.mark.parametrize(("month", "day", "hours"), [(3, 29, 23), (10, 25, 25), (6, 1, 24)])
def test_days_of_any_length_are_spent_to_the_end(month: int, day: int, hours: int) -> None:
    noon = datetime(2026, month, day, 12, tzinfo=BERLIN).timestamp()
    window = day_of(BERLIN, noon)
    span = (window.start_s, window.end_s)
    assert span[1] - span[0] == hours * HOUR_S
    made = plan("even", span, span)
    assert made.share((span[0] + span[1]) / 2) == pytest.approx(0.5)
    assert made.share(span[1]) == 1.0


def test_dayparts_leave_the_rest_of_the_day_out() -> None:
    left = [float(half // 2 % 24 in {8, 9, 20}) for half in range(2 * HOURS_PER_WEEK)]
    day = (MONDAY, MONDAY + DAY_S)
    made = plan("even", day, day, EVEN, left)
    assert made.share(MONDAY + 8 * HOUR_S) == 0.0
    assert made.share(MONDAY + 10 * HOUR_S) == made.share(MONDAY + 20 * HOUR_S)
    assert made.share(MONDAY + 10 * HOUR_S) == pytest.approx(2 / 3)
    assert made.share(MONDAY + 21 * HOUR_S) == 1.0


def test_an_hours_flight_that_begins_in_the_middle_of_one() -> None:
    window = (MONDAY + 1_800, MONDAY + 5_400)
    made = plan("even", window, (MONDAY, MONDAY + DAY_S))
    assert [made.share(MONDAY + at) for at in (0, 1_800, 3_600, 5_400)] == [0, 0, 0.5, 1]
    assert made.is_last


def test_a_stretch_begins_with_what_was_spent_before() -> None:
    """Half of a flight of two days is over; what the first day left is planned for the second."""
    flight = (MONDAY, MONDAY + 2 * DAY_S)
    second = plan("even", flight, (MONDAY + DAY_S, MONDAY + 2 * DAY_S))
    noon = MONDAY + DAY_S + DAY_S // 2
    assert second.planned(1_000, MONDAY + DAY_S, 300) == 300
    assert second.planned(1_000, noon, 300) == pytest.approx(650, abs=1)
    assert second.planned(1_000, MONDAY + 2 * DAY_S, 300) == 1_000
    assert second.planned(1_000, noon, 1_200) == 1_000, "more than all was spent"


def test_hours_without_any_supply_are_planned_by_the_clock() -> None:
    hour = (MONDAY, MONDAY + HOUR_S)
    assert plan("even", hour, hour, [0.0] * HOURS_PER_WEEK).share(MONDAY + 900) == 0.25
