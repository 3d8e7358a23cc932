"""One worker's (or one command's) line to the owner."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping
from functools import partial
from math import inf
from time import monotonic
from typing import Any

import structlog
from prometheus_client import generate_latest

from adserver.background.money_messages import Amend, Amended, Flow, Release, Released
from adserver.background.people_messages import Choose, Erase, Link, Question, See
from adserver.background.protocol import (
    Ask,
    Broken,
    Correct,
    Corrected,
    Events,
    Failed,
    FromOwner,
    FromWorker,
    Grant,
    Hello,
    Query,
    Record,
    Recorded,
    Reload,
    Renew,
    Renewed,
    Report,
    Return,
    Scrape,
    Scraped,
    frame,
    from_worker,
    messages,
)
from adserver.domain.money import Nanos
from adserver.domain.notice import Conversion, Fact, Notice
from adserver.domain.validity import Correction
from adserver.errors import InvalidConfig, Unavailable
from adserver.metrics import REGISTRY
from adserver.processes.owner.desk import Desk
from adserver.processes.owner.greeting import greeting
from adserver.processes.owner.people import to_forget
from adserver.processes.owner.recounting import counts
from adserver.processes.owner.reports import invalid_rows, report
from adserver.processes.owner.wishes import Wish, Wishes
from adserver.processes.owner.workers import RECALL_MOST_S, RECALL_S

MAX_UNREAD_BYTES = 64 << 20
"""A worker that reads nothing for so long is as good as gone."""

_log = structlog.get_logger()


class Connection:
    """Answers one other end; money and facts only after its `Hello`."""

    def __init__(self, desk: Desk, writer: asyncio.StreamWriter) -> None:
        self.lease = 0
        self.alive = True
        self._desk = desk
        self._writer = writer
        self._wishes = Wishes()
        self._tasks: set[asyncio.Task[None]] = set()
        self._release: Release | None = None
        """What it would let go of in the next turn."""

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
            self._desk.commits.do(self._leave)

    def send(self, message: FromOwner) -> None:
        """Queue a message; whoever does not read is cut off."""
        if not self.alive or self._writer.is_closing():
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
        """Try again what could not be granted before; of very much a part, in turn."""
        self._grant(self._wishes.waiting())

    def _take(self, message: FromWorker) -> None:  # noqa: C901, PLR0912 (one flat case per message)
        match message:
            case Record(request, fact):
                self._later(request, partial(self._record, request, fact))
            case Events(lines):
                self._desk.commits.droppable(lines)
            case Ask(wants, least):
                if self._wishes.ask(wants, least, self._desk.clock.now()):
                    self._desk.commits.do(self._answer)
            case Return(amounts):
                self._desk.commits.do(partial(self._give_back, amounts))
            case Renew(stamp_s):
                if self.lease:
                    self.send(Renewed(stamp_s, self._desk.term_s()))
            case Release():
                if self._release is None:  # one waits for a turn, not one for each second
                    self._desk.commits.do(self._let_go)
                self._release = message
            case Flow():
                self._desk.paces.flowed(self.lease, message, self._desk.clock.now())
            case Hello():
                self._desk.commits.do(partial(self._welcome, message))
            case Query(request):
                self._report(request)
            case Correct(request):
                self._later(request, partial(self._correct, message))
            case Amend(request):
                self._later(request, partial(self._amend, message))
            case Scrape(request):
                self.send(Scraped(request, generate_latest(REGISTRY)))
            case Reload(request):
                self._meanwhile(self._reload(request))
            case Choose() | Erase() | See() | Link():
                self._meanwhile(self._for_person(message))

    def _later(self, request: int, job: Callable[[], None]) -> None:
        """Answer in the next turn, or say at once that there is none."""
        commits = self._desk.commits
        if commits.failing:
            self.send(Failed(request, commits.failing))
        else:
            commits.do(job, lambda why: self.send(Failed(request, why)))

    def _let_go(self) -> None:
        """Charge nothing more to what the worker lets go of, then let it."""
        asked, self._release = self._release, None
        if asked is None or not self.lease or not self.alive:
            return
        until_s = asked.until_s
        self._desk.exposure.release(self.lease, until_s, asked.exposed)
        if until_s:
            self._desk.commits.then(lambda: self.send(Released(until_s)))

    def _leave(self) -> None:
        if self._desk.workers.leave(self):
            self._desk.grants.close(self.lease, self._desk.clock.now())

    def _meanwhile(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _give_back(self, amounts: Iterable[tuple[int, Nanos]]) -> None:
        for pot, amount in amounts:
            self._desk.grants.give_back(self.lease, pot, amount)

    def _welcome(self, hello: Hello) -> None:
        desk = self._desk
        if not self.alive:
            return
        before = desk.workers.by_lease.pop(hello.lease, None)
        if before is not None:
            before.hang_up()
        self.lease, resolved = desk.grants.resume(hello, self._desk.clock.now())
        desk.workers.by_lease[self.lease] = self
        _log.info("worker_joined", slot=hello.slot, pid=hello.pid, lease=self.lease)
        desk.commits.then(partial(self._greet, hello, resolved))

    def _greet(self, hello: Hello, resolved: tuple[tuple[bytes, Nanos], ...]) -> None:
        for message in greeting(self._desk, self.lease, hello, resolved):
            self.send(message)

    def _answer(self) -> None:
        """Grant what is asked for; of very much a part, and the others behind all that waits for a turn by then."""
        self._grant(self._wishes.new())
        if self._wishes.has_new:
            self._desk.commits.do(self._answer)

    def _grant(self, wishes: Mapping[int, Wish]) -> None:
        desk, now_s = self._desk, self._desk.clock.now()
        if not self.lease or not self.alive:
            return
        found = []
        missed: dict[float, set[int]] = {RECALL_S: set(), RECALL_MOST_S: set()}
        for key, wish in wishes.items():
            least = wish.least_at(now_s, desk.grants.rest_s.get(key, -inf))
            grant = desk.grants.grant(self.lease, key, wish.want, now_s, least)
            if grant is None:
                self._wishes.wait(key, wish)
                missed[RECALL_S if least else RECALL_MOST_S].add(key)
            else:
                self._wishes.granted(key)
                found.append((key, *grant))
        if found:
            desk.commits.then(lambda: self.send(Grant(tuple(found))))
        for most_s, keys in missed.items():
            pots = desk.grants.scarce(keys, now_s)
            for pot in desk.workers.recall(self.lease, pots, now_s, most_s):
                desk.grants.want(pot)

    def _record(self, request: int, fact: Fact) -> None:
        desk = self._desk
        try:
            if isinstance(fact, Notice):
                outcome = desk.notices.notice(fact, self._desk.clock.now())
            elif isinstance(fact, Conversion):
                outcome = desk.notices.conversion(fact, desk.commits.touches)
            else:
                outcome = desk.installs.install(fact, desk.notices.lines)
        except Unavailable as error:  # the contacts, when an order is to be credited
            self.send(Failed(request, str(error)))
            return
        if outcome.line:
            desk.commits.line(outcome.line)
        if outcome.touch is not None:
            desk.commits.touch(*outcome.touch)
        if outcome.household is not None:
            desk.commits.touch(*outcome.household)
        if outcome.interest is not None:
            desk.commits.interest(*outcome.interest)
        desk.commits.then(lambda: desk.workers.tell_outcome(outcome))
        if outcome.touch is not None or outcome.household is not None:
            desk.commits.then(partial(counts, fact, monotonic()))
        desk.commits.acknowledge(
            lambda failure: self.send(
                Failed(request, failure) if failure else Recorded(request, outcome.first)
            )
        )

    def _correct(self, asked: Correct) -> None:
        desk = self._desk
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

    def _amend(self, asked: Amend) -> None:
        desk, now_s = self._desk, self._desk.clock.now()
        outcomes = tuple(desk.notices.amend(amendment, now_s) for amendment in asked.amendments)
        desk.commits.acknowledge(
            lambda failure: self.send(
                Failed(asked.request, failure) if failure else Amended(asked.request, outcomes)
            )
        )

    async def _reload(self, request: int) -> None:
        try:
            await self._desk.reload()
        except (InvalidConfig, Unavailable) as error:
            self.send(Failed(request, str(error)))
        else:
            self.send(Report(request))

    async def _for_person(self, question: Question) -> None:
        try:
            answer = await self._desk.people.carry_out(question)
        except Unavailable as error:
            self.send(Failed(question.request, str(error)))
            return
        people = to_forget(question)
        if people:  # told before the person is: with the answer it is true everywhere
            self._desk.workers.tell_to_forget(people)
        self.send(answer)

    def _report(self, request: int) -> None:
        desk, now_s = self._desk, self._desk.clock.now()
        self.send(
            Report(
                request,
                report(desk.ledger, desk.grants.lines, desk.paces, desk.exposure, now_s),
                desk.ledger.quarantined,
                desk.commits.events_dropped,
                desk.commits.failing,
                invalid_rows(desk.ledger.marks),
            )
        )
