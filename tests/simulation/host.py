"""One server: its clock, its disk or shared log, its owner and its workers."""

import asyncio
import random
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from adapters.ledger.journal import Journal
from adserver.background.owner_parts import OwnerParts
from adserver.catalog.snapshot import Snapshot
from adserver.domain.ticket import Ticket
from adserver.endpoints.desk import Desk
from adserver.errors import Unavailable
from adserver.ports import LedgerStore
from adserver.processes.owner.service import OwnerService
from tests.fakes.profiles import FakeProfiles
from tests.simulation.campaigns import CEILINGS, LONGEST_S, TERMS, Source
from tests.simulation.clock import HostClock
from tests.simulation.disk import Disk, Events, Torn
from tests.simulation.log import Log, Watched
from tests.simulation.loop import Process, VirtualLoop
from tests.simulation.place import Address
from tests.simulation.shared import SharedLog
from tests.simulation.worker import Worker


class Owner:
    """One life of an owner process."""

    def __init__(self, host: "Host") -> None:
        """Start. Raises `Unavailable`, as the process would end."""
        self.process = Process(f"{host.name}/owner")
        self.stopping = asyncio.Event()
        self.began = host.loop.time()
        self.store: LedgerStore
        if host.shared is None:
            self.store = Watched(Journal(host.folder / "ledger"), host.log)
        else:
            self.store = host.shared.store(host.name)
        parts = OwnerParts(
            socket=host.socket,
            store=self.store,
            events=host.events,
            contacts=host.profiles,
            people=host.profiles,
            audiences=host.profiles,
            campaigns=host.source,
            clock=host.clock,
            monotonic=host.loop.time,
            ceilings=CEILINGS,
            billing_life_s=LONGEST_S,
            supply=host.folder / "supply",
            strict=host.strict,
        )
        try:
            self.service = self.process.context.run(OwnerService, parts)
        except BaseException:
            self.store.close()
            raise
        host.log.books.follow(self.store.host, host.source.catalog)
        self.task = host.loop.spawn(self.process, self.service.serve(self.stopping))


class Host:
    """A server."""

    def __init__(
        self,
        name: str,
        loop: VirtualLoop,
        dice: random.Random,
        folder: Path,
        start_s: int,
        source: Source,
        log: Log,
        profiles: FakeProfiles,
        tickets: dict[str, Ticket],
        written: Callable[[bytes], None],
        shared: SharedLog | None,
        *,
        strict: bool,
    ) -> None:
        self.name = name
        self.shared = shared
        self.strict = strict
        self.loop = loop
        self.dice = dice
        self.folder = folder
        self.clock = HostClock(loop, start_s)
        self.source = source
        self.log = log
        self.profiles = profiles
        self.tickets = tickets
        self.disk = Disk(written)
        self.events = Events(self.disk, written)
        self.socket = Address(f"/{name}/owner")
        self.desks: Mapping[str, Desk] = {each: Desk(TERMS[each], 2) for each in TERMS}
        self.owner: Owner | None = None
        self.workers: list[Worker | None] = []

    def start_owner(self) -> bool:
        """Start an owner if there is none; tell whether there is one now."""
        if self.owner is None:
            with suppress(Unavailable):
                self.owner = Owner(self)
        return self.owner is not None

    def kill_owner(self) -> None:
        """The owner dies at once; what its threads were about may be done, half done, or not begun."""
        owner, self.owner = self.owner, None
        if owner is None:
            return
        for job in self.loop.kill(owner.process):
            how = self.dice.randrange(3)
            if how == 0:
                continue
            self.disk.tear_after = self.dice.randrange(200) if how == 1 else None
            with suppress(Torn):
                job.do()
            self.disk.tear_after = None
        if self.shared is None:
            owner.store.close()
        else:
            self.shared.cut(self.name)

    def start_worker(self, slot: int, snapshot: Snapshot) -> None:
        """Start a worker in the place of a dead one."""
        if self.workers[slot] is None:
            self.workers[slot] = Worker(self, slot, snapshot)

    def kill_worker(self, slot: int) -> None:
        """A worker dies at once."""
        worker, self.workers[slot] = self.workers[slot], None
        if worker is not None:
            self.loop.kill(worker.process)

    async def replace_worker(self, slot: int, snapshot: Snapshot) -> None:
        """Start a worker with a new catalog, and let the one before drain, as a reload does."""
        before = self.workers[slot]
        self.workers[slot] = Worker(self, slot, snapshot)
        if before is not None:
            await self.drain(before)

    async def drain(self, worker: Worker) -> None:
        """Let a worker say goodbye; it ends within some seconds, or is ended."""
        worker.draining = True
        task = self.loop.spawn(worker.process, worker.client.stop())
        await asyncio.wait({task}, timeout=20.0)
        self.loop.kill(worker.process)

    def live_workers(self) -> list[Worker]:
        """Return those that are there, frozen or not."""
        return [each for each in self.workers if each is not None]
