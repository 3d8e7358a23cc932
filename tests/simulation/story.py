"""A story: so many days of two advertisers' campaigns on one server or two, told by a seed."""

import asyncio
import random
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import Any

from adserver.domain.ticket import Ticket
from tests.fakes.profiles import FakeProfiles
from tests.simulation.around import patched, quiet_logs
from tests.simulation.campaigns import DAY_S, LONGEST_S, Source, catalog
from tests.simulation.closing import differences, owed
from tests.simulation.day import Day
from tests.simulation.exposed import check_exposed
from tests.simulation.fate import Fate
from tests.simulation.host import Host
from tests.simulation.judge import Judge
from tests.simulation.log import Log, fresh
from tests.simulation.loop import VirtualLoop
from tests.simulation.market import Market
from tests.simulation.shared import SharedLog
from tests.simulation.wire import Network
from tests.simulation.worker import Worker

DAYS = 5
"""Of one story: lifetime budgets last about so long."""
EPOCH_S = 1_767_225_600
"""The first midnight of 2026 (UTC)."""
SCENES = 40
"""A day is that many spells of traffic, and silence between them."""
AUCTIONS = 28
"""In each scene."""
LENGTHS_S = (5.0, 10.0, 16.0, 40.0)
BUSY_S = 0.2
QUIET_S = 20.0
"""How often sleepers wake while there is traffic, and while there is none."""
MIDNIGHTS_S = (0.0, 5 * 3_600.0, 22 * 3_600.0, 23 * 3_600.0, 4 * 3_600.0)
"""Of the advertisers' time zones, after midnight UTC, in summer and winter."""
WORKERS = 2
CALM_S = 200.0
"""Between faults and silence: whatever is under way comes to an end."""
SILENCE_S = 30.0 + LONGEST_S + 20.0 + 60.0
"""After it no bid can be billed, and every lease of the dead has expired."""
TRAIL = 40
LOOKS, LOOK_S = 40, 0.037
"""So often, and for more than a second: what one server has just written the other reads within that."""


