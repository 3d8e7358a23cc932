"""Grants by themselves: who gets how much of what; every decision is an entry."""

from random import Random

import pytest

from adserver.background.leases import MARGIN_S
from adserver.domain.budget import ceiling_account, ceiling_key, day_of, hour_of
from adserver.domain.campaign import Budget
from adserver.domain.entries import (
    Closed,
    Granted,
    LateLiability,
    Leased,
    Opened,
    Returned,
)
from adserver.processes.owner.grants import BILLED_SHARE, PLAN_AHEAD_S, USUAL_UNITS
from adserver.processes.owner.lines import Lines
from tests.unit.domain.shops import shop
from tests.unit.processes.grants_world import (
    ITEM,
    NOON,
    OTHER,
    UNIT,
    World,
    billed,
    item,
    world,
)


def test_without_a_budget_as_much_is_granted_as_is_wanted_and_a_first_grant_pays_many_bids() -> (
    None
):
    made = world(Budget())
    day = day_of(made.lines.chains[ITEM].zone, NOON)
    accounts = made.lines.chains[ITEM].accounts(day)
    usual = UNIT * USUAL_UNITS
    assert made.grants.grant(1, ITEM, 0, NOON) == (1, usual, day.end_s)
    assert made.grants.grant(2, ITEM, usual + 1, NOON) == (1, usual + 1, day.end_s)
    assert made.told() == [
        Opened(1, ITEM, accounts, day.start_s, day.end_s), Granted(1, 1, usual), Granted(2, 1, usual + 1),
    ]  # fmt: skip
    assert made.grants.grant(1, 99, 5, NOON) is None


def test_no_grant_is_made_when_its_day_is_as_good_as_over() -> None:
    made = world(Budget(daily=10**6))
    end_s = day_of(made.lines.chains[ITEM].zone, NOON).end_s
    assert made.grants.grant(1, ITEM, 5, end_s - MARGIN_S) is None
    granted = made.grants.grant(1, ITEM, 5, end_s - MARGIN_S - 0.1)
    assert granted is not None
    assert granted[2] == end_s
    assert made.grants.grant(1, ITEM, 5, end_s) is not None, "the next day's"
    assert made.ledger.last_pot == 2


def test_a_pot_is_opened_once_whatever_forgets_it_unless_its_accounts_are_others() -> None:
    made = world(Budget(daily=10**6))
    made.grants.grant(1, ITEM, 5, NOON)
    made.lines.forget_pots()
    made.grants.grant(1, ITEM, 5, NOON)
    assert [type(entry) for entry in made.told()] == [Opened, Granted, Granted]
    moved = Lines(shop(Budget(daily=10**6), **item()), {})
    chain = moved.chains[ITEM]
    moved.chains[ITEM] = type(chain)(
        line_item=chain.line_item,
        advertiser=chain.advertiser,
        zone=chain.zone,
        levels=chain.levels[:2],
    )
    made.grants.lines = moved
    assert made.grants.grant(1, ITEM, 5, NOON) is not None
    (opened, _) = made.told()
    assert isinstance(opened, Opened)
    assert (opened.pot, len(opened.accounts)) == (2, 4)


@pytest.mark.parametrize("bidders", [0, 1, 2, 3])
def test_a_scarce_budget_is_halved_among_who_bids_down_to_a_bid_and_never_exceeded(
    bidders: int,
) -> None:
    """The oracle follows the money in two numbers: what the account has left, and what was handed out."""
    dice = Random(bidders)
    for budget in (1, UNIT - 1, UNIT, 5 * UNIT, 10_000, 10**6):
        made = world(Budget(lifetime=budget))
        for lease in range(1, bidders + 1):
            made.enter(Leased(lease, 1))
        made.enter(Leased(9, 1))
        made.enter(Closed(9, 2))
        left = budget
        while left:
            want = dice.choice((0, 1, 40_000, 10**7))
            granted = made.grants.grant(1, ITEM, want, NOON)
            fair = left // (2 * max(1, bidders))
            wanted = max(want, UNIT * USUAL_UNITS)
            assert granted is not None
            assert granted[1] == min(left, max(UNIT, min(wanted, fair)))
            left -= granted[1]
        assert made.grants.grant(1, ITEM, 1, NOON) is None
        assert sum(each.amount for each in made.told() if isinstance(each, Granted)) == budget


def test_the_tightest_of_all_budgets_binds_and_shifted_and_late_money_count() -> None:
    made = World(shop(Budget(daily=5_000), order=Budget(lifetime=3_000), advertiser=Budget(daily=9_000), **item()))  # fmt: skip
    payer = made.lines.payer(ITEM, NOON)
    assert payer is not None
    assert made.grants.left(payer) == 3_000
    made.enter(Opened(1, ITEM, payer.accounts, payer.window.start_s, payer.window.end_s))
    made.enter(billed(b"1" * 16, (1,), LateLiability))
    assert made.grants.left(payer) == 2_870
    without = world(Budget()).lines.payer(ITEM, NOON)
    assert without is not None
    assert made.grants.left(without) is None
    assert made.grants.allowance(without, NOON) is None


