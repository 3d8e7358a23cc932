"""Whatever happens in whatever order: no budget is overspent and nothing is counted twice."""

import random
from collections.abc import Sequence
from typing import Literal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adserver.background.protocol import Hello
from adserver.background.purse import LeasedPurse
from adserver.domain.bits import Run
from adserver.domain.campaign import (
    Advertiser,
    Budget,
    Campaign,
    Catalog,
    Fees,
    Flight,
    Goal,
    InsertionOrder,
    LineItem,
)
from adserver.domain.checkpoints import checkpoint
from adserver.domain.entries import AnyEntry, LateLiability, Settled
from adserver.domain.fees import PPM, with_fees
from adserver.domain.ledger import Ledger
from adserver.domain.notice import Notice
from adserver.domain.ticket import Ticket
from adserver.processes.owner.exposure import Exposure
from adserver.processes.owner.grants import Grants
from adserver.processes.owner.lines import Lines
from adserver.processes.owner.notices import Notices
from adserver.processes.owner.settling import Settling
from tests.unit.domain.accounts import totals

START = 1_790_000_000
LIFE_S = 600
WORKERS = 3

Act = Literal[
    "bid", "bill", "bill_again", "lose", "speak", "drop_answer", "die", "break_line", "restart", "wait"
]  # fmt: skip
Step = tuple[Act, int, int]
ACTS: tuple[Act, ...] = Act.__args__  # type: ignore[attr-defined]  # the literal's words
FEES = Fees(data_cpm=3, tech_ppm=50_000, margin_ppm=70_000)
MULTIPLIERS = (PPM, PPM, 14_200_000, 300_000)
"""How many impressions are sold as one, in millionths: mostly one, out of home more or less."""
OFTEN = (30, 20, 5, 5, 20, 2, 0.5, 1, 0.5, 2)
steps = st.lists(
    st.tuples(
        st.sampled_from(ACTS),
        st.integers(0, WORKERS - 1),
        st.integers(0, 1_000),
    ),
    max_size=120,
)


def catalog(line_items: Sequence[Budget], order: Budget, advertiser: Budget) -> Catalog:
    """Two or so line items that share an insertion order, with budgets at every level."""
    items = tuple(
        LineItem(
            id=f"item-{index}",
            flight=Flight(START - 86_400, START + 86_400 * 40),
            pacing="asap",
            goal=Goal("cpm", 100, 100),
            budget=budget,
            fees=FEES,
            creatives=(),
        )
        for index, budget in enumerate(line_items)
    )
    orders = (InsertionOrder(id="order", budget=order, line_items=items),)
    return Catalog(
        (
            Advertiser(
                id="shop",
                domain="shop.example",
                timezone="Europe/Berlin",
                budget=advertiser,
                campaigns=(Campaign(id="campaign", insertion_orders=orders),),
            ),
        )
    )


