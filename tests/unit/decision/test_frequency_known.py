"""Contacts that are not all known: whoever has a cap that reaches further back is not shown."""

import math

import pytest

from adserver.catalog.frequency import FrequencyIndex
from adserver.decision import frequency
from adserver.decision.tracing import Traced
from adserver.domain.campaign import Cap
from adserver.domain.person import MOST_TOUCHES, Touch
from adserver.domain.reasons import Reason
from adserver.domain.week import HOUR_S
from tests.unit.decision.made import NOW_S, auction, line_item, moment, seen, snapshot

HOURLY = line_item("hourly", caps=(Cap(100, 1),))
DAILY = line_item("daily", caps=(Cap(100, 24),))
AT_HOME = line_item("at home", caps=(Cap(100, 24, "household"),))
MARKET = snapshot(HOURLY, DAILY, line_item("free"), AT_HOME)
NAMES = ("hourly", "daily", "free", "at home")


def left(
    since_s: float = 0.0, touches: tuple[Touch, ...] = (), at_home: tuple[Touch, ...] = ()
) -> tuple[set[str], Traced]:
    trace = Traced()
    now = moment(MARKET, counted_since_s=since_s, touches=touches, household_touches=at_home)
    asked = auction(person=b"p" * 16, household=b"h" * 16)
    alive = frequency.hold_back(MARKET, asked, now, MARKET.everyone, trace)
    return {name for bit, name in enumerate(NAMES) if alive >> bit & 1}, trace


@pytest.mark.parametrize(
    ("known_s", "alive"),
    [
        (24 * HOUR_S, set(NAMES)),
        (24 * HOUR_S - 1, {"hourly", "free"}),
        (HOUR_S, {"hourly", "free"}),
        (HOUR_S - 1, {"free"}),
        (-math.inf, {"free"}),
    ],
)
def test_caps_that_reach_further_back_than_contacts_are_known_hold_back(
    known_s: float, alive: set[str]
) -> None:
    left_over, trace = left(NOW_S - known_s)
    assert left_over == alive
    assert {fall.reason for fall in trace.falls} <= {Reason.FREQUENCY_UNKNOWN}
    assert bool(trace.falls) == (alive != set(NAMES))


def test_where_all_contacts_are_known_nobody_is_held_back() -> None:
    assert left()[0] == set(NAMES)


def many(count: int, youngest_s: int = 0) -> tuple[Touch, ...]:
    return tuple(seen(line_item("another"), *range(youngest_s, youngest_s + count)))


def test_a_profile_that_is_full_is_known_as_far_back_as_its_oldest_contact() -> None:
    """Older ones had to make room."""
    assert left(touches=many(MOST_TOUCHES - 1))[0] == set(NAMES)
    assert left(touches=many(MOST_TOUCHES))[0] == {"free", "at home"}
    assert left(touches=many(MOST_TOUCHES, HOUR_S))[0] == {"hourly", "free", "at home"}
    assert left(at_home=many(MOST_TOUCHES))[0] == {"hourly", "daily", "free"}


def test_of_two_limits_of_what_is_known_the_younger_counts() -> None:
    full = many(MOST_TOUCHES, HOUR_S)
    assert left(NOW_S - 30 * HOUR_S, full)[0] == {"hourly", "free", "at home"}
    assert left(NOW_S - 60, full)[0] == {"free"}


def test_whoever_has_no_cap_costs_no_counting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(FrequencyIndex, "reached")
    now = moment(MARKET, touches=seen(HOURLY, 5), household_touches=seen(HOURLY, 5))
    trace = Traced()
    assert frequency.hold_back(MARKET, auction(household=b"h" * 16), now, 0b100, trace) == 0b100
    assert not trace.falls
