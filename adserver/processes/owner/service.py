"""The owner's loop: one socket, every worker's questions, one journal."""

import asyncio
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import structlog
import uvloop

from adserver.background.owner_parts import OwnerParts
from adserver.domain.checkpoints import checkpoint
from adserver.domain.entries import Alive, AnyEntry
from adserver.domain.ledger import Ledger
from adserver.errors import InvalidConfig, Unavailable
from adserver.processes.owner.commits import Commits
from adserver.processes.owner.connection import Connection
from adserver.processes.owner.desk import Desk
from adserver.processes.owner.exposure import Exposure
from adserver.processes.owner.grants import TERM_S, Grants
from adserver.processes.owner.hosts import Hosts
from adserver.processes.owner.installs import Installs
from adserver.processes.owner.lines import Lines
from adserver.processes.owner.notices import Notices
from adserver.processes.owner.owner_clock import OwnerClock
from adserver.processes.owner.paces import AHEAD_S, Paces
from adserver.processes.owner.past import Past
from adserver.processes.owner.people import PeopleKeeper
from adserver.processes.owner.recounting import Recounting
from adserver.processes.owner.settling import Settling
from adserver.processes.owner.shifts import Shifts
from adserver.processes.owner.supply import Supply
from adserver.processes.owner.workers import Workers

SECOND = 1.0
PRUNE_S = 300
ARMS_S = 5.0
HOLDS_S = 5.0
ALIVE_S = 10.0
"""A host that shares the ledger writes something at least so often."""
LAST_S, SHARED_LAST_S = 1.0, 100.0
"""So long what workers are granted should last: longer where the log may be away for a minute."""
SHARED_AHEAD_S = 110.0
"""So far ahead of its plan may a line item be granted money there."""
WARY_S = 86_400
"""Nothing is forgotten for so long after the clock was set: it may be set back."""

_log = structlog.get_logger()