class Story:
    """Everything that one seed tells."""

    def __init__(self, seed: int, folder: Path, days: int = DAYS, hosts: int = 1) -> None:
        """Odd seeds let bids go of their money as soon as bills usually come, even ones hold it as long as they live."""
        dice = random.Random(f"story {seed}")
        self.seed = seed
        self.days = days
        self.hash = blake2b(digest_size=12)
        self.start_s = EPOCH_S + dice.randrange(360) * DAY_S
        self.source = Source(catalog(dice, self.start_s, days))
        self.judge = Judge(self.source.catalog)
        network = Network(random.Random(dice.random()))
        self.loop = VirtualLoop(network, random.Random(dice.random()))
        self.judge.now = self.judge.books.now = self.loop.time
        profiles, tickets = FakeProfiles(), dict[str, Ticket]()
        self.log = Log(self.judge.books, self.judge.complain)
        shared = SharedLog(self.loop, self.log, self.hash.update) if hosts > 1 else None
        self.hosts = []
        for number in range(hosts):
            inside = folder / f"host-{number}"
            inside.mkdir()
            self.hosts.append(
                Host(
                    f"host-{number}",
                    self.loop,
                    random.Random(dice.random()),
                    inside,
                    self.start_s,
                    self.source,
                    self.log,
                    profiles,
                    tickets,
                    self.hash.update,
                    shared,
                    strict=seed % 2 == 0,
                )
            )  # fmt: skip
        self.judge.hosts = self.hosts
        self.market = Market(
            self.loop, random.Random(dice.random()), self.judge, self._workers, self.hash.update
        )
        self.fate = Fate(
            self.loop,
            random.Random(dice.random()),
            self.hosts,
            self.market,
            self.judge,
            self.source,
        )
        self._dice = random.Random(dice.random())
        self._faults: list[asyncio.Task[None]] = []

    def _workers(self) -> list[Worker]:
        return [each for host in self.hosts for each in host.live_workers()]

    def tell(self, told: Callable[[Day], None]) -> None:
        """Live through all days, telling of each."""
        loop = self.loop
        loop.set_exception_handler(self._died)
        with (
            quiet_logs(self.judge.logged),
            patched(self.hosts[0].disk),
        ):
            try:
                loop.run_until_complete(self._live(told))
            finally:
                for host in self.hosts:
                    for worker in host.live_workers():
                        loop.kill(worker.process)
                    host.kill_owner()
                for task in self._faults:
                    task.cancel()
                with suppress(RuntimeError):
                    loop.run_until_complete(asyncio.sleep(0))
                loop.bury()
                loop.close()

    def _died(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        self.judge.complain("I14", f"{context['message']}: {context.get('exception')!r}")

    async def _live(self, told: Callable[[Day], None]) -> None:
        self.loop.grain_s = BUSY_S
        for host in self.hosts:
            await self.fate.start(host, WORKERS)
        await self.loop.until(3.0)
        self.loop.grain_s = QUIET_S
        for day in range(self.days):
            before = self._counts()
            await self._day(day)
            if day == self.days - 1:
                await self._end()
            told(self._told(day, before))
            if self.judge.complaints:
                return

    async def _day(self, day: int) -> None:
        dice, loop = self._dice, self.loop
        starts = [dice.uniform(0, DAY_S - SILENCE_S - CALM_S - 300) for _ in range(SCENES)]
        for index, at_s in enumerate(dice.sample(MIDNIGHTS_S, 3)):
            starts[index] = max(0.0, min(at_s - 5, DAY_S - SILENCE_S - CALM_S - 300))
        kinds = self.fate.a_day()
        by_scene = [kinds[index::SCENES] for index in range(SCENES)]
        for start_s, faults in zip(sorted(starts), by_scene, strict=True):
            await self._scene(day * DAY_S + start_s, faults)
        await self._silence()
        await loop.until((day + 1) * DAY_S)

    async def _scene(self, start: float, faults: list[str]) -> None:
        """Some seconds of traffic, and what befalls servers meanwhile."""
        dice, loop = self._dice, self.loop
        await loop.until(max(start // QUIET_S * QUIET_S, loop.time()))
        loop.grain_s = BUSY_S
        start, length_s = loop.time(), dice.choice(LENGTHS_S)
        free = self.market.free
        await loop.until(start + 1.0)
        for _ in range(AUCTIONS):
            at = start + 1.0 + dice.uniform(0, length_s)
            loop.exactly_at(at, self.market.ask, context=free)
        for kind in faults:
            at = start + 1.0 + dice.uniform(0, length_s * 0.8)
            loop.exactly_at(at, self._strike, kind, context=free)
        await loop.until(start + length_s + 2.0)
        self.judge.beliefs(self._workers())
        check_exposed(self.judge)
        loop.grain_s = QUIET_S

    def _strike(self, kind: str) -> None:
        self._faults = [each for each in self._faults if not each.done()]
        self._faults.append(self.loop.create_task(self.fate.strike(kind)))

    async def _silence(self) -> None:
        """Mend everything, wait until nothing can be billed any more, and compare all books."""
        loop, judge = self.loop, self.judge
        loop.grain_s = BUSY_S
        if self._faults:
            await asyncio.wait(self._faults)
        await loop.until(loop.time() + QUIET_S)
        await self.fate.mend()
        await loop.until(loop.time() + CALM_S)
        loop.grain_s = QUIET_S
        await loop.until(loop.time() + SILENCE_S)
        loop.grain_s = BUSY_S
        await loop.until(loop.time() + QUIET_S + 3.0)  # whoever slept has read what others wrote
        judge.beliefs(self._workers())
        judge.quiet(self._workers(), self.hosts)
        await self._compare()
        loop.grain_s = QUIET_S

    async def _compare(self) -> None:
        """Compare all books; a commit may be under way, so what is wrong must stay wrong."""
        for host in self.hosts:
            if host.owner is None or host.owner.task.done():
                self.judge.complain("I14", f"the owner of {host.name} died by itself")
                continue
            wrong: list[str] = []
            for _ in range(LOOKS):
                known = fresh(self.log.known)
                wrong = differences(
                    self.judge.books, host.owner.service.ledger, known, host.clock.now()
                )
                if not wrong:
                    break
                await self.loop.until(self.loop.time() + LOOK_S)
            for each in wrong:
                self.judge.complain("I5", each)
        owed(self.judge)

    async def _end(self) -> None:
        """Everybody says goodbye; when all lives are over, nothing is outstanding."""
        self.market.calling = False
        self.loop.grain_s = BUSY_S
        for host in self.hosts:
            for worker in host.live_workers():
                await host.drain(worker)
            host.workers = []
        self.loop.grain_s = QUIET_S
        longer_s = self.judge.longest_wait_s(self.hosts)
        await self.loop.until(self.loop.time() + SILENCE_S + longer_s)
        self.judge.drained()
        await self._compare()

    def _counts(self) -> Counter[str]:
        market = self.market
        counts = Counter(
            {
                "auctions": market.served,
                "bids": market.bids,
                "won": market.won,
                "notices": market.notices,
            }
        )
        for name, count in (market.faults + self.fate.faults).items():
            counts[f"fault {name}"] = count
        for name, count in self.judge.facts.items():
            if not name.startswith("most"):
                counts[f"fact {name}"] = count
        return counts

    def _told(self, day: int, before: Counter[str]) -> Day:
        now = self._counts()
        now.subtract(before)
        now["fact most over a cap"] = self.judge.facts["most over a cap"]

        def part(kind: str) -> dict[str, int]:
            return {
                name.removeprefix(kind): count
                for name, count in sorted(now.items())
                if name.startswith(kind) and count
            }

        return Day(
            self.seed, day, len(self.hosts), now["auctions"], now["bids"], now["won"], now["notices"],
            part("fault "), part("fact "), self.hash.hexdigest(), list(self.judge.complaints),
            self.fate.trail[-TRAIL:] if self.judge.complaints else [],
        )  # fmt: skip


def tell(
    seed: int, told: Callable[[Day], None] = lambda _: None, days: int = DAYS, hosts: int = 1
) -> list[Day]:
    """Tell one story; return its days. It ends with the first violation."""
    found: list[Day] = []

    def both(day: Day) -> None:
        found.append(day)
        told(day)

    memory = Path("/dev/shm")  # noqa: S108 - a crash is simulated, so that nothing need reach a disk
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        Story(seed, Path(folder), days, hosts).tell(both)
    return found
