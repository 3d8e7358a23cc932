"""Real ledger, grants, settling, pacing and purses on made time: no sockets, no processes, a market of one rival."""

from collections.abc import Mapping
from heapq import heappop, heappush
from math import exp, inf, log
from random import Random

import msgspec

from adserver.background.flow import FlowCounter
from adserver.background.protocol import FromOwner, Hello, Recall
from adserver.background.purse import LeasedPurse
from adserver.decision.pacing import shake, shaken
from adserver.domain.bits import Run
from adserver.domain.campaign import (
    Advertiser,
    Budget,
    Campaign,
    Catalog,
    Flight,
    Goal,
    InsertionOrder,
    LineItem,
)
from adserver.domain.entries import AnyEntry
from adserver.domain.identity import number
from adserver.domain.ledger import Ledger
from adserver.domain.notice import Notice
from adserver.domain.ticket import Ticket
from adserver.domain.week import hour_of_week
from adserver.processes.owner.exposure import Exposure
from adserver.processes.owner.grants import Grants
from adserver.processes.owner.lines import Lines, Payer
from adserver.processes.owner.notices import Notices
from adserver.processes.owner.paces import Paces
from adserver.processes.owner.past import Past
from adserver.processes.owner.settling import Settling
from adserver.processes.owner.supply import Supply
from adserver.processes.owner.wishes import Wish
from adserver.processes.owner.workers import RECALL_MOST_S, RECALL_S, Workers
from tests.quality.traffic import DAY_S, STEP_S, Prices

LINE_ITEM = "tent"
TENT = number("line_item", LINE_ITEM)
EXCHANGE = "north"
LIFE_S = 3_600
MEDIAN_S, RARE_S, RARE_SIGMA = 2.0, 60.0, 3.0902
"""Notices take a lognormal time: half of them two seconds, one in a thousand longer than a minute."""
SIGMA = log(RARE_S / MEDIAN_S) / RARE_SIGMA
VALUE_SIGMA = 0.5
"""Values of impressions are lognormal, too."""
STEP = 0.1
TAUGHT = 2_000
"""So many bills were measured before: the exchange is no stranger."""
SHARE_OF_REQUESTS = 1 / 3
"""Of all requests that workers decide on, those that are chances for the line item."""


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """What is sold, for how long, and to whom."""

    start_s: int
    end_s: int
    budget: int
    """For the whole flight, nanos."""
    value: float
    """Median value of an impression, nanos."""
    prices: Prices
    supply: Mapping[int, float]
    """Requests by five minutes, counted from the flight's beginning."""
    value_sigma: float = VALUE_SIGMA
    floor: int = 0
    """The same everywhere."""
    hours: tuple[int, ...] = ()
    """Hours of the week (UTC) in which it may bid; none: all."""
    pacing: str = "even"
    workers: int = 2
    hold_s: int | None = None
    """How long bids hold their money; `None`: as long as the measured delays say, as shipped."""
    seed: int = 7


class Told(msgspec.Struct):
    """What came of it."""

    plan: list[float] = []
    """What was to be spent by the end of each minute, fixed before the beginning; nanos."""
    spent: list[float] = []
    """What was, by the time of the bids, not of the notices."""
    paces: list[float] = []
    chances: list[int] = []
    bids: int = 0
    wins: int = 0
    late: int = 0
    held_share: float = 0.0
    """Of the budget: what bids that lost, or were not billed yet, held at most at the end of a minute."""
    left_share: float = 0.0
    """Of the budget: what was outstanding when the flight ended."""


class Worker:
    """One worker's purse and counter."""

    def __init__(self, paced: "Paced") -> None:
        self.purse = LeasedPurse([Run(0, 1)], [TENT])
        self.flow = FlowCounter([TENT], self.purse.left, lambda: paced.now_s)
        self.lease, _ = paced.grants.resume(Hello(0, 0), paced.now_s)
        self.purse.resume(fresh=True)
        self.waiting: Wish | None = None
        self._paced = paced

    def send(self, message: FromOwner) -> None:
        """Give back what another needs, as the client of an owner."""
        if isinstance(message, Recall):
            self.purse.recall(message.pots, self._paced.now_s)

    def grant_waiting(self) -> None:
        """Nothing: `Paced` does it."""

    def hang_up(self) -> None:
        """Never."""