def test_an_even_plan_hands_out_what_is_expected_to_be_billed_a_few_seconds_ahead() -> None:
    made = world(Budget(daily=10**9, lifetime=10**10), pacing="even")
    payer = made.lines.payer(ITEM, NOON)
    assert payer is not None
    made.enter(Opened(1, ITEM, payer.accounts, payer.window.start_s, payer.window.end_s))
    made.enter(Granted(1, 1, 5_000))
    made.enter(billed(b"1" * 16))
    made.enter(billed(b"2" * 16, (1,), LateLiability))
    wanted = min(
        int((payer.plan(bound, NOON + PLAN_AHEAD_S) - 260) / BILLED_SHARE) - 4_870
        for bound in payer.bounds
    )
    assert len({payer.plan(bound, NOON + PLAN_AHEAD_S) for bound in payer.bounds}) == 2
    assert made.grants.allowance(payer, NOON) == wanted
    made.grants.plan_time.clock_set(NOON, 3_600.0)
    lagging = made.grants.allowance(payer, NOON)
    assert lagging is not None
    assert lagging < wanted, "an hour that was set over was not there to be spent in"


def test_nothing_is_granted_beyond_the_plan() -> None:
    made = world(Budget(daily=10**9), pacing="even")
    made.grants.allowance = lambda _payer, _now_s: 0
    assert made.grants.grant(1, ITEM, 5, NOON) is None
    made.grants.allowance = lambda _payer, _now_s: 1
    assert made.grants.grant(1, ITEM, 5, NOON) is not None
    assert [each.amount for each in made.told() if isinstance(each, Granted)] == [UNIT]


def test_without_a_plan_the_budget_binds_and_without_a_budget_nothing_does() -> None:
    made = world(Budget(daily=10**6), Budget())
    made.grants.allowance = lambda _payer, _now_s: None
    made.grants.grant(1, ITEM, 10**8, NOON)
    made.grants.allowance = lambda _payer, _now_s: 5
    made.grants.grant(1, OTHER, 10**8, NOON)
    assert [each.amount for each in made.told() if isinstance(each, Granted)] == [10**6 // 2, 10**8]


def test_a_worker_gets_what_its_cheapest_bid_needs_or_nothing() -> None:
    made = world(Budget(daily=1_000))
    assert made.grants.grant(1, ITEM, 0, NOON, 1_001) is None
    assert made.grants.grant(1, ITEM, 0, NOON, 700) is not None, "more than the fair half of it"
    assert made.grants.grant(1, ITEM, 0, NOON, 300) is not None, "all that there is"
    assert [each.amount for each in made.told() if isinstance(each, Granted)] == [700, 300]
    last = world(Budget(daily=1))
    assert last.grants.grant(1, ITEM, 0, NOON) is not None, "who names no bid takes what there is"


def test_when_less_than_a_bid_was_handed_out_is_noted() -> None:
    made = world(Budget(daily=2 * UNIT))
    assert made.grants.grant(1, ITEM, 0, NOON, 2 * UNIT - 1) is not None
    assert made.grants.rest_s == {}
    assert made.grants.grant(2, ITEM, 0, NOON + 5) == (
        1,
        1,
        day_of(made.lines.chains[ITEM].zone, NOON).end_s,
    )
    assert made.grants.rest_s == {ITEM: NOON + 5}


def test_a_ceiling_is_a_pot_of_one_account_and_one_hour() -> None:
    made = world(Budget(), ceilings={"north": 10_000})
    hour, key = hour_of(NOON), ceiling_key("north")
    assert made.grants.grant(1, key, 0, NOON) == (1, 5_000, hour.end_s)
    assert made.told()[0] == Opened(
        1, key, (ceiling_account("north", hour),), hour.start_s, hour.end_s
    )


def test_budgets_can_spare_what_all_of_them_leave_for_a_pot_that_counts_in_them() -> None:
    made = World(shop(Budget(daily=5_000), order=Budget(lifetime=3_000), **item()))
    made.grants.grant(1, ITEM, 0, NOON)
    (granted,) = (each for each in made.told() if isinstance(each, Granted))
    left = 3_000 - granted.amount
    assert made.grants.spare(ITEM, 1, left, NOON)
    assert not made.grants.spare(ITEM, 1, left + 1, NOON)
    assert not made.grants.spare(99, 1, 1, NOON)
    made.enter(Opened(2, ITEM, ("elsewhere",), 0, NOON * 2))
    assert not made.grants.spare(ITEM, 2, 1, NOON)


def test_who_has_something_of_a_budget_that_leaves_less_than_a_bid_is_told() -> None:
    made = world(Budget(daily=1_000), Budget(daily=1_000))
    assert list(made.grants.scarce([ITEM, OTHER, 99], NOON)) == []
    for key in (ITEM, OTHER):
        made.grants.grant(1, key, 0, NOON)
    first = made.lines.payer(ITEM, NOON)
    assert first is not None
    room = made.grants.left(first)
    assert room is not None
    made.enter(Granted(2, first.pot, room - UNIT))
    assert list(made.grants.scarce([ITEM, OTHER], NOON)) == []
    made.enter(Granted(3, first.pot, 1))
    assert list(made.grants.scarce([99, ITEM, OTHER], NOON)) == [(first.pot, lease) for lease in (1, 2, 3)]  # fmt: skip
    made.enter(Returned(2, first.pot, room - UNIT))
    made.enter(Granted(4, first.pot, room - UNIT))
    assert {lease for _, lease in made.grants.scarce([ITEM], NOON)} == {1, 3, 4}
