"""What a bill becomes: paid from its lease while the money was promised, then from budgets, then owed; once."""

from typing import Any

import pytest
from structlog.testing import capture_logs

from adserver.domain.budget import ceiling_key
from adserver.domain.campaign import Budget, Fees
from adserver.domain.entries import (
    AnyEntry,
    Closed,
    Expired,
    Granted,
    LateLiability,
    Leased,
    Opened,
    Quarantined,
    Released,
    Returned,
    Seen,
    Settled,
)
from adserver.domain.ledger import BUDGET
from adserver.domain.notice import Notice
from adserver.domain.seals import known_by
from adserver.domain.ticket import Ticket
from adserver.metrics import SETTLED
from adserver.processes.owner.settling import LATE_AFTER_S, Settling
from tests.unit.processes.grants_world import ITEM, NOON, World, world

BID = b"b" * 16
UNTIL_S = NOON + 9_000
HELD_S, LIFE_S = 30, 600
FEES = Fees(10, 40_000, 60_000)
COST = 120
"""Of a price of 100: data 10, tech 4, margin 6."""


def ticket(**changes: Any) -> Ticket:
    fields: dict[str, Any] = {
        "bid": BID, "at_s": NOON, "exchange": "north", "line_item": ITEM, "creative": 3, "media_type": 1,
        "reserved": COST, "price": 100, "wire_price": 200, "lease": 1, "bill_until_s": NOON + LIFE_S,
        "click_until_s": NOON + 5_000, "held_s": HELD_S, "currency": "EUR", "rate_micros": 2_000_000,
    }  # fmt: skip
    return Ticket(**(fields | changes))


def notice(changes: dict[str, Any] | None = None, **fields: Any) -> Notice:
    whole: dict[str, Any] = {"kind": "billing", "at_s": NOON + 7, "settles": True} | fields
    return Notice(ticket=ticket(**(changes or {})), **whole)


class Bills:
    """A world in which lease 1 has money, and what settles in it."""

    def __init__(self, made: World, *keys: int) -> None:
        self.world = made
        self.settling = Settling(made.ledger, made.enter, made.grants)
        made.enter(Leased(1, NOON))
        self.pots = [self._pot(key) for key in keys or (ITEM,)]
        made.told()

    def _pot(self, key: int) -> int:
        granted = self.world.grants.grant(1, key, 0, NOON)
        assert granted is not None
        return granted[0]

    def empty(self, *pots: int) -> None:
        """Let the lease hold nothing of these any more."""
        for pot in pots:
            self.world.enter(Returned(1, pot, self.world.ledger.holds(1, pot)))
        self.world.told()

    def let_go(self, until_s: int = NOON + HELD_S) -> None:
        """Let the worker let go of what it held until then."""
        self.world.enter(Released(1, until_s))
        self.world.told()

    def settle(self, told: Notice, after_s: int = 7, wire_price: int = 200) -> Any:
        """Return what the worker is told, and what was entered."""
        answer = self.settling.settle(told, wire_price, NOON + after_s, UNTIL_S)
        return answer, self.world.told()


def test_a_bill_is_written_down_whole() -> None:
    bills = Bills(world(Budget(daily=10**6)))
    before = {name: SETTLED.labels(name)._value.get() for name in ("media", "data", "tech", "margin", "late_liability")}  # fmt: skip
    answer, entries = bills.settle(notice(seal=b"seal"), wire_price=100)
    assert answer == (1, BID, 50 + 10 + 2 + 3)
    assert entries == [
        Settled(
            bid=BID, kind="billing", line_item=ITEM, exchange="north", lease=1, pots=(1,), reserved=COST,
            media=50, data=10, tech=2, margin=3, at_s=NOON + 7, until_s=UNTIL_S, seal=known_by("north", b"seal"),
            bid_s=NOON, wire_price=100, currency="EUR", rate_micros=2_000_000, impressions_ppm=1_000_000,
        )
    ]  # fmt: skip
    after = {name: SETTLED.labels(name)._value.get() - before[name] for name in before}
    assert after == {"media": 50, "data": 10, "tech": 2, "margin": 3, "late_liability": 0}


def test_as_many_impressions_are_billed_as_were_won_of_those_on_offer() -> None:
    bills = Bills(world(Budget(daily=10**6)))
    screen = {"multiplier_ppm": 3_000_000, "out_of_home": True, "reserved": 3 * COST}
    answer, entries = bills.settle(notice(screen, impressions_ppm=1_500_000))
    assert answer == (1, BID, 150 + 15 + 6 + 9)
    assert isinstance(entries[0], Settled)
    assert (entries[0].media, entries[0].impressions_ppm) == (150, 1_500_000)


def test_a_bid_is_billed_once_and_by_its_own_price() -> None:
    bills = Bills(world(Budget(daily=10**6)))
    assert bills.settle(notice(seal=b"seal"))[0] == (1, BID, COST)
    assert bills.settle(notice(seal=b"fresh")) == (None, [])
    assert bills.settle(notice({"bid": b"c" * 16}, seal=b"seal")) == (None, [])
    assert bills.settle(notice({"bid": b"d" * 16}, seal=b"other"))[0] == (1, b"d" * 16, COST)


