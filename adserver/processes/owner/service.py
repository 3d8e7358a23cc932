"""The owner's loop: one socket, every worker's questions, one journal."""

import asyncio
import os
import signal
from functools import partial

import structlog
import uvloop

from adserver.background.clock_watch import ClockWatch
from adserver.background.owner_parts import OwnerParts
from adserver.domain.checkpoints import checkpoint
from adserver.domain.entries import AnyEntry
from adserver.domain.ledger import Ledger
from adserver.errors import InvalidConfig, Unavailable
from adserver.processes.owner.commits import Commits
from adserver.processes.owner.connection import Connection, Desk
from adserver.processes.owner.grants import Grants
from adserver.processes.owner.installs import Installs
from adserver.processes.owner.lines import Lines
from adserver.processes.owner.notices import Notices
from adserver.processes.owner.paces import Paces
from adserver.processes.owner.people import PeopleKeeper
from adserver.processes.owner.workers import Workers

SECOND = 1.0
PRUNE_S = 300
ARMS_S = 5.0
WARY_S = 86_400
"""Nothing is forgotten for so long after the clock was set: it may be set back."""

_log = structlog.get_logger()


class OwnerService:
    """One owner; `serve` is its life."""

    def __init__(self, parts: OwnerParts) -> None:
        """Replay the journal. Raises `InvalidConfig` if it or the catalog cannot be used."""
        self._parts = parts
        self.ledger = Ledger(parts.store.replay())
        self.ledger.prune(parts.clock.now())
        try:
            parts.store.compact(partial(checkpoint, self.ledger))
        except Unavailable as error:  # a full disk: long is better than not at all
            _log.warning("ledger_not_shortened", error=str(error))
        self.commits = Commits(parts.store, parts.events, parts.contacts)
        lines = Lines(parts.campaigns.load(), parts.ceilings)
        self.grants = Grants(self.ledger, self._enter, lines, parts.billing_life_s, parts.monotonic)
        self.notices = Notices(self.ledger, self._enter, lines)
        self.paces = Paces(self.ledger, self.grants)
        self.workers = Workers()
        self._watch = ClockWatch(parts.clock, parts.monotonic)
        self._prune_at = parts.monotonic() + PRUNE_S
        self._arms_at = 0.0
        self._desk = Desk(
            clock=parts.clock,
            ledger=self.ledger,
            commits=self.commits,
            grants=self.grants,
            notices=self.notices,
            installs=Installs(self.ledger, self._enter),
            paces=self.paces,
            people=PeopleKeeper(parts.people, parts.audiences, parts.clock),
            workers=self.workers,
            reload=self.reload,
        )
        self.grants.close_all(parts.clock.now())

    async def serve(self, stopping: asyncio.Event) -> None:
        """Serve until told to stop; all that was acknowledged is durable then."""
        socket = self._parts.socket
        socket.unlink(missing_ok=True)  # a predecessor's: the ledger's lock says that it is gone
        committing = asyncio.create_task(self.commits.run())
        ticking = asyncio.create_task(self._tick())
        for task in (committing, ticking):
            task.add_done_callback(
                lambda _: stopping.set()
            )  # a bug: better restarted than half alive
        server = await asyncio.start_unix_server(self._connected, str(socket))
        socket.chmod(0o600)
        _log.info("owner_ready", socket=str(socket), pid=os.getpid())
        await stopping.wait()
        server.close()
        failed = [task for task in (committing, ticking) if task.done()]
        ticking.cancel()
        self.workers.hang_up()
        self.commits.stop()
        await asyncio.gather(committing, ticking, return_exceptions=True)
        self._parts.store.close()
        self._parts.events.close()
        socket.unlink(missing_ok=True)
        for task in failed:
            task.result()  # raises what ended it

    async def reload(self) -> None:
        """Load the catalog again. Raises `InvalidConfig`; then the old one stays."""
        loop = asyncio.get_running_loop()
        catalog = await loop.run_in_executor(None, self._parts.campaigns.load)
        self.grants.lines = self.notices.lines = Lines(catalog, self._parts.ceilings)
        _log.info("owner_reloaded", line_items=len(self.grants.lines.chains))

    def _enter(self, entry: AnyEntry) -> None:
        self.ledger.apply(entry)
        self.commits.enter(entry)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await Connection(self._desk, writer).serve(reader)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(SECOND)
            before_s, by_s = self._watch.step()
            now_s = self._parts.clock.now()
            if by_s:
                self._prune_at = self._parts.monotonic() + WARY_S
                self.grants.clock_set(now_s, by_s)
                self.notices.set_forward.note(before_s, by_s)
            self.workers.tell_trouble(self.commits.failing)
            for connection in list(self.workers.by_lease.values()):
                connection.grant_waiting()
            changed = self.paces.step(now_s)
            if changed:
                self.workers.tell_paces(changed)
            self._tell_arms(now_s)
            self.grants.expire(now_s)
            if self._parts.monotonic() >= self._prune_at:
                self._prune_at = self._parts.monotonic() + PRUNE_S
                self.ledger.prune(now_s)

    def _tell_arms(self, now_s: float) -> None:
        """Tell what rotations learn from, every few seconds: a click more or less changes little."""
        arms = self.ledger.arms
        if arms.changed and self._parts.monotonic() >= self._arms_at:
            self._arms_at = self._parts.monotonic() + ARMS_S
            self.workers.tell_arms({each: arms.of(each, now_s) for each in arms.changed})
            arms.changed.clear()


def run(parts: OwnerParts) -> None:
    """Be the owner until SIGTERM or SIGINT; SIGHUP loads the catalog again.

    Raises `InvalidConfig` or `Unavailable` if it cannot begin.
    """
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_main(parts))


async def _main(parts: OwnerParts) -> None:
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
    await service.serve(stopping)
