"""Flights and dayparts, in the advertiser's time zone, over the days when clocks change."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adserver.catalog.schedule import Calendar
from adserver.domain.campaign import Flight

ALWAYS = Flight(0, 1 << 40)


def at(text: str) -> float:
    """Seconds since the epoch of a UTC time."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def daypart(zone: str, *hours: int) -> Calendar:
    return Calendar([(0, ALWAYS, hours, zone)], 1)


def test_flights_are_half_open() -> None:
    calendar = Calendar([(0, Flight(100, 200), (), "UTC"), (1, Flight(200, 300), (), "UTC")], 2)
    seen = {now: calendar.active(now) for now in (99, 99.999, 100, 199.999, 200, 299.999, 300)}
    assert seen == {99: 0, 99.999: 0, 100: 1, 199.999: 1, 200: 2, 299.999: 2, 300: 0}


def test_time_may_go_backwards() -> None:
    calendar = Calendar([(0, Flight(100, 200), (), "UTC"), (1, Flight(150, 400), (), "UTC")], 2)
    assert [calendar.active(now) for now in (500, 120, 160, 90, 399, 199)] == [0, 1, 3, 0, 2, 3]


SUNDAY_2, SUNDAY_3 = 6 * 24 + 2, 6 * 24 + 3


def test_the_hour_that_berlin_skips_in_march_does_not_exist() -> None:
    """On 2026-03-29 at 01:00 UTC the clock goes from 02:00 to 03:00."""
    skipped, after = daypart("Europe/Berlin", SUNDAY_2), daypart("Europe/Berlin", SUNDAY_3)
    quarters = range(int(at("2026-03-28T23:00")), int(at("2026-03-29T06:00")), 900)
    assert not any(skipped.active(now) for now in quarters)
    assert [now for now in quarters if after.active(now)] == list(
        range(int(at("2026-03-29T01:00")), int(at("2026-03-29T02:00")), 900)
    )


def test_the_hour_that_berlin_repeats_in_october_counts_twice() -> None:
    """On 2026-10-25 at 01:00 UTC the clock goes back from 03:00 to 02:00."""
    repeated = daypart("Europe/Berlin", SUNDAY_2)
    quarters = range(int(at("2026-10-24T22:00")), int(at("2026-10-25T06:00")), 900)
    assert [now for now in quarters if repeated.active(now)] == list(
        range(int(at("2026-10-25T00:00")), int(at("2026-10-25T02:00")), 900)
    )


@pytest.mark.parametrize(
    ("zone", "start"), [("Asia/Kolkata", "18:30"), ("Asia/Kathmandu", "18:15")]
)
def test_zones_off_the_full_hour_change_at_their_quarter(zone: str, start: str) -> None:
    """Monday 00:00 there is Sunday evening in UTC."""
    calendar = daypart(zone, 0)
    begin = at(f"2026-06-07T{start}")
    assert [calendar.active(begin + shift) for shift in (-0.001, 0, 1, 3_599.999, 3_600)] == [
        0, 1, 1, 1, 0,
    ]  # fmt: skip


zones = st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Chatham"])
starts = st.sampled_from(["2026-03-29T00:00", "2026-10-25T00:00", "2026-03-08T06:00"]).map(at)


@settings(max_examples=100, deadline=None)
@given(
    zones,
    st.lists(st.integers(0, 167), min_size=1, max_size=80, unique=True).map(tuple),
    starts,
    st.lists(st.integers(-30_000, 30_000), min_size=1, max_size=12),
)
def test_any_walk_through_time_agrees_with_asking_anew(
    zone: str, hours: tuple[int, ...], start: float, steps: list[int]
) -> None:
    flight = Flight(int(start) - 10_000, int(start) + 7_000)
    walked = Calendar([(0, flight, hours, zone), (1, flight, (), zone)], 2)
    for step in steps:
        now = start + step
        local = datetime.fromtimestamp(now, ZoneInfo(zone))
        flying = flight.start_s <= now < flight.end_s
        open_now = local.weekday() * 24 + local.hour in hours
        assert walked.active(now) == flying * (open_now + 2)


def test_nobody_is_ever_active_in_an_empty_calendar() -> None:
    assert Calendar([], 0).active(1_800_000_000) == 0
