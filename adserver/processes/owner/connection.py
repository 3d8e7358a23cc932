"""One worker's (or one command's) line to the owner."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass

import structlog
from prometheus_client import generate_latest

from adserver.background.protocol import (
    Ask,
    Broken,
    Contact,
    Correct,
    Corrected,
    Events,
    Failed,
    FromOwner,
    FromWorker,
    Grant,
    Hello,
    Paces,
    Query,
    Recall,
    Record,
    Recorded,
    Reload,
    Report,
    Resolved,
    Return,
    Scrape,
    Scraped,
    Trouble,
    Welcome,
    frame,
    from_worker,
    messages,
)
from adserver.domain.ledger import Ledger
from adserver.domain.money import Nanos
from adserver.domain.notice import Conversion, Notice
from adserver.domain.validity import Correction
from adserver.errors import InvalidConfig, Unavailable
from adserver.metrics import REGISTRY
from adserver.ports import Clock
from adserver.processes.owner.commits import Commits
from adserver.processes.owner.grants import Grants
from adserver.processes.owner.notices import Notices, Outcome
from adserver.processes.owner.paces import Paces as PaceKeeper
from adserver.processes.owner.reports import invalid_rows, report

MAX_UNREAD_BYTES = 64 << 20
"""A worker that reads nothing for so long is as good as gone."""
RECALL_S = 5.0
"""A pot is asked back no more often than this: halves of halves are not worth the journal."""

_log = structlog.get_logger()


@dataclass(frozen=True)
class Desk:
    """What all connections work with."""

    clock: Clock
    ledger: Ledger
    commits: Commits
    grants: Grants
    notices: Notices
    paces: PaceKeeper
    workers: "Workers"
    reload: Callable[[], Awaitable[None]]


class Connection:
    """Answers one other end; money and facts only after its `Hello`."""

    def __init__(self, desk: Desk, writer: asyncio.StreamWriter) -> None:
        self.lease = 0
        self.alive = True
        self._desk = desk
        self._writer = writer
        self._waiting: dict[int, Nanos] = {}
        """By key: what it asked for and could not get yet."""
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader) -> None:
        """Answer until the other end hangs up."""
        try:
            async for message in messages(reader, from_worker):
                if not self.alive:
                    break
                self._take(message)
        except (OSError, Broken) as error:
            _log.warning("worker_line_broke", lease=self.lease, error=str(error))
        finally:
            self.hang_up()
            if self._desk.workers.leave(self):
                self._desk.grants.close(self.lease, self._desk.clock.now())

    def send(self, message: FromOwner) -> None:
        """Queue a message; whoever does not read is cut off."""
        if not self.alive:
            return
        self._writer.write(frame(message))
        if self._writer.transport.get_write_buffer_size() > MAX_UNREAD_BYTES:
            _log.error("worker_reads_nothing", lease=self.lease)
            self.hang_up()

    def hang_up(self) -> None:
        """Close the line; what is still to be read is not."""
        self.alive = False
        self._writer.close()

    def grant_waiting(self) -> None:
        """Try again what could not be granted before."""
        if self._waiting:
            self._grant(tuple(self._waiting.items()))

    def _take(self, message: FromWorker) -> None:
        match message:
            case Record(request, fact):
                self._record(request, fact)
            case Events(lines):
                self._desk.commits.droppable(lines)
            case Ask(wants):
                self._grant(wants)
            case Return(amounts):
                self._give_back(amounts)
            case Hello():
                self._welcome(message)
            case Query(request):
                self._report(request)
            case Correct():
                self._correct(message)
            case Scrape(request):
                self.send(Scraped(request, generate_latest(REGISTRY)))
            case Reload(request):
                task = asyncio.create_task(self._reload(request))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    def _give_back(self, amounts: Iterable[tuple[int, Nanos]]) -> None:
        for pot, amount in amounts:
            self._desk.grants.give_back(self.lease, pot, amount)

    def _welcome(self, hello: Hello) -> None:
        desk = self._desk
        before = desk.workers.by_lease.pop(hello.lease, None)
        if before is not None:
            before.hang_up()
        self.lease, resolved = desk.grants.resume(hello, self._desk.clock.now())
        desk.workers.by_lease[self.lease] = self
        paces = desk.paces.current()
        _log.info("worker_joined", slot=hello.slot, pid=hello.pid, lease=self.lease)

        def welcome() -> None:
            self.send(Welcome(self.lease))
            if resolved:
                self.send(Resolved(resolved))
            if paces:
                self.send(Paces(paces))
            if desk.workers.trouble:
                self.send(Trouble(desk.workers.trouble))

        desk.commits.then(welcome)

    def _grant(self, wants: tuple[tuple[int, Nanos], ...]) -> None:
        desk, now_s = self._desk, self._desk.clock.now()
        if not self.lease or desk.commits.failing:
            self._waiting.update(wants)
            return
        found = []
        for key, want in wants:
            grant = desk.grants.grant(self.lease, key, want, len(desk.workers.by_lease), now_s)
            if grant is None:
                self._waiting[key] = want
            else:
                self._waiting.pop(key, None)
                found.append((key, *grant))
        if found:
            desk.commits.then(lambda: self.send(Grant(tuple(found))))
        if self._waiting and len(desk.workers.by_lease) > 1:
            desk.workers.recall(self.lease, desk.grants.scarce(self._waiting, now_s), now_s)

    def _record(self, request: int, fact: Notice | Conversion) -> None:
        desk = self._desk
        if desk.commits.failing:
            self.send(Failed(request, desk.commits.failing))
            return
        try:
            if isinstance(fact, Notice):
                outcome = desk.notices.notice(fact, self._desk.clock.now())
            else:
                outcome = desk.notices.conversion(fact, desk.commits.touches)
        except Unavailable as error:  # the contacts, when an order is to be credited
            self.send(Failed(request, str(error)))
            return
        if outcome.line:
            desk.commits.line(outcome.line)
        if outcome.touch is not None:
            desk.commits.touch(*outcome.touch)
        desk.commits.then(lambda: desk.workers.tell_outcome(outcome))
        desk.commits.acknowledge(
            lambda failure: self.send(
                Failed(request, failure) if failure else Recorded(request, outcome.first)
            )
        )

    def _correct(self, asked: Correct) -> None:
        desk = self._desk
        if desk.commits.failing:
            self.send(Failed(asked.request, desk.commits.failing))
            return
        correction = Correction(
            asked.rule, asked.start_s, asked.end_s, asked.valid, int(desk.clock.now())
        )
        desk.commits.line(desk.notices.correct(correction))
        rows = invalid_rows(desk.ledger.marks, correction)
        desk.commits.acknowledge(
            lambda failure: self.send(
                Failed(asked.request, failure) if failure else Corrected(asked.request, rows)
            )
        )

    async def _reload(self, request: int) -> None:
        try:
            await self._desk.reload()
        except (InvalidConfig, Unavailable) as error:
            self.send(Failed(request, str(error)))
        else:
            self.send(Report(request))

    def _report(self, request: int) -> None:
        desk, now_s = self._desk, self._desk.clock.now()
        self.send(
            Report(
                request,
                report(desk.ledger, desk.grants.lines, desk.paces, now_s),
                desk.ledger.quarantined,
                desk.commits.events_dropped,
                desk.commits.failing,
                invalid_rows(desk.ledger.marks),
            )
        )


class Workers:
    """Who is connected, by lease, and what all of them are told."""

    def __init__(self) -> None:
        self.by_lease: dict[int, Connection] = {}
        self.trouble = ""
        """What they were told last of why nothing can be made durable."""
        self._recalled: dict[int, float] = {}

    def leave(self, connection: Connection) -> bool:
        """Forget a worker; tell whether it was one, and not followed by itself already."""
        if self.by_lease.get(connection.lease) is not connection:
            return False
        del self.by_lease[connection.lease]
        return True

    def tell_outcome(self, outcome: Outcome) -> None:
        """Tell the lease's worker what became of a bid, and everybody of the contact."""
        if outcome.resolved is not None:
            lease, bid, charged = outcome.resolved
            holder = self.by_lease.get(lease)
            if holder is not None:
                holder.send(Resolved(((bid, charged),)))
        if outcome.touch is not None and outcome.touch[1].kind == "impression":
            self._tell(Contact((outcome.touch,)))

    def tell_paces(self, multipliers: Mapping[int, float]) -> None:
        """Tell everybody how much to hold back."""
        self._tell(Paces(dict(multipliers)))

    def tell_trouble(self, problem: str) -> None:
        """Tell everybody that nothing can be made durable, or that it can again; once per change."""
        if problem != self.trouble:
            self.trouble = problem
            self._tell(Trouble(problem))

    def recall(self, asker: int, pots: Iterable[tuple[int, int]], now_s: float) -> None:
        """Ask the others for what the asker cannot get: pairs of pot and lease that has much of it."""
        for pot, lease in pots:
            holder = self.by_lease.get(lease)
            ago_s = now_s - self._recalled.get(pot, 0.0)
            if lease != asker and holder is not None and not 0 <= ago_s < RECALL_S:
                self._recalled[pot] = now_s
                holder.send(Recall((pot,)))

    def hang_up(self) -> None:
        """Close all lines."""
        for connection in list(self.by_lease.values()):
            connection.hang_up()

    def _tell(self, message: FromOwner) -> None:
        for connection in list(self.by_lease.values()):
            connection.send(message)
