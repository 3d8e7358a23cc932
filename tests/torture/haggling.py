"""Workers without their HTTP side who bid on one owner as fast as it lets them, in a time that runs faster than ours.

What stands behind the bids is an exchange that wins, loses, forgets to tell, tells twice and in any order.
"""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from adapters.ledger.journal import Journal
from adserver.background.contacts import PendingContacts
from adserver.background.owner_client import OwnerClient
from adserver.background.owner_parts import OwnerParts
from adserver.background.purse import LeasedPurse
from adserver.domain.bits import Run
from adserver.domain.campaign import Budget, Fees
from adserver.domain.notice import Kind, Notice
from adserver.domain.ticket import Ticket
from adserver.errors import Unavailable
from adserver.processes.owner.service import OwnerService
from tests.fakes.contacts import FakeContacts
from tests.fakes.event_store import FakeEventStore
from tests.fakes.profiles import FakeProfiles
from tests.unit.processes.owner_world import TENT, HandClock, Source, eventually

UNIT = 1_000
"""Nanos: what the line item pays for an impression at most."""
FASTER = 40
"""So many seconds pass for workers and owner in one of ours."""
LIFE_S = 120
EARLY = 0.6
"""Notices in time come within this share of a bid's life: the machine may stand still for a second of ours."""
PROMPT_S, TARDY = 4, 0.8
AFTER_S = 30
"""Notices that are too late come so long after the life, beyond every grace."""
ROUNDS = 4
"""Workers let go of what is over once a second of ours, and gather rests every 20 s of theirs: that takes some rounds."""
QUIET_S = LIFE_S + AFTER_S + ROUNDS * FASTER
"""After so long without a bid every hold is over, and what could come back came back."""
STEP_S, HASTE_S, LOOK_S = 0.005, 0.01, 0.02
WORKERS = 8


class Manners(NamedTuple):
    """What becomes of bids; shares of all."""

    mode: str = "strict"
    """The owner's: `strict`, or `lease`."""

    won: float = 0.5
    silent: float = 0.1
    """Nothing is ever heard of them. The others lose, and are told so."""
    repeated: float = 0.3
    late: float = 0.0
    """Of the won: billed after the life of the bid."""
    contradicted: float = 0.0
    """Of the won: said to have lost, too, at any time."""
    cheapest: float = 1.0
    """Bids and clearing prices are between this share of `UNIT` and the whole."""
    prompt: int = 0
    """So many bids are billed within `PROMPT_S`, before the exchange falls into its usual ways."""
    tardy: bool = False
    """Those ways: bills come in the last part of the time that counts as early."""


