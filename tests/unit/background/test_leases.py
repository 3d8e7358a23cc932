"""A lease asks for as much as lasts a while: more if the last grant went quickly, less if it lay about."""

import pytest

from adserver.background.leases import AGAIN_S, MOST_GROWTH, SETTLED_S, SHORTEST_S, Lease
from adserver.domain.bits import Run

NOW = 1_000.0


def test_a_new_lease_has_nothing_and_asks_for_as_much_as_is_usual() -> None:
    lease = Lease(7)
    assert (lease.key, lease.free, lease.low, lease.pot, lease.until_s) == (7, 0, 0, 0, 0)
    assert lease.asked is False
    assert lease.run == Run(0, 0)
    assert (lease.price, lease.taken, lease.least, lease.partial) == (0, 0, 0, False)
    assert [lease.want(now_s, 1.0) for now_s in (0.5, 5.0, 1_000.0)] == [0, 0, 0]


@pytest.mark.parametrize(
    ("lasted_s", "went", "want"),
    [
        (10.0, 60, 24),  # six a second: twice two seconds of that
        (1.0, 60, 240),
        (1.0, 0, 0),
        (2.0 * SHORTEST_S, 20, 4 * 200),
        (0.0, 1, 4 * 20),  # as if it had lasted the shortest time that is told
        (SHORTEST_S, 101, MOST_GROWTH * 101),
    ],
)
def test_what_is_asked_for_would_last_twice_as_long_as_it_should(
    lasted_s: float, went: int, want: int
) -> None:
    lease = Lease(7)
    lease.grant(5, 40, 9_000, 100.0)
    lease.taken = 1_000
    lease.grant(5, 101, 9_000, 500.0)
    lease.taken += went
    assert lease.want(500.0 + lasted_s, 2.0) == want
    assert str(lease.want(500.0 + lasted_s, 2.0)) == str(want), "whole nanos"


def test_money_that_came_back_meanwhile_is_no_reason_to_ask_for_less() -> None:
    """When the log is away, none does."""
    lease = Lease(7)
    lease.grant(5, 40, 9_000, 100.0)
    lease.taken, lease.free = 30, 40
    assert lease.want(101.0, 2.0) == 120


def test_the_cheapest_claim_that_failed_is_remembered_until_there_is_more() -> None:
    lease = Lease(7)
    lease.grant(5, 40, 9_000, 100.0)
    assert [lease.starve(amount) for amount in (60, 50, 70)] == [False, False, False]
    assert lease.least == 50
    lease.grant(5, 10, 9_000, 101.0)
    assert (lease.least, lease.partial) == (0, False), "as much as was needed"


def test_who_gets_less_than_was_needed_goes_on_with_it() -> None:
    lease = Lease(7)
    lease.grant(5, 40, 9_000, 100.0)
    lease.starve(60)
    lease.grant(5, 19, 9_000, 101.0)
    assert [lease.partial, lease.starve(60), lease.least] == [True, True, 0]
    lease.grant(5, 1, 9_000, 102.0)
    assert [lease.partial, lease.starve(90), lease.least] == [False, False, 90]
    lease.empty()
    assert (lease.least, lease.partial) == (0, False)


def test_what_was_too_little_is_asked_for_again_after_a_while() -> None:
    lease = Lease(7)
    lease.starve(60)
    assert lease.price == 60
    lease.grant(5, 19, 9_000, 101.0)
    assert [lease.ask_again(101.0 + AGAIN_S - 1), lease.partial] == [False, True]
    assert [lease.ask_again(101.0 + AGAIN_S), lease.partial] == [True, False]
    assert [lease.starve(60), lease.least] == [False, 60]


def test_a_grant_answers_what_was_asked_and_adds_to_what_is_left() -> None:
    lease = Lease(7)
    lease.asked = True
    lease.grant(5, 40, 8_000, 100.0)
    assert lease.asked is False
    assert (lease.pot, lease.until_s, lease.free, lease.low) == (5, 8_000, 40, 20)
    lease.grant(5, 61, 9_000, 100.0)
    assert (lease.pot, lease.until_s, lease.free, lease.low) == (5, 9_000, 101, 50)
    assert str(lease.low) == "50", "whole nanos"


