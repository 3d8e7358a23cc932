"""An owner on its real socket and workers without their HTTP side; what lies behind is in memory."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

from adserver.background.contacts import PendingContacts
from adserver.background.owner_client import OwnerClient
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
from adserver.domain.identity import number
from adserver.domain.ledger import Ledger
from adserver.domain.notice import Kind, Notice
from adserver.domain.person import PersonKey
from adserver.domain.ticket import Ticket
from adserver.processes.owner import OwnerParts
from adserver.processes.owner.service import OwnerService
from tests.fakes.contacts import FakeContacts
from tests.fakes.event_store import FakeEventStore
from tests.fakes.ledger_store import FakeLedgerStore
from tests.fakes.profiles import FakeProfiles

NOW = 1_790_000_000
TENT = number("line_item", "tent")
LIFE = "line_item/tent/life"
PERSON = b"p" * 16


class HandClock:
    """Stands still until it is set."""

    def __init__(self) -> None:
        self.now_s = float(NOW)
        self.set_by_s = 0.0
        """How far it was set by hand, beyond the time that passed."""

    def now(self) -> float:
        """Return the hands' position."""
        return self.now_s + self.set_by_s

    def steady(self) -> float:
        """Return what has passed, by a clock that nobody sets."""
        return self.now_s


class Source:
    """A catalog of one line item, `tent`."""

    def __init__(self, **line_item: Any) -> None:
        item = LineItem(
            **{
                "id": "tent",
                "flight": Flight(NOW - 86_400, NOW + 86_400 * 30),
                "pacing": "asap",
                "goal": Goal("cpm", 1_000, 1_000),
                "budget": Budget(lifetime=100_000),
                "fees": Fees(data_cpm=10, tech_ppm=50_000, margin_ppm=100_000),
                "creatives": (),
                **line_item,
            }
        )
        order = InsertionOrder(id="order", line_items=(item,))
        campaign = Campaign(id="summer", insertion_orders=(order,))
        shop = Advertiser(id="shop", domain="shop.example", timezone="UTC", campaigns=(campaign,))
        self.catalog = Catalog((shop,))

    def load(self) -> Catalog:
        """Return it."""
        return self.catalog


class World:
    """Everything behind and in front of an owner."""

    def __init__(self, folder: Path, **line_item: Any) -> None:
        self.clock = HandClock()
        self.store = FakeLedgerStore()
        self.events = FakeEventStore()
        self.contacts = FakeContacts()
        self.people = FakeProfiles()
        self.socket = folder / "owner"
        self.source = Source(**line_item)
        self.ceilings: dict[str, int] = {}
        self._bids = count(1)

    @asynccontextmanager
    async def owner(self) -> AsyncIterator[OwnerService]:
        """Run an owner; a second one after it takes up what the first made durable."""
        service = OwnerService(
            OwnerParts(
                socket=self.socket,
                store=self.store,
                events=self.events,
                contacts=self.contacts,
                people=self.people,
                audiences=self.people,
                campaigns=self.source,
                clock=self.clock,
                monotonic=self.clock.steady,
                ceilings=self.ceilings,
            )
        )
        stopping = asyncio.Event()
        task = asyncio.create_task(service.serve(stopping))
        try:
            await eventually(self.socket.exists)
            yield service
        finally:
            stopping.set()
            await task

    @asynccontextmanager
    async def worker(self, slot: int = 0) -> AsyncIterator["Worker"]:
        """Run a worker, connected."""
        worker = Worker(self, slot)
        await worker.client.start()
        try:
            await eventually(lambda: worker.client.connected)
            yield worker
        finally:
            await worker.client.stop()

    def account(self) -> tuple[int, int, int]:
        """Return what a fresh replay says: settled, outstanding, late."""
        account = Ledger(self.store.durable).account(LIFE)
        return account.settled, account.outstanding, account.late


class Worker:
    """A worker without its HTTP side."""

    def __init__(self, world: World, slot: int) -> None:
        self.world = world
        self.purse = LeasedPurse([Run(0, 3)], [TENT], world.ceilings)
        self.contacts = PendingContacts()
        self.forgotten: list[PersonKey] = []
        self.client = OwnerClient(
            world.socket, slot, world.clock, self.purse, self.contacts,
            on_forget=self.forgotten.extend, monotonic=world.clock.steady,
        )  # fmt: skip

    async def bid(self, price: int = 1_000, **ticket: Any) -> Ticket:
        """Claim and hold 1.2 times the price, waiting for a grant if need be."""
        reserved = price + 200
        await eventually(lambda: self.purse.claim(0, "north", reserved))
        now_s = int(self.world.clock.now())
        bid = next(self.world._bids).to_bytes(16)
        self.purse.hold(bid, 0, "north", reserved, now_s + 3_600)
        return Ticket(
            **{
                "bid": bid,
                "at_s": now_s,
                "exchange": "north",
                "line_item": TENT,
                "creative": 5,
                "media_type": 1,
                "reserved": reserved,
                "price": price,
                "wire_price": price,
                "lease": self.client.lease,
                "bill_until_s": now_s + 3_600,
                "click_until_s": now_s + 86_400,
                "person": PERSON,
                **ticket,
            }
        )

    async def tell(self, ticket: Ticket, kind: Kind = "billing", price: int | None = 500) -> bool:
        """Record a notice; billing notices settle."""
        return await self.client.record(
            Notice(
                kind=kind,
                ticket=ticket,
                at_s=int(self.world.clock.now()),
                settles=kind == "billing",
                wire_price=price,
            )
        )


async def eventually(condition: Callable[[], bool], within_s: float = 3.0) -> None:
    for _ in range(int(within_s / 0.01)):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not come true in time")
