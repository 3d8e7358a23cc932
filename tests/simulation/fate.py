"""What befalls servers: each fault with its end, at times that a seed draws."""

import random
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping

from adserver.catalog.compiler import compile_snapshot
from adserver.catalog.snapshot import Snapshot
from adserver.domain.campaign import Catalog
from adserver.errors import Unavailable
from tests.simulation.campaigns import Source, changed
from tests.simulation.host import Host
from tests.simulation.judge import Judge
from tests.simulation.loop import Process, VirtualLoop
from tests.simulation.market import Market

A_DAY: Mapping[str, int] = {
    "worker killed": 4,
    "worker frozen": 5,
    "owner killed": 4,
    "owner frozen": 3,
    "power cut": 1,
    "line cut": 6,
    "line held up": 5,
    "disk full": 2,
    "sync refused": 1,
    "clock set forward": 2,
    "clock set back": 2,
    "campaigns changed": 2,
    "worker replaced": 2,
}
"""How often each befalls somebody on a day, beside what happens to notices."""
BESIDE_DISKS: Mapping[str, int] = {"cut off from the log": 4, "answer lost": 3, "server frozen": 2}
"""In place of what befalls disks, where servers share a log."""
DISKS = frozenset({"disk full", "sync refused"})
JUMPS_S = (2.0, 45.0, 600.0, 3_600.0)
SHARED_JUMPS_S = (0.3, 0.9, 1.5)
"""Clocks of several servers must agree; those that are wrong by more are the operator's to mend."""