def test_a_price_above_the_bid_is_recorded_once_and_not_charged() -> None:
    bills = Bills(world(Budget(daily=10**6)))
    with capture_logs() as logs:
        answer, entries = bills.settle(notice(), wire_price=201)
    assert answer is None
    assert entries == [
        Quarantined(BID, "billing", ITEM, "north", 200, 201, NOON + 7, "EUR", 2_000_000, UNTIL_S)
    ]
    assert [(log["event"], log["ours"], log["theirs"]) for log in logs] == [("price_above_bid", 200, 201)]  # fmt: skip
    assert bills.settle(notice(), wire_price=202) == (None, [])
    assert bills.settle(notice())[0] == (1, BID, COST), "a price that we owe comes at last"
    assert bills.settle(notice(), wire_price=202) == (None, [])


def test_a_line_item_that_is_gone_settles_without_fees_and_says_so() -> None:
    bills = Bills(world(Budget(daily=10**6)))
    del bills.world.lines.chains[ITEM]
    with capture_logs() as logs:
        answer, _ = bills.settle(notice())
    assert answer == (1, BID, 100)
    assert [(log["event"], log["line_item"]) for log in logs] == [("settled_without_fees", ITEM)]


def by(entries: list[AnyEntry]) -> tuple[type[Settled], int, tuple[int, ...]]:
    """Return how a bill was paid: the kind of entry, the lease, the pots."""
    settled = entries[-1]
    assert isinstance(settled, Settled)
    return type(settled), settled.lease, settled.pots


@pytest.mark.parametrize(
    ("released_s", "after_s", "paid"),
    [
        (HELD_S - 1, 7, (Settled, 1, (1,))),
        (HELD_S - 1, 10 * LIFE_S, (Settled, 1, (1,))),
        (HELD_S, 7, (Settled, BUDGET, (1,))),
        (HELD_S, LIFE_S + LATE_AFTER_S, (Settled, BUDGET, (1,))),
        (HELD_S, LIFE_S + LATE_AFTER_S + 1, (LateLiability, 1, (1,))),
    ],
)
def test_a_lease_pays_until_its_worker_lets_go_and_then_budgets_do_in_time(
    released_s: int, after_s: int, paid: tuple[Any, ...]
) -> None:
    bills = Bills(world(Budget(daily=10**6)))
    bills.let_go(NOON + released_s)
    before = SETTLED.labels("late_liability")._value.get()
    held = bills.world.ledger.holds(1, 1)
    answer, entries = bills.settle(notice(), after_s)
    assert by(entries) == paid
    from_lease = paid[:2] == (Settled, 1)
    assert answer == (1, BID, COST if from_lease else 0)
    assert bills.world.ledger.holds(1, 1) == held - (COST if from_lease else 0)
    assert entries[:-1] == ([Granted(BUDGET, 1, COST)] if paid[1] == BUDGET else [])
    late = SETTLED.labels("late_liability")._value.get() - before
    assert late == (COST if paid[0] is LateLiability else 0)


def test_a_bid_that_is_not_held_shorter_is_paid_from_its_lease_all_its_life() -> None:
    for released_s, payer in ((LIFE_S - 1, 1), (LIFE_S, BUDGET)):
        bills = Bills(world(Budget(daily=10**6)))
        bills.let_go(NOON + released_s)
        assert by(bills.settle(notice({"held_s": 0}))[1])[:2] == (Settled, payer)


def test_a_lease_whose_worker_is_gone_pays_what_it_held_to_the_end() -> None:
    bills = Bills(world(Budget(daily=10**6)))
    bills.let_go(NOON + HELD_S - 1)
    bills.world.enter(Closed(1, NOON + 20))
    bills.world.told()
    assert by(bills.settle(notice(), LIFE_S)[1])[:2] == (Settled, 1)
    assert by(bills.settle(notice({"bid": b"c" * 16, "at_s": NOON - 1}), LIFE_S)[1])[:2] == (Settled, BUDGET)  # fmt: skip


def test_a_clock_set_forward_makes_no_bill_late() -> None:
    bills = Bills(world(Budget(daily=10**6)))
    bills.let_go()
    bills.settling.set_forward.note(NOON + 10, 3_600)
    assert by(bills.settle(notice(), 3_600 + LIFE_S)[1])[:2] == (Settled, BUDGET)


def test_budgets_pay_what_they_have_left_and_not_a_nano_more() -> None:
    bills = Bills(world(Budget(daily=1_000)))
    room = bills.world.ledger.headroom("line_item/item-0/2026-11-21", 1_000)
    bills.world.enter(Granted(1, 1, room - COST))
    bills.let_go()
    assert by(bills.settle(notice(), HELD_S + 60)[1])[:2] == (Settled, BUDGET)
    assert by(bills.settle(notice({"bid": b"c" * 16}), HELD_S + 60)[1])[:2] == (LateLiability, 1)


