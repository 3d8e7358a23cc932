"""Exchanges that ask, choose winners, and tell of it: mostly in order and once, but not always."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Sequence
from contextvars import Context
from functools import partial

import msgspec

from adserver.domain.bid import Bid
from adserver.domain.notice import Kind
from adserver.domain.opportunity import Auction, AuctionType, BannerSpace, Opportunity
from adserver.endpoints.intake import Outcome
from tests.simulation.campaigns import SIZES, TERMS
from tests.simulation.judge import Judge
from tests.simulation.loop import VirtualLoop
from tests.simulation.sales import Sale
from tests.simulation.worker import TMAX_MS, Ask, Worker

PEOPLE = 120
PATIENCE_S = 3.0
"""Exchanges wait so long for an answer to a notice."""
AGAIN_S = (1.0, 4.0, 20.0, 90.0)
"""So long after a failure they try again."""


class Call(msgspec.Struct, eq=False):
    """A notice on its way."""

    sale: Sale
    kind: Kind
    price: str | None = None
    attempt: int = 0
    answered: bool = False

    @property
    def priced(self) -> bool:
        """Tell whether it can settle."""
        return self.price not in {None, "", "AUDIT"}


class Market:
    """All exchanges, and the people behind them."""

    def __init__(
        self,
        loop: VirtualLoop,
        dice: random.Random,
        judge: Judge,
        workers: Callable[[], Sequence[Worker]],
        decided: Callable[[bytes], None],
    ) -> None:
        self.asked = self.served = self.bids = self.won = self.notices = 0
        self.faults: Counter[str] = Counter()
        self.free = Context()
        """No process of ours: what happens here is frozen with nobody."""
        self.calling = True
        self._loop = loop
        self._dice = dice
        self._judge = judge
        self._workers = workers
        self._decided = decided

    # --- auctions ---

    def ask(self, worker: Worker | None = None) -> None:
        """Send a bid request to a worker, any if none is named; nobody answers if none is there."""
        dice = self._dice
        if worker is None:
            workers = [each for each in self._workers() if not each.draining]
            if not workers:
                return
            worker = dice.choice(workers)
        self.asked += 1
        exchange = "north" if dice.random() < 0.6 else "south"
        size = SIZES[dice.random() < 0.4]
        person = None
        if dice.random() > 0.05:
            person = int(PEOPLE * dice.random() ** 2).to_bytes(16)
        auction = Auction(
            id=f"{self.asked}",
            exchange=exchange,
            opportunities=(
                Opportunity(
                    id="1",
                    banner=BannerSpace((size,)),
                    floor=int(dice.choice((0, 300, 900, 1_200))),
                ),
            ),
            auction_type=AuctionType.FIRST_PRICE
            if exchange == "north"
            else AuctionType.SECOND_PRICE,
            seat="adserver",
            person=person,
        )
        ask = Ask(auction, self._loop.time())
        self._loop.arrive(worker.process, worker.answer, ask, self._answered)

    def _answered(self, worker: Worker, ask: Ask) -> None:
        """In the worker's process: leave it."""
        self._loop.call_soon(self._sell, worker, ask, context=self.free)

    def _sell(self, worker: Worker, ask: Ask) -> None:
        self.served += 1
        for bid, ticket in zip(ask.bids, ask.tickets, strict=True):
            self.bids += 1
            self._decided(
                b"%b %d %d %.6f\n"
                % (ticket.bid, ticket.line_item, ticket.wire_price, self._loop.time())
            )
            sale = self._judge.bid(worker, bid, ticket, ask.auction.person)
            if self._loop.time() - ask.sent_s <= TMAX_MS / 1_000:
                self._hold_auction(sale, bid)

    def _hold_auction(self, sale: Sale, bid: Bid) -> None:
        dice, price = self._dice, sale.ticket.wire_price
        rival = int(dice.lognormvariate(7.3, 0.6))
        if rival >= price:
            self._lose(sale)
            return
        self.won += 1
        first = sale.ticket.exchange == "north"
        clears = price if first else max(rival, bid.opportunity.floor, 1)
        if first:
            self._tell(Call(sale, "win", _text(clears)), dice.uniform(0.05, 0.5))
            if dice.random() < 0.12:
                return  # never rendered: nothing is owed
        self._bill(sale, clears, dice.uniform(0.2, 6.0))

    def _bill(self, sale: Sale, clears: int, delay_s: float) -> None:
        """The billable event comes true, and somebody sees the advertisement."""
        dice = self._dice
        kind: Kind = "billing" if sale.ticket.exchange == "north" else "win"
        if dice.random() < 0.02:
            self.faults["price above our bid"] += 1
            clears = sale.ticket.wire_price + dice.randrange(1, 500)
            sale.above = True
        sale.claim = clears
        priced = Call(sale, kind, _text(clears))
        if dice.random() < 0.03:
            self.faults["price missing"] += 1
            self._tell(Call(sale, kind, dice.choice((None, "", "AUDIT"))), delay_s)
            if dice.random() < 0.7:
                self._tell(priced, delay_s + dice.uniform(1, 60))
        else:
            self._tell(priced, delay_s)
        if dice.random() < 0.95:
            self._tell(Call(sale, "impression"), delay_s + dice.uniform(-0.2, 2.0))

    def _lose(self, sale: Sale) -> None:
        dice = self._dice
        if sale.ticket.exchange != "north" or dice.random() < 0.1:
            return  # of most losses nobody tells
        self._tell(Call(sale, "loss", "1.5"), dice.uniform(0.1, 1.0))
        if dice.random() < 0.02:
            self.faults["billed though lost"] += 1
            self._bill(sale, sale.ticket.wire_price, dice.uniform(0.1, 20))

    # --- notices ---

    def _tell(self, call: Call, delay_s: float) -> None:
        """Send a notice; fate drops, repeats, delays and overtakes."""
        dice = self._dice
        chance = dice.random()
        life_s = call.sale.ticket.bill_until_s - call.sale.ticket.at_s
        if chance < 0.03:
            self.faults["notice dropped"] += 1
            return
        if chance < 0.07:
            self.faults["notice repeated"] += 1
            for _ in range(dice.randrange(1, 4)):
                self._send(call, delay_s + dice.expovariate(0.1))
        elif chance < 0.10:
            self.faults["notice delayed within its life"] += 1
            delay_s += dice.uniform(0.02, 0.97) * life_s
        elif chance < 0.115:
            self.faults["notice delayed beyond its life"] += 1
            delay_s += life_s * dice.uniform(1.02, 1.6)
        elif chance < 0.15:
            self.faults["notices reordered"] += 1
            delay_s += dice.uniform(2.0, 15.0)
        self._send(call, delay_s)

    def _send(self, call: Call, delay_s: float) -> None:
        fresh = Call(call.sale, call.kind, call.price, call.attempt)
        if call.kind == "loss":
            call.sale.told_lost = True
        self._loop.exactly_at(
            self._loop.time() + max(0.0, delay_s), self._call, fresh, context=self.free
        )

    def _call(self, call: Call) -> None:
        """Reach a worker, or try again later."""
        workers = [each for each in self._workers() if not each.draining]
        if not workers:
            self._again(call)
            return
        self.notices += 1
        worker = self._dice.choice(workers)
        if call.kind == "loss" and call.sale.lost_at is None:
            call.sale.lost_at = self._loop.time()
        if call.priced and call.sale.first_told is None and call.kind in {"win", "billing"}:
            call.sale.first_told = self._loop.time()
        if call.kind == "impression" and not call.sale.shown_at:
            call.sale.shown_at = self._loop.time()
            call.sale.shown_set_by_s = worker.host.clock.set_by_s
        self._loop.arrive(worker.process, self._take, worker, call)
        self._loop.exactly_at(
            self._loop.time() + PATIENCE_S, self._give_up, call, context=self.free
        )

    def _take(self, worker: Worker, call: Call) -> None:
        """In the worker's process."""
        query = {} if call.price is None else {"p": call.price}
        token = call.sale.ticket.bid.hex()
        task = self._loop.spawn(worker.process, worker.intake.take(call.kind, token, query))
        task.add_done_callback(partial(self._taken, worker, call), context=self.free)

    def _taken(self, worker: Worker, call: Call, task: "asyncio.Task[Outcome]") -> None:
        outcome = task.result()
        ticket = call.sale.ticket
        late = call.answered  # the exchange does not wait for this answer any more
        call.answered = True
        if outcome.status == 200:
            settles = call.kind == TERMS[ticket.exchange].billable_banner
            self._judge.acknowledged(
                call.sale, call.kind, worker.host, priced=settles and call.priced
            )
        elif outcome is Outcome.UNAVAILABLE and not late:
            self._again(call)
        elif outcome not in {Outcome.EXPIRED, Outcome.UNAVAILABLE}:
            self._judge.complain("I11", f"{call.kind} of {ticket.bid.hex()} was refused: {outcome}")

    def _give_up(self, call: Call) -> None:
        if not call.answered:
            call.answered = True
            self._again(call)

    def _again(self, call: Call) -> None:
        if call.attempt < len(AGAIN_S) and self.calling:
            delay_s = AGAIN_S[call.attempt]
            self._send(Call(call.sale, call.kind, call.price, call.attempt + 1), delay_s)


def _text(nanos: int) -> str:
    """Return a price as exchanges write it: currency units per mille."""
    return f"{nanos / 1_000_000:.6f}"