def test_an_emptied_lease_is_as_new() -> None:
    lease = Lease(7)
    lease.grant(5, 40, 8_000, 100.0)
    lease.asked = True
    assert lease.empty() == (5, 40)
    assert (lease.free, lease.low, lease.pot, lease.until_s) == (0, 0, 0, 0)
    assert lease.asked is False
    assert lease.empty() == (0, 0)


@pytest.mark.parametrize(
    ("free", "price", "since_s", "part"),
    [
        (101, 50, 1.0, 50),  # half of it is a bid's
        (100, 50, 1.0, 50),
        (101, 1, 1.0, 50),
        (101, 51, 1.0, 0),  # ... or not: it is kept for one
        (101, 101, 1.0, 0),
        (1, 1, 1.0, 0),
        (101, 51, AGAIN_S - 0.1, 0),
        (101, 51, AGAIN_S, 101),  # ... for a while
        (101, 102, 1.0, 101),  # it is none's: others' may make it one's
        (101, 0, 1.0, 101),  # nobody has bid
    ],
)
def test_others_get_half_or_what_is_no_bid_s(
    free: int, price: int, since_s: float, part: int
) -> None:
    lease = Lease(7)
    lease.grant(5, free, 9_000, 100.0)
    if price:
        lease.starve(price)
    assert lease.part(100.0 + since_s) == part
    assert str(lease.part(100.0 + since_s)) == str(part), "whole nanos"


def thin(free: int, taken: int, *, wanted: int = 0) -> Lease:
    """Return one with so much, of which it was granted all at `NOW`, and so much claimed since and given back."""
    lease = Lease(1)
    lease.wanted = wanted
    lease.grant(5, free, 90_000, NOW)
    lease.taken = taken
    return lease


def test_it_is_thin_when_what_is_free_would_not_last() -> None:
    assert thin(999, 100).is_thin(NOW + 10.0, 100.0)
    assert not thin(1_000, 100).is_thin(NOW + 10.0, 100.0), "10 a second, for 100 s"
    assert thin(1_000, 100).is_thin(NOW + 9.0, 100.0)
    assert thin(1_000, 100).is_thin(NOW + 10.0, 101.0)
    assert not thin(1_000, 0).is_thin(NOW + 10.0, 100.0)


def test_nobody_is_thin_before_it_is_known_how_fast_money_goes() -> None:
    assert not thin(100, 100).is_thin(NOW + SETTLED_S - 0.001, 100.0)
    assert thin(100, 100).is_thin(NOW + SETTLED_S, 100.0)
    assert not thin(100, 100).is_thin(NOW - 1.0, 100.0), "the clock was set back"


def test_nobody_is_thin_who_has_asked_or_got_less_than_that() -> None:
    asked = thin(100, 100)
    asked.asked = True
    assert not asked.is_thin(NOW + 10.0, 100.0)
    assert not thin(100, 100, wanted=101).is_thin(NOW + 10.0, 100.0)
    assert thin(100, 100, wanted=100).is_thin(NOW + 10.0, 100.0)
    lease = thin(100, 100, wanted=101)
    lease.grant(5, 101, 90_000, NOW)
    lease.taken = 100
    assert lease.is_thin(NOW + 10.0, 100.0), "now there was enough"


def test_what_is_wanted_is_what_is_asked_for() -> None:
    lease = Lease(1)
    assert (lease.wanted, lease.taken) == (0, 0)
    assert not lease.is_thin(NOW, 100.0)
    lease.grant(5, 100, 90_000, NOW)
    lease.taken = 50
    assert lease.want(NOW + 10.0, 100.0) == lease.wanted == 1_000
    lease.grant(5, 1_000, 90_000, NOW + 10.0)
    lease.taken = 10_000_000
    assert lease.want(NOW + 20.0, 100.0) == lease.wanted == 64_000