class Haggle:
    """One run over one budget, with books of what was acknowledged; `ledger` is left to be judged."""

    def __init__(self, folder: Path, impressions: int, manners: Manners, seed: int) -> None:
        """Prepare an owner with a budget of so many impressions at `UNIT`, on a journal in the folder."""
        folder.mkdir()
        self.budget = impressions * UNIT
        self.impressions = impressions
        self.ledger = folder / "ledger"
        self.paid: dict[str, int] = {}
        """Nanos by bid."""
        self.disorderly: dict[str, int] = {}
        """What those bids offered that were billed late, or after a loss."""
        self.bids = 0
        self.exposed = 0
        """The most that the owner ever said could still be billed of bids that hold nothing any more, nanos."""
        self._clock = HandClock()
        self._parts = _parts(folder, self.budget, manners.mode, self._clock)
        self.manners = manners
        self._dice = Random(f"{seed}/haggle/{impressions}")
        self._clients: list[OwnerClient] = []
        self._purses: list[LeasedPurse] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._bidding = True
        self._bid_at_s = self._clock.now_s

    async def run(self, seconds: float) -> None:
        """Bid until nobody could for a bid's whole life, or so many seconds of ours are over; then tell the rest."""
        loop = asyncio.get_running_loop()
        ends = loop.time() + seconds
        clock = asyncio.create_task(self._run_clock())
        owner, stopping = OwnerService(self._parts), asyncio.Event()
        serving = asyncio.create_task(owner.serve(stopping))
        await eventually(self._parts.socket.exists)
        for slot in range(WORKERS):
            purse = LeasedPurse([Run(0, 1)], [TENT])
            client = OwnerClient(
                self._parts.socket, slot, self._clock, purse, PendingContacts(),
                monotonic=self._clock.steady,
            )  # fmt: skip
            self._clients.append(client)
            self._purses.append(purse)
            await client.start()
        await eventually(lambda: all(client.connected for client in self._clients), 10.0)
        bidders = [asyncio.create_task(self._bid_on(slot)) for slot in range(WORKERS)]
        while loop.time() < ends and self._clock.now_s < self._bid_at_s + QUIET_S:
            await self._look()
        self._bidding = False
        await asyncio.gather(*bidders)
        while self._tasks:
            await self._look()
        for client in self._clients:
            await client.stop()
        stopping.set()
        await serving
        clock.cancel()

    async def _look(self) -> None:
        """Ask how much is exposed now."""
        await asyncio.sleep(LOOK_S)
        report = await self._clients[0].report()
        self.exposed = max(self.exposed, *(line.exposed for line in report.lines))

    async def _run_clock(self) -> None:
        """Let time pass in small steps: what a busy machine leaves out is no jump, and makes no notice late."""
        loop = asyncio.get_running_loop()
        before = loop.time()
        while True:
            await asyncio.sleep(STEP_S)
            now = loop.time()
            self._clock.now_s += FASTER * min(now - before, 2 * STEP_S)
            before = now

    async def _bid_on(self, slot: int) -> None:
        """Bid whenever there is money."""
        while self._bidding:
            price = round(UNIT * self._dice.uniform(self.manners.cheapest, 1.0))
            purse = self._purses[slot]  # no decision considers what is not funded
            if self._clients[slot].connected and purse.funded and purse.claim(0, "north", price):
                self._bid(slot, price)
            await asyncio.sleep(HASTE_S * self._dice.random())

    def _bid(self, slot: int, price: int) -> None:
        dice, manners = self._dice, self.manners
        now_s = int(self._clock.now())
        self.bids += 1
        self._bid_at_s = now_s
        held_s = self._purses[slot].hold_s.get("north", 0)
        held_s = held_s if held_s < LIFE_S else 0
        ticket = Ticket(
            bid=self.bids.to_bytes(16), at_s=now_s, exchange="north", line_item=TENT, creative=1,
            media_type=1, reserved=price, price=price, wire_price=price, lease=self._clients[slot].lease,
            bill_until_s=now_s + LIFE_S, click_until_s=now_s + 10 * LIFE_S,
            held_s=held_s,
        )  # fmt: skip
        until_s = ticket.bill_until_s
        self._purses[slot].hold(ticket.bid, 0, "north", price, until_s, held_s and now_s + held_s)
        fate = dice.random()
        if fate < manners.won:
            cleared = round(price * dice.uniform(manners.cheapest, 1.0))
            late = dice.random() < manners.late
            contradicted = dice.random() < manners.contradicted
            if late or contradicted:
                self.disorderly[ticket.bid.hex()] = price
            for kind in ("win", "impression", "billing", *(["loss"] if contradicted else [])):
                self._spawn(self._tell(ticket, kind, cleared, late=late and kind == "billing"))  # type: ignore[arg-type]
        elif fate >= manners.won + manners.silent:
            self._spawn(self._tell(ticket, "loss", None))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _tell(
        self, ticket: Ticket, kind: Kind, price: int | None, *, late: bool = False
    ) -> None:
        """Tell through any worker until it is acknowledged, perhaps several times."""
        wait_s = LIFE_S + AFTER_S if late else self._wait_s(kind)
        for _ in range(1 + (self._dice.random() < self.manners.repeated)):
            await asyncio.sleep(wait_s / FASTER)
            notice = Notice(
                kind=kind, ticket=ticket, at_s=int(self._clock.now()), settles=kind == "billing", wire_price=price,
            )  # fmt: skip
            while True:
                try:
                    await self._dice.choice(self._clients).record(notice)
                except Unavailable:
                    await asyncio.sleep(HASTE_S)
                    continue
                break
            if kind == "billing" and price is not None:
                self.paid[ticket.bid.hex()] = price
            wait_s = (LIFE_S * EARLY / 4) * self._dice.random()

    def _wait_s(self, kind: Kind) -> float:
        """Return how long after its bid a notice comes that is in time."""
        longest_s = LIFE_S * EARLY
        if self.bids <= self.manners.prompt:
            return self._dice.uniform(0.0, PROMPT_S)
        if self.manners.tardy and kind == "billing":
            return self._dice.uniform(longest_s * TARDY, longest_s)
        return self._dice.uniform(0.0, longest_s)


def _parts(folder: Path, budget: int, mode: str, clock: HandClock) -> OwnerParts:
    people = FakeProfiles()
    return OwnerParts(
        socket=folder / "owner", store=Journal(folder / "ledger"), events=FakeEventStore(),
        contacts=FakeContacts(), people=people, audiences=people,
        campaigns=Source(budget=Budget(lifetime=budget), fees=Fees()), clock=clock,
        monotonic=clock.steady, strict=mode == "strict", billing_life_s=LIFE_S,
    )  # fmt: skip