class Fate:
    """Brings faults upon servers, and mends them after a while."""

    def __init__(
        self,
        loop: VirtualLoop,
        dice: random.Random,
        hosts: list[Host],
        market: Market,
        judge: Judge,
        source: Source,
    ) -> None:
        self.faults: Counter[str] = Counter()
        self.trail: list[str] = []
        """What befell whom and when it was mended, by the loop's time; for who looks for the cause of a violation."""
        self.snapshot = compile_snapshot(source.catalog)
        self._loop = loop
        self._dice = dice
        self._hosts = hosts
        self._market = market
        self._judge = judge
        self._source = source
        self._first = source.catalog
        self._snapshots: dict[int, Snapshot] = {id(source.catalog): self.snapshot}
        self._shared = len(hosts) > 1
        self._jumps_s = SHARED_JUMPS_S if self._shared else JUMPS_S
        self._kinds: Mapping[str, Callable[[Host], Awaitable[None]]] = {
            "worker killed": self._kill_worker,
            "worker frozen": self._freeze_worker,
            "owner killed": self._kill_owner,
            "owner frozen": self._freeze_owner,
            "power cut": self._cut_power,
            "line cut": self._cut_line,
            "line held up": self._hold_up_line,
            "disk full": self._fill_disk,
            "sync refused": self._refuse_syncs,
            "clock set forward": self._set_forward,
            "clock set back": self._set_back,
            "campaigns changed": self._change_campaigns,
            "worker replaced": self._replace_worker,
            "cut off from the log": self._cut_off,
            "answer lost": self._lose_answer,
            "server frozen": self._freeze_server,
        }

    def a_day(self) -> list[str]:
        """Return what befalls somebody on a day, in any order."""
        times = {kind: n for kind, n in A_DAY.items() if not (self._shared and kind in DISKS)}
        times |= BESIDE_DISKS if self._shared else {}
        kinds = [kind for kind, number in times.items() for _ in range(number)]
        self._dice.shuffle(kinds)
        return kinds

    async def strike(self, kind: str) -> None:
        """Bring one fault upon some server, and return when it is mended."""
        self.faults[kind] += 1
        host = self._dice.choice(self._hosts)
        began = self._loop.time()
        self.trail.append(f"{began:.3f} {kind} at {host.name}")
        await self._kinds[kind](host)
        self.trail.append(f"{self._loop.time():.3f} {kind} of {began:.3f} is over")

    async def start(self, host: Host, workers: int) -> None:
        """Start a server's processes."""
        host.workers = [None] * workers
        await self._start_owner(host, 0.0)
        for slot in range(workers):
            host.start_worker(slot, self.snapshot)

    # --- processes ---

    async def _wait(self, seconds: float) -> None:
        await self._loop.until(self._loop.time() + seconds)

    async def _start_owner(self, host: Host, after_s: float) -> None:
        await self._wait(after_s)
        while not host.start_owner():
            await self._wait(1.0)

    async def _kill_worker(self, host: Host) -> None:
        slot = self._dice.randrange(len(host.workers))
        host.kill_worker(slot)
        await self._wait(self._dice.choice((0.0, 0.5, 5.0)))
        host.start_worker(slot, self.snapshot)

    async def _kill_owner(self, host: Host) -> None:
        host.kill_owner()
        await self._start_owner(host, self._dice.choice((0.0, 0.5, 5.0, 45.0)))

    async def _cut_power(self, host: Host) -> None:
        host.kill_owner()
        for slot in range(len(host.workers)):
            host.kill_worker(slot)
        await self._start_owner(host, self._dice.choice((1.0, 30.0, 400.0)))
        for slot in range(len(host.workers)):
            host.start_worker(slot, self.snapshot)

    async def _freeze(self, process: Process) -> None:
        self._loop.freeze(process)
        await self._wait(
            self._dice.choice(
                (self._dice.uniform(0.1, 3), self._dice.uniform(3, 40), self._dice.uniform(40, 300))
            )
        )
        self._loop.thaw(process)

    async def _freeze_worker(self, host: Host) -> None:
        """Freeze one; its last requests came just before it goes on, and it answers those first."""
        worker = self._dice.choice(host.live_workers() or [None])
        if worker is None or worker.process.frozen:
            return
        self._loop.freeze(worker.process)
        dice = self._dice
        frozen_s = dice.choice((dice.uniform(0.2, 3), dice.uniform(3, 40), dice.uniform(40, 300)))
        if dice.random() < 0.3:  # and its owner dies meanwhile
            self.faults["owner killed"] += 1
            await self._wait(0.1)
            await self._kill_owner(host)
        await self._wait(frozen_s)
        for _ in range(5):
            self._market.ask(worker)
        self._loop.thaw(worker.process)

    async def _freeze_owner(self, host: Host) -> None:
        if host.owner is not None and not host.owner.process.frozen:
            await self._freeze(host.owner.process)

    async def _replace_worker(self, host: Host) -> None:
        slot = self._dice.randrange(len(host.workers))
        await host.replace_worker(slot, self.snapshot)

    # --- lines, disks, clocks ---

    async def _cut_line(self, host: Host) -> None:
        lines = [
            line for each in host.live_workers() for line in self._loop.network.of(each.process)
        ]
        if lines:
            self._dice.choice(lines).cut()

    async def _hold_up_line(self, host: Host) -> None:
        lines = [
            line for each in host.live_workers() for line in self._loop.network.of(each.process)
        ]
        if lines:
            line = self._dice.choice(lines)
            line.hold_up()
            await self._wait(self._dice.choice((0.3, 2.5, 20.0, 120.0)))
            if self._dice.random() < 0.5:
                line.let_through()
            else:
                line.cut()

    async def _fill_disk(self, host: Host) -> None:
        host.disk.full = True
        await self._wait(self._dice.choice((0.5, 5.0, 60.0)))
        host.disk.full = False

    async def _refuse_syncs(self, host: Host) -> None:
        host.disk.refuses = True
        await self._wait(self._dice.choice((0.5, 5.0)))
        host.disk.refuses = False

    async def _set_forward(self, host: Host) -> None:
        self._set_clock(host, self._dice.choice(self._jumps_s))

    async def _set_back(self, host: Host) -> None:
        self._set_clock(host, -self._dice.choice(self._jumps_s))

    def _set_clock(self, host: Host, by_s: float) -> None:
        """Set a clock; one that would be wrong by more than the longest jump is set right."""
        wrong_s = host.clock.set_by_s + by_s
        host.clock.set(0.0 if abs(wrong_s) > max(self._jumps_s) else wrong_s)

    # --- a shared log ---

    async def _cut_off(self, host: Host) -> None:
        if host.shared is not None:
            host.shared.unreachable.add(host.name)
            await self._wait(self._dice.choice((0.5, 8.0, 60.0, 200.0)))
            host.shared.unreachable.discard(host.name)

    async def _lose_answer(self, host: Host) -> None:
        if host.shared is not None:
            host.shared.lose_answer = True

    async def _freeze_server(self, host: Host) -> None:
        """All of it sleeps, perhaps for longer than others wait; the last requests came just before it goes on."""
        processes = [each.process for each in host.live_workers()]
        processes += [host.owner.process] if host.owner is not None else []
        for process in processes:
            self._loop.freeze(process)
        await self._wait(self._dice.choice((5.0, 60.0, 200.0, 400.0)))
        for worker in host.live_workers():
            self._market.ask(worker)
        for process in processes:
            self._loop.thaw(process)

    # --- campaigns ---

    async def _change_campaigns(self, host: Host) -> None:
        """Edit the campaigns, tell the owners, and replace the workers one after the other, as a reload does."""
        catalog = self._first if self._dice.random() < 0.4 else changed(self._dice, self._first)
        self._source.catalog = catalog
        self.snapshot = self._compiled(catalog)
        for each in self._hosts:
            await self._reload(each)
        for each in self._hosts:
            for slot in range(len(each.workers)):
                await each.replace_worker(slot, self.snapshot)

    async def _reload(self, host: Host) -> None:
        """Have the owner load them, as often as it takes."""
        for _ in range(200):
            owner = host.owner
            if owner is not None and not owner.process.frozen:
                self._judge.books.follow(owner.store.host, self._source.catalog)
                try:
                    await self._loop.spawn(owner.process, owner.service.reload())
                except Unavailable:
                    pass
                else:
                    return
            await self._wait(2.0)

    def _compiled(self, catalog: Catalog) -> Snapshot:
        found = self._snapshots.get(id(catalog))
        if found is None:
            found = self._snapshots[id(catalog)] = compile_snapshot(catalog)
        return found

    # --- the end of a day ---

    async def mend(self) -> None:
        """Make everything whole: nobody frozen or missing, nothing held up, clocks right."""
        for host in self._hosts:
            host.disk.full = host.disk.refuses = False
            if host.shared is not None:
                host.shared.unreachable.clear()
            if host.clock.set_by_s:
                host.clock.set(0.0)
            if host.owner is not None:
                self._loop.thaw(host.owner.process)
            for worker in host.live_workers():
                self._loop.thaw(worker.process)
                for line in self._loop.network.of(worker.process):
                    line.let_through()