def test_for_a_lease_that_has_too_little_or_is_over_budgets_pay() -> None:
    for left, payer in ((COST, 1), (COST - 1, BUDGET), (0, BUDGET)):
        bills = Bills(world(Budget(daily=10**6)))
        bills.empty(1)
        bills.world.enter(Granted(1, 1, left))
        bills.world.told()
        assert by(bills.settle(notice())[1])[:2] == (Settled, payer)
        late = notice({"bid": b"c" * 16})
        assert by(bills.settle(late, LIFE_S + 60)[1])[:2] == (LateLiability, 1)
    last = Bills(world(Budget(daily=10**6), fees=Fees()))
    last.empty(1)
    last.world.enter(Granted(1, 1, 1))
    assert by(last.settle(notice(), wire_price=2)[1])[:2] == (Settled, 1), "the last nano"
    over = Bills(world(Budget(daily=10**6)))
    over.world.enter(Expired(1))
    assert by(over.settle(notice())[1])[:2] == (Settled, BUDGET)


def test_a_bid_that_costs_nothing_is_not_paid_by_a_lease_that_has_nothing() -> None:
    bills = Bills(world(Budget(daily=10**6), fees=Fees()))
    bills.empty(1)
    assert by(bills.settle(notice(), wire_price=0)[1])[:2] == (Settled, BUDGET)


def test_a_bid_that_was_lost_holds_nothing_any_more() -> None:
    bills = Bills(world(Budget(daily=10**6)))
    bills.world.enter(Seen(BID, "loss", ITEM, UNTIL_S))
    assert by(bills.settle(notice())[1]) == (LateLiability, 1, (1,))


def test_a_bid_from_before_there_was_any_pot_is_owed_by_nobody_in_particular() -> None:
    bills = Bills(world(Budget(daily=10**6)))
    early = {"at_s": NOON - 86_400, "bill_until_s": NOON + LIFE_S, "held_s": 0}
    assert by(bills.settle(notice(early))[1]) == (LateLiability, 1, ())


def ceilinged(ceiling: int) -> Bills:
    made = world(Budget(daily=10**6), ceilings={"north": ceiling, "all": 10**6, "south": 10**6})
    return Bills(made, ITEM, ceiling_key("north"), ceiling_key("all"), ceiling_key("south"))


def test_ceilings_of_its_exchange_and_of_all_pay_with_the_line_item_as_far_as_they_can() -> None:
    bills = ceilinged(10**6)
    own, north, whole, _ = bills.pots
    assert by(bills.settle(notice())[1]) == (Settled, 1, (own, north, whole))
    bills.world.enter(Returned(1, north, bills.world.ledger.holds(1, north) - COST + 1))
    assert by(bills.settle(notice({"bid": b"c" * 16}))[1]) == (Settled, 1, (own, whole))
    bills.world.enter(Granted(1, north, 1))
    assert by(bills.settle(notice({"bid": b"d" * 16}))[1]) == (Settled, 1, (own, north, whole))
    bills.let_go()
    late = notice({"bid": b"e" * 16})
    assert by(bills.settle(late, LIFE_S + 60)[1]) == (LateLiability, 1, (own, north, whole))


def test_ceilings_that_have_nothing_left_do_not_keep_a_budget_from_paying() -> None:
    bills = ceilinged(200)
    bills.let_go()
    own, north, whole, _ = bills.pots
    answer, entries = bills.settle(notice(), HELD_S + 60)
    assert by(entries) == (Settled, BUDGET, (own, whole))
    assert entries[:-1] == [Granted(BUDGET, own, COST), Granted(BUDGET, whole, COST)]
    assert answer == (1, BID, 0)
    assert bills.world.ledger.holds(BUDGET, north) == 0
    wide = ceilinged(10**6)
    wide.let_go()
    assert by(wide.settle(notice(), HELD_S + 60)[1]) == (Settled, BUDGET, tuple(wide.pots[:3]))


def test_a_line_item_that_was_moved_within_the_day_pays_from_where_its_lease_has_the_money() -> (
    None
):
    bills = Bills(world(Budget(daily=10**6)))
    accounts = bills.world.ledger.pots[1].accounts
    bills.world.enter(Opened(2, ITEM, accounts[:2], NOON, NOON + 1))
    bills.world.enter(Opened(3, ITEM, accounts[:2], NOON - 9, NOON))
    bills.world.enter(Granted(1, 3, 500))
    bills.world.told()
    assert by(bills.settle(notice())[1]) == (Settled, 1, (1,)), "neither of one that was over"
    bills.world.enter(Granted(1, 2, 500))
    bills.world.told()
    assert by(bills.settle(notice({"bid": b"c" * 16}))[1]) == (Settled, 1, (2,)), "of the newer"
