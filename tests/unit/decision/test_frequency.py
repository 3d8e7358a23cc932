"""Enough is enough; and whoever cannot be counted sees no capped ad."""

from adserver.decision import frequency
from adserver.decision.tracing import Traced
from adserver.domain.campaign import Cap
from adserver.domain.person import MOST_TOUCHES, Touch
from adserver.domain.reasons import Reason
from tests.unit.decision.made import NOW_S, auction, cpm, line_item, moment, seen, snapshot

CAPPED = line_item("capped", caps=(Cap(2, 24),), goal=cpm(5))
MARKET = snapshot(CAPPED, line_item("free"))


def left(touches: tuple[Touch, ...], person: bytes | None = b"p" * 16) -> tuple[int, Traced]:
    trace = Traced()
    now = moment(MARKET, touches=touches)
    alive = frequency.hold_back(MARKET, auction(person=person), now, MARKET.everyone, trace)
    return alive, trace


def test_a_cap_holds_back_when_it_is_reached_and_says_so() -> None:
    assert left(seen(CAPPED, 60))[0] == 0b11
    alive, trace = left(seen(CAPPED, 60, 120))
    assert alive == 0b10
    (fall,) = trace.falls
    assert (fall.reason, fall.fallen, fall.got) == (
        Reason.FREQUENCY_CAP, 0b01, ("line item capped", 2),
    )  # fmt: skip


def test_clicks_and_old_contacts_do_not_hold_back() -> None:
    assert left(seen(CAPPED, 60, 120, 180, kind="click"))[0] == 0b11
    assert left(seen(CAPPED, 60, 86_400, 90_000))[0] == 0b11


def test_the_unknown_see_no_capped_ad() -> None:
    alive, trace = left((), person=None)
    assert alive == 0b10
    assert [fall.reason for fall in trace.falls] == [Reason.FREQUENCY_UNKNOWN]


def test_where_nobody_is_capped_nobody_is_asked() -> None:
    free = snapshot(line_item("free"))
    trace = Traced()
    assert frequency.hold_back(free, auction(person=None), moment(free), 1, trace) == 1
    assert not trace.falls


def test_an_advertisers_cap_counts_all_its_line_items() -> None:
    first, second = line_item("first"), line_item("second")
    compiled = snapshot(first, second, caps=(Cap(2, 1),))
    now = moment(compiled, touches=(*seen(first, 60), *seen(second, 70)))
    trace = Traced()
    assert frequency.hold_back(compiled, auction(), now, compiled.everyone, trace) == 0
    assert trace.reason is Reason.FREQUENCY_CAP


HOME_CAPPED = line_item("film", caps=(Cap(2, 24, "household"), Cap(3, 24)), goal=cpm(5))
HOMES = snapshot(HOME_CAPPED, line_item("free"))


def at_home(
    touches: tuple[Touch, ...], own: tuple[Touch, ...] = (), **who: bytes | None
) -> tuple[int, Traced]:
    trace = Traced()
    now = moment(HOMES, household_touches=touches, touches=own)
    asked = auction(**{"person": b"p" * 16, "household": b"h" * 16, **who})
    return frequency.hold_back(HOMES, asked, now, HOMES.everyone, trace), trace


def test_what_a_household_has_seen_counts_on_each_of_its_devices() -> None:
    assert at_home(seen(HOME_CAPPED, 60))[0] == 0b11
    alive, trace = at_home(seen(HOME_CAPPED, 60, 120))
    assert alive == 0b10
    assert trace.falls[0].reason is Reason.FREQUENCY_CAP


def test_caps_per_person_and_per_household_count_apart() -> None:
    assert at_home((), own=seen(HOME_CAPPED, 60, 120))[0] == 0b11
    assert at_home((), own=seen(HOME_CAPPED, 60, 120, 180))[0] == 0b10


def test_a_household_that_nobody_knows_sees_nothing_that_is_capped_by_it() -> None:
    alive, trace = at_home((), household=None)
    assert alive == 0b10
    assert [fall.reason for fall in trace.falls] == [Reason.FREQUENCY_UNKNOWN]
    assert at_home((), person=None)[0] == 0b10


def test_what_reaches_back_to_missing_contacts_is_not_shown() -> None:
    day, hour = line_item("day", caps=(Cap(9, 24),)), line_item("hour", caps=(Cap(9, 1),))
    compiled = snapshot(day, hour, line_item("free"))

    def alive(since_s: float) -> int:
        now = moment(compiled, touches=seen(day, 60), counted_since_s=since_s)
        trace = Traced()
        left = frequency.hold_back(compiled, auction(), now, compiled.everyone, trace)
        assert all(fall.reason is Reason.FREQUENCY_UNKNOWN for fall in trace.falls)
        return left

    assert alive(0.0) == 0b111
    assert alive(float("inf")) == alive(NOW_S) == alive(NOW_S - 3_599) == 0b100
    assert alive(NOW_S - 3_600) == alive(NOW_S - 86_399) == 0b110
    assert alive(NOW_S - 86_400) == 0b111


def test_who_has_seen_so_much_that_older_contacts_made_room_is_counted_as_far_as_known() -> None:
    week, hour = line_item("week", caps=(Cap(60, 168),)), line_item("hour", caps=(Cap(60, 1),))
    other = line_item("other")
    compiled = snapshot(week, hour, other)
    ages = [3_600 + 60 * each for each in range(MOST_TOUCHES)]

    def alive(count: int) -> int:
        now = moment(compiled, touches=seen(other, *ages[:count]))
        return frequency.hold_back(compiled, auction(), now, compiled.everyone, Traced())

    assert alive(MOST_TOUCHES - 1) == 0b111
    assert alive(MOST_TOUCHES) == 0b110