class OwnerService:
    """One owner; `serve` is its life."""

    def __init__(self, parts: OwnerParts) -> None:
        """Replay the log. Raises `InvalidConfig` if it or the catalog cannot be used, and `Unavailable`."""
        self._parts = parts
        self._clock = OwnerClock(parts.clock, parts.monotonic, self._clock_set)
        self.ledger = Ledger(parts.store.replay())
        self.ledger.prune(parts.clock.now())
        try:
            parts.store.compact(partial(checkpoint, self.ledger))
        except Unavailable as error:  # a full disk: long is better than not at all
            _log.warning("ledger_not_shortened", error=str(error))
        self.commits = Commits(
            parts.store, parts.events, parts.contacts, self._learn, self._recover, parts.monotonic
        )
        self._supply = Supply(parts.supply)
        self._past = Past(self.ledger, self._supply)
        catalog = parts.campaigns.load()
        lines = Lines(catalog, parts.ceilings, self._past)
        self.grants = Grants(
            self.ledger, self._enter, lines, parts.billing_life_s, parts.monotonic, parts.store.host
        )
        self.settling = Settling(self.ledger, self._enter, self.grants)
        self.notices = Notices(self.ledger, self._enter, lines, self.settling)
        self.paces = Paces(
            self.ledger,
            self.grants,
            self._supply,
            SHARED_AHEAD_S if parts.store.shared else AHEAD_S,
        )
        self.grants.allowance = self.paces.allowance
        self.shifts = Shifts(
            self.ledger, self._enter, self.grants, self.paces.share, parts.monotonic
        )
        self.workers = Workers()
        self._recounting = Recounting(
            parts.contacts, catalog, self.commits, self.workers, parts.clock
        )
        self.hosts = Hosts(self.ledger, parts.store.host, parts.host_term_s, parts.monotonic)
        self._exposure = Exposure(self.ledger, self._enter)
        self._clocks_to_follow = 0
        self._step_waits = False
        self._holding: dict[str, int] = {}
        self._prune_at = parts.monotonic() + PRUNE_S
        self._arms_at = self._holds_at = 0.0
        self._desk = Desk(
            clock=self._clock,
            ledger=self.ledger,
            commits=self.commits,
            grants=self.grants,
            notices=self.notices,
            installs=Installs(self.ledger, self._enter),
            paces=self.paces,
            people=PeopleKeeper(parts.people, parts.audiences, parts.clock),
            workers=self.workers,
            reload=self.reload,
            exposure=self._exposure,
            term_s=self._term_s,
            ahead_s=SHARED_LAST_S if parts.store.shared else LAST_S,
            holds=lambda: self._holding,
        )
        self.commits.do(self._begin)

    async def serve(self, stopping: asyncio.Event, beat: Callable[[], None] = lambda: None) -> None:
        """Serve until told to stop; all that was acknowledged is durable then. `beat` is called every second meanwhile."""
        socket = self._parts.socket
        socket.unlink(missing_ok=True)  # a predecessor's: the ledger's lock says that it is gone
        committing = asyncio.create_task(self.commits.run())
        ticking = asyncio.create_task(self._tick(beat))
        recounting = asyncio.create_task(self._recounting.run())
        for task in (committing, ticking, recounting):
            task.add_done_callback(
                lambda _: stopping.set()
            )  # a bug: better restarted than half alive
        server = await asyncio.start_unix_server(self._connected, str(socket))
        socket.chmod(0o600)
        _log.info("owner_ready", socket=str(socket), pid=os.getpid())
        await stopping.wait()
        server.close()
        failed = [task for task in (committing, ticking, recounting) if task.done()]
        ticking.cancel()
        recounting.cancel()
        self.workers.hang_up()
        self.commits.stop()
        await asyncio.gather(committing, ticking, recounting, return_exceptions=True)
        self._keep_supply()()
        self._parts.store.close()
        self._parts.events.close()
        socket.unlink(missing_ok=True)
        for task in failed:
            task.result()  # raises what ended it

    async def reload(self) -> None:
        """Load the catalog again. Raises `InvalidConfig`; then the old one stays."""
        loop = asyncio.get_running_loop()
        catalog = await loop.run_in_executor(None, self._parts.campaigns.load)
        self.grants.lines = self.notices.lines = Lines(catalog, self._parts.ceilings, self._past)
        self._recounting.load(catalog)
        _log.info("owner_reloaded", line_items=len(self.grants.lines.chains))

    def _enter(self, entry: AnyEntry) -> None:
        self.ledger.apply(entry)
        self.commits.enter(entry)
        self.paces.entered(entry, self._clock.now())

    def _keep_supply(self) -> Callable[[], None]:
        """Return what writes down all that is learned until now."""
        return partial(self._supply.save, self._supply.encoded(self.paces.learned()))

    def _begin(self) -> None:
        self.grants.close_all(self._clock.now())

    def _learn(self, host: str, entries: Sequence[AnyEntry]) -> None:
        """Take in what another host wrote, and tell our workers what it means for them."""
        self.hosts.heard_of(host)
        for entry in entries:
            self.ledger.apply(entry)
            self.workers.tell_of(entry, self.ledger)
            self.paces.entered(entry, self._clock.now())

    async def _recover(self) -> None:
        """Begin anew from the log; workers come back and say what they believe to have."""
        loop = asyncio.get_running_loop()
        entries = await loop.run_in_executor(None, lambda: list(self._parts.store.replay()))
        self.ledger.begin(entries)
        self.ledger.prune(self._clock.now())
        self.grants.lines.forget_pots()
        self.workers.hang_up()
        self.commits.do_first(self._begin)  # or it would close leases that are just taken up again
        _log.warning("ledger_replayed")

    def _term_s(self) -> float:
        """Return how long workers may bid without another word: less, while others cannot hear of us."""
        if not self._parts.store.shared:
            return TERM_S
        silent_s = self._parts.monotonic() - self.commits.alive_s
        return max(0.0, min(TERM_S, self._parts.host_term_s - silent_s))

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await Connection(self._desk, writer).serve(reader)

    async def _tick(self, beat: Callable[[], None]) -> None:
        while True:
            await asyncio.sleep(SECOND)
            beat()
            now_s = self._clock.now()
            self.workers.tell_trouble(self.commits.failing)
            if self._supply.is_over(now_s):
                self._supply.turn(self.grants.lines.chains, now_s)
                await asyncio.get_running_loop().run_in_executor(None, self._keep_supply())
            changed = self.paces.step(now_s)
            if changed:
                self.workers.tell_paces(changed)
            self._tell_arms(now_s)
            self._tell_holds()
            if not (self.commits.failing or self._step_waits):
                self._step_waits = True
                self.commits.do(self._step)

    def _clock_set(self, before_s: float, by_s: float, now_s: float) -> None:
        """Follow a clock that somebody set; until the ledger does, too, nothing is freed."""
        self._clocks_to_follow += 1
        self._prune_at = self._parts.monotonic() + WARY_S
        self.settling.set_forward.note(before_s, by_s)
        self.grants.plan_time.clock_set(now_s, by_s)
        self.commits.do(partial(self._follow_clock, by_s, self.grants.gone()))

    def _follow_clock(self, by_s: float, gone: Mapping[int, int]) -> None:
        self._clocks_to_follow -= 1
        self.grants.clock_set(by_s, gone)

    def _step(self) -> None:
        """Do what is due every second."""
        self._step_waits = False
        now_s = self._clock.now()
        if self._clocks_to_follow:
            return
        for connection in list(self.workers.by_lease.values()):
            connection.grant_waiting()
        for lease in self.hosts.silent():
            self.grants.close(lease, now_s)
        self.grants.expire(now_s)
        if self._parts.store.shared and self._parts.monotonic() - self.commits.alive_s > ALIVE_S:
            self._enter(Alive(int(now_s)))
        if self._parts.monotonic() >= self._prune_at:
            self._prune_at = self._parts.monotonic() + PRUNE_S
            self.ledger.prune(now_s)
            self._exposure.prune()
        self.shifts.step(now_s)

    def _tell_holds(self) -> None:
        """Tell how long bids need their money, as bills come in."""
        if self._parts.strict or self._parts.monotonic() < self._holds_at:
            return
        self._holds_at = self._parts.monotonic() + HOLDS_S
        delays = self.ledger.delays
        usual = {name: delays.usual_s(name) for name in delays.counts}
        holding = {name: seconds for name, seconds in usual.items() if seconds is not None}
        if holding != self._holding:
            self._holding = holding
            self.workers.tell_holds(holding)

    def _tell_arms(self, now_s: float) -> None:
        """Tell what rotations learn from, every few seconds: a click more or less changes little."""
        arms = self.ledger.arms
        if arms.changed and self._parts.monotonic() >= self._arms_at:
            self._arms_at = self._parts.monotonic() + ARMS_S
            self.workers.tell_arms({each: arms.of(each, now_s) for each in arms.changed})
            arms.changed.clear()


def run(parts: OwnerParts, beat: Callable[[], None] = lambda: None) -> None:
    """Be the owner until SIGTERM or SIGINT; SIGHUP loads the catalog again. Calls `beat` every second while it serves.

    Raises `InvalidConfig` or `Unavailable` if it cannot begin.
    """
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_main(parts, beat))


async def _main(parts: OwnerParts, beat: Callable[[], None]) -> None:
    service = OwnerService(parts)
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    tasks: set[asyncio.Task[None]] = set()

    async def reload() -> None:
        try:
            await service.reload()
        except (InvalidConfig, Unavailable) as error:
            _log.error("owner_reload_refused", error=str(error))

    def hang_up() -> None:
        task = asyncio.create_task(reload())
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    loop.add_signal_handler(signal.SIGTERM, stopping.set)
    loop.add_signal_handler(signal.SIGINT, stopping.set)
    loop.add_signal_handler(signal.SIGHUP, hang_up)
    await service.serve(stopping, beat)