class Paced:
    """One line item, one owner, a few workers."""

    def __init__(self, setting: Setting, supply: Supply | None = None) -> None:
        """`supply` is what was learned before."""
        self.setting = setting
        self.now_s = float(setting.start_s)
        self.dice = Random(setting.seed)
        self.ledger = Ledger()
        supply = supply or Supply()
        lines = Lines(catalog(setting), {}, Past(self.ledger, supply))
        self.grants = Grants(self.ledger, self.enter, lines, LIFE_S, lambda: self.now_s)
        self.exposure = Exposure(self.ledger, self.enter)
        settling = Settling(self.ledger, self.enter, self.grants)
        self.notices = Notices(self.ledger, self.enter, lines, settling)
        self.paces = Paces(self.ledger, self.grants, supply)
        self.grants.allowance = self.paces.allowance
        for _ in range(TAUGHT):
            self.ledger.delays.count(EXCHANGE, int(self._delay_s()))
        self.workers = [Worker(self) for _ in range(setting.workers)]
        self._connected = Workers()
        self._connected.by_lease.update({worker.lease: worker for worker in self.workers})
        self.told = Told()
        self._under_way: list[tuple[float, int, Notice]] = []
        self._spent = 0
        self._until_s: Mapping[str, int] = {}

    def enter(self, entry: AnyEntry) -> None:
        """As the owner's service."""
        self.ledger.apply(entry)
        if hasattr(self, "paces"):
            self.paces.entered(entry, self.now_s)

    def run(self) -> Told:
        """Play the flight to its end."""
        payer = self._payer()
        seconds = self.setting.end_s - self.setting.start_s
        minutes = range(60, seconds + 1, 60)
        self.told.plan = [
            float(payer.plan(payer.bounds[0], self.setting.start_s + m)) for m in minutes
        ]
        for second in range(seconds):
            self._second(second)
            if (second + 1) % 60 == 0:
                self._note(second)
        account = self.ledger.account(payer.bounds[0].account)
        self.told.left_share = account.outstanding / self.setting.budget
        while self._under_way:
            self._deliver(self._under_way[0][0])
        self.told.late = account.late
        return self.told

    def _second(self, second: int) -> None:
        setting, dice = self.setting, self.dice
        step = setting.supply.get(second // STEP_S * STEP_S, 0.0) / STEP_S / SHARE_OF_REQUESTS
        requests = int(step + dice.random())
        at = sorted(dice.random() for _ in range(requests))
        begins_s = setting.start_s + second
        for tenth in range(round(1 / STEP)):
            self.now_s = begins_s + tenth * STEP
            self._deliver(self.now_s)
            while at and at[0] < (tenth + 1) * STEP:
                self._request(dice.choice(self.workers), begins_s + at.pop(0))
            for worker in self.workers:
                self._speak(worker)
        self.now_s = begins_s + 1.0
        if self.paces.supply.is_over(self.now_s):
            self.paces.supply.turn(self.grants.lines.chains, self.now_s)
        holds = {EXCHANGE: setting.hold_s or self.ledger.delays.usual_s(EXCHANGE) or 0}
        changed = self.paces.step(self.now_s)
        for worker in self.workers:
            worker.purse.hold_s = holds
            worker.purse.pace(changed)
            worker.purse.leave(self.now_s)
            worker.purse.gather(self.now_s)
            release = worker.purse.releases(self.now_s)
            if release is not None:
                self.exposure.release(worker.lease, release.until_s, release.exposed)
                worker.purse.released(release.until_s)
            if worker.waiting:
                self._ask(worker, worker.waiting)

    def _request(self, worker: Worker, at_s: float) -> None:
        dice = self.dice
        worker.flow.requests += 1
        chance = dice.random() < SHARE_OF_REQUESTS
        if at_s >= worker.flow.sample_at:
            worker.flow.sample({0: 1.0} if chance and self._on_air(at_s) else {}, at_s)
        if not chance or not worker.purse.funded or not self._on_air(at_s):
            return
        setting = self.setting
        value = setting.value * exp(setting.value_sigma * dice.gauss(0, 1))
        price = int(value * shaken(worker.purse.paces[0], shake(dice.getrandbits(32))))
        if price < setting.floor or price <= 0 or not worker.purse.claim(0, EXCHANGE, price):
            return
        self.told.bids += 1
        bid = self.told.bids.to_bytes(16)
        held_s = worker.purse.hold_s.get(EXCHANGE, 0)
        now_s = int(at_s)
        until_s = now_s + LIFE_S
        worker.purse.hold(bid, 0, EXCHANGE, price, until_s, now_s + held_s if held_s else 0)
        worker.flow.booked(0, price)
        # Where a floor is set it is the price: an agreed one.
        rival = setting.floor or setting.prices.draw(dice)
        if price < rival or price == rival != setting.floor:
            return  # lost, and nobody says so
        self.told.wins += 1
        self._spent += rival
        ticket = Ticket(
            bid, now_s, EXCHANGE, TENT, 1, 1, price, price, price, worker.lease, until_s, until_s,
            held_s=held_s,
        )  # fmt: skip
        comes_s = at_s + self._delay_s()
        notice = Notice(
            kind="billing", ticket=ticket, at_s=int(comes_s), settles=True, wire_price=rival
        )
        heappush(self._under_way, (comes_s, self.told.wins, notice))

    def _deliver(self, until_s: float) -> None:
        while self._under_way and self._under_way[0][0] <= until_s:
            comes_s, _, notice = heappop(self._under_way)
            outcome = self.notices.notice(notice, comes_s)
            if outcome.resolved:
                lease, bid, charged = outcome.resolved
                for worker in self.workers:
                    if worker.lease == lease:
                        worker.purse.resolved(bid, charged)

    def _speak(self, worker: Worker) -> None:
        ask, back = worker.purse.dues(self.now_s)
        for pot, amount in back.amounts if back else ():
            self.grants.give_back(worker.lease, pot, amount)
        for key, want in ask.wants if ask else ():
            self._ask(worker, Wish(want, ask.least.get(key, 0) if ask else 0, self.now_s))
        if report := worker.flow.due(self.now_s):
            self.paces.flowed(worker.lease, report, self.now_s)

    def _ask(self, worker: Worker, wish: Wish) -> None:
        least = wish.least_at(self.now_s, self.grants.rest_s.get(TENT, -inf))
        grant = self.grants.grant(worker.lease, TENT, wish.want, self.now_s, least)
        if grant is not None:
            worker.waiting = None
            worker.purse.granted(TENT, *grant, self.now_s)
            return
        worker.waiting = wish
        pots = self.grants.scarce((TENT,), self.now_s)
        self._connected.recall(worker.lease, pots, self.now_s, RECALL_S if least else RECALL_MOST_S)

    def _note(self, second: int) -> None:
        payer = self._payer()
        account = self.ledger.account(payer.bounds[0].account)
        self.told.spent.append(float(self._spent))
        self.told.paces.append(self.paces.value(TENT))
        free = sum(worker.purse.left(0) for worker in self.workers)
        held = (account.outstanding - free) / self.setting.budget
        self.told.held_share = max(self.told.held_share, held)

    def _payer(self) -> Payer:
        payer = self.grants.lines.payer(TENT, self.setting.start_s + 1)
        assert payer is not None
        return payer

    def _on_air(self, at_s: float) -> bool:
        return not self.setting.hours or hour_of_week(at_s) in self.setting.hours

    def _delay_s(self) -> float:
        return MEDIAN_S * exp(SIGMA * self.dice.gauss(0, 1))


def catalog(setting: Setting) -> Catalog:
    """Return the campaigns: one line item, its budget that of its flight."""
    item = LineItem(
        id=LINE_ITEM,
        flight=Flight(setting.start_s, setting.end_s),
        hours_of_week=setting.hours,
        pacing=setting.pacing,  # type: ignore[arg-type]  # one of the three
        goal=Goal("cpm", 300 * 10_000, 300 * 10_000),
        budget=Budget(lifetime=setting.budget)
        if setting.end_s - setting.start_s != DAY_S
        else Budget(daily=setting.budget),
        creatives=(),
    )
    orders = (InsertionOrder(id="order", line_items=(item,)),)
    campaigns = (Campaign(id="summer", insertion_orders=orders),)
    return Catalog(
        (Advertiser(id="shop", domain="shop.example", timezone="UTC", campaigns=campaigns),)
    )