class Market:
    """An owner without processes, workers without sockets, and a clock that is pushed."""

    def __init__(self, campaigns: Catalog, ceiling: int, held_s: int = 0) -> None:
        """`held_s` is how long bids hold their money; 0: as long as they may be billed."""
        self.held_s = held_s
        self.now_s = float(START)
        self.journal: list[AnyEntry] = []
        self.campaigns = campaigns
        self.ceilings = {"north": ceiling}
        self.numbers = list(Lines(campaigns, {}).chains)
        self.charged: dict[bytes, int] = {}
        self.tickets: list[Ticket] = []
        self.purses = [self._purse() for _ in range(WORKERS)]
        self.leases = [0] * WORKERS
        self.restart()

    def _purse(self) -> LeasedPurse:
        runs = [Run(index, 1) for index, _ in enumerate(self.numbers)]
        return LeasedPurse(runs, self.numbers, self.ceilings)

    def enter(self, entry: AnyEntry) -> None:
        """As the owner: apply, then keep."""
        self.ledger.apply(entry)
        self.journal.append(entry)

    def restart(self) -> None:
        """A new owner from the journal; every worker comes back."""
        self.ledger = Ledger(self.journal)
        self.lines = Lines(self.campaigns, self.ceilings)
        self.grants = Grants(self.ledger, self.enter, self.lines, LIFE_S)
        self.exposure = Exposure(self.ledger, self.enter)
        settling = Settling(self.ledger, self.enter, self.grants)
        self.notices = Notices(self.ledger, self.enter, self.lines, settling)
        self.grants.close_all(self.now_s)
        for worker in range(WORKERS):
            self.join(worker)

    def join(self, worker: int) -> None:
        """A worker says hello, perhaps after a break."""
        purse = self.purses[worker]
        hello: Hello = purse.hello(worker, 1, self.leases[worker])
        lease, resolved = self.grants.resume(hello, self.now_s)
        purse.resume(fresh=lease != self.leases[worker])
        self.leases[worker] = lease
        for bid, charged in resolved:
            purse.resolved(bid, charged)

    def speak(self, worker: int, *, answered: bool = True) -> None:
        """A worker asks and gives back; without an answer, the line broke before it came."""
        purse, lease = self.purses[worker], self.leases[worker]
        self.let_go(worker, answered=answered)
        ask, back = purse.dues(self.now_s)
        for pot, amount in back.amounts if back else ():
            self.grants.give_back(lease, pot, amount)
        for key, want in ask.wants if ask else ():
            grant = self.grants.grant(lease, key, want, self.now_s)
            if grant and answered:
                purse.granted(key, *grant, self.now_s)
            elif not grant:
                purse._keys[key].asked = False  # the owner would try again by itself
                purse._low[purse._keys[key]] = None
        if not answered:
            self.join(worker)

    def let_go(self, worker: int, *, answered: bool = True) -> None:
        """A worker lets go of what is over when the owner says so."""
        purse = self.purses[worker]
        purse.leave(self.now_s)
        release = purse.releases(self.now_s)
        if release is not None:
            self.exposure.release(self.leases[worker], release.until_s, release.exposed)
            if answered and release.until_s:
                purse.released(release.until_s)

    def bid(self, worker: int, dice: int) -> None:
        """Bid if the purse allows."""
        purse = self.purses[worker]
        purse.leave(self.now_s)
        line_item, price = dice % len(self.numbers), 1 + dice % 100
        multiplier_ppm = MULTIPLIERS[dice % len(MULTIPLIERS)]
        reserved = with_fees(price, FEES, multiplier_ppm) + dice % 3
        exchange = "north" if dice % 2 else "south"
        if not purse.claim(line_item, exchange, reserved):
            return
        at_s = int(self.now_s)
        bid = len(self.tickets).to_bytes(16)
        held_until_s = at_s + self.held_s if self.held_s else 0
        purse.hold(bid, line_item, exchange, reserved, at_s + LIFE_S, held_until_s)
        self.tickets.append(
            Ticket(
                bid=bid, at_s=at_s, exchange=exchange, line_item=self.numbers[line_item],
                creative=1, media_type=1, reserved=reserved, price=price, wire_price=price,
                lease=self.leases[worker], bill_until_s=at_s + LIFE_S, click_until_s=at_s + LIFE_S,
                multiplier_ppm=multiplier_ppm, out_of_home=multiplier_ppm != PPM,
                held_s=self.held_s,
            )
        )  # fmt: skip

    def tell(self, kind: Literal["billing", "loss"], dice: int, *, old: bool = False) -> None:
        """Report the last bid, or any older one; the price may be too high."""
        if not self.tickets:
            return
        ticket = self.tickets[dice % len(self.tickets) if old else -1]
        notice = Notice(
            kind=kind, ticket=ticket, at_s=int(self.now_s), settles=kind == "billing",
            wire_price=dice % (ticket.wire_price + 2),
            impressions_ppm=(None, dice * 100_000, ticket.multiplier_ppm // 2)[dice % 3],
        )  # fmt: skip
        before, held = ticket.bid in self.ledger.charged, self._is_held(ticket)
        known = len(self.journal)
        outcome = self.notices.notice(notice, self.now_s)
        if outcome.resolved:
            lease, bid, charged = outcome.resolved
            if charged:
                assert not before
                assert charged <= ticket.reserved
            for entry in self.journal[known:]:
                assert not (held and isinstance(entry, LateLiability)), "its money was there"
                if type(entry) is Settled:
                    assert not before
                    self.charged[bid] = entry.total
            if lease in self.leases:
                self.purses[self.leases.index(lease)].resolved(bid, charged)

    def _is_held(self, ticket: Ticket) -> bool:
        """Tell whether some worker holds money for a bid, and nobody wrote that it may let go, or that it lost."""
        return (
            any(ticket.bid in purse.hello(0, 0, 0).holds for purse in self.purses)
            and ticket.held_until_s > self.ledger.released.get(ticket.lease, 0)
            and not self.ledger.has_seen(ticket.bid, "loss")
        )

    def step(self, act: Act, worker: int, dice: int) -> None:  # noqa: C901 (one flat case per act)
        """Do one thing."""
        match act:
            case "bid":
                self.bid(worker, dice)
            case "bill":
                self.tell("billing", dice)
            case "bill_again":
                self.tell("billing", dice, old=True)
            case "lose":
                self.tell("loss", dice, old=True)
            case "speak":
                self.speak(worker)
            case "drop_answer":
                self.speak(worker, answered=False)
            case "die":
                self.grants.close(self.leases[worker], self.now_s)
                self.purses[worker], self.leases[worker] = self._purse(), 0
                self.join(worker)
            case "break_line":
                self.join(worker)
            case "restart":
                self.restart()
            case "wait":
                self.now_s += (1, 30, 700, 4_000, 40_000)[dice % 5]
                for each in range(WORKERS):
                    self.let_go(each, answered=dice % 7 > each)
                self.grants.expire(self.now_s)

    def check(self) -> None:
        """Nothing overspent, nothing counted twice, and no worker believes to have more than it has."""
        for number in self.numbers:
            payer = self.lines.payer(number, self.now_s)
            assert payer is not None
            for bound in payer.bounds:
                account = self.ledger.account(bound.account)
                assert account.settled + account.outstanding <= bound.amount
        for account in self.ledger.accounts.values():
            assert min(account.settled, account.outstanding, account.late) >= 0
        advertiser = self.ledger.account("advertiser/shop/life")
        assert advertiser.settled == sum(self.charged.values())
        for worker, purse in enumerate(self.purses):
            held = self.ledger.held.get(self.leases[worker], {})
            believed = dict(purse.hello(0, 0, 0).believed)
            assert all(amount <= held.get(pot, 0) for pot, amount in believed.items() if amount)
        self._check_exposure()

    def _check_exposure(self) -> None:
        """What holds nothing and may still be billed is told, also by an owner that begins now."""
        open_by_key: dict[int, int] = {}
        for ticket in self.tickets:
            bid, alive = ticket.bid, self.now_s <= ticket.bill_until_s
            if alive and ticket.lease in self.leases and bid not in self.ledger.charged:
                purse = self.purses[self.leases.index(ticket.lease)]
                if bid not in purse.hello(0, 0, 0).holds and not self.ledger.has_seen(bid, "loss"):
                    key = ticket.line_item
                    open_by_key[key] = open_by_key.get(key, 0) + ticket.reserved
        successor = Exposure(Ledger(self.journal), self.enter)
        for key, amount in open_by_key.items():
            assert amount <= self.exposure.of(key)
            assert amount <= successor.of(key)


budgets = st.builds(
    Budget,
    lifetime=st.none() | st.integers(0, 5_000),
    daily=st.none() | st.integers(0, 3_000),
)


@settings(max_examples=150, deadline=None)
@given(
    line_items=st.lists(budgets, min_size=1, max_size=2),
    order=budgets,
    advertiser=budgets,
    ceiling=st.integers(0, 4_000),
    held_s=st.sampled_from([0, 0, 20, 100]),
    story=steps,
)
def test_no_story_overspends_or_counts_twice(
    line_items: list[Budget],
    order: Budget,
    advertiser: Budget,
    ceiling: int,
    held_s: int,
    story: list[Step],
) -> None:
    market = Market(catalog(line_items, order, advertiser), ceiling, held_s)
    for worker in range(WORKERS):
        market.speak(worker)
    for act, worker, dice in story:
        market.step(act, worker, dice)
        market.check()
    encoded = msgspec.msgpack.encode(market.journal)
    replayed = Ledger(msgspec.msgpack.decode(encoded, type=list[AnyEntry]))
    assert totals(replayed.accounts) == totals(market.ledger.accounts)
    assert replayed.charged == market.ledger.charged
    assert totals(Ledger([checkpoint(replayed)]).accounts) == totals(market.ledger.accounts)


@pytest.mark.parametrize("held_s", [0, 60])
@pytest.mark.parametrize("seed", range(6))
def test_long_busy_story_with_every_mishap(seed: int, held_s: int) -> None:
    dice = random.Random(seed)
    campaigns = catalog([Budget(9_000), Budget(None, 3_000)], Budget(15_000), Budget())
    market = Market(campaigns, 4_000, held_s)
    for _ in range(800):
        act = dice.choices(ACTS, OFTEN)[0]
        market.step(act, dice.randrange(WORKERS), dice.randrange(10**6))
        market.check()
    assert len(market.charged) > 50
    assert market.ledger.quarantined
    assert market.ledger.account("advertiser/shop/life").late
    assert totals(Ledger(market.journal).accounts) == totals(market.ledger.accounts)
