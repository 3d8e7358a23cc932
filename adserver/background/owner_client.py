"""The worker's end of the line to the owner: notices that must arrive, money, and events that may be dropped."""

import asyncio
import os
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import structlog

from adserver.background.contacts import PendingContacts
from adserver.background.event_queue import EventQueue
from adserver.background.flow import FlowCounter
from adserver.background.loud import loud
from adserver.background.money_messages import Released
from adserver.background.people_messages import Counted, Forget
from adserver.background.protocol import (
    Answer,
    Arms,
    Broken,
    Contact,
    Events,
    Failed,
    FromOwner,
    FromWorker,
    Grant,
    Holds,
    Paces,
    Query,
    Recall,
    Record,
    Recorded,
    Renewed,
    Report,
    Resolved,
    Scrape,
    Scraped,
    Trouble,
    Welcome,
    frame,
    from_owner,
    messages,
)
from adserver.background.purse import LeasedPurse
from adserver.background.rounds import Rounds
from adserver.domain.bandit import Arm
from adserver.domain.notice import Fact
from adserver.domain.person import PersonKey
from adserver.errors import Unavailable
from adserver.ports import Clock

ACKNOWLEDGE_S = 2.0
TICK_S = 0.02
BACK_OFF_S = (0.05, 0.1, 0.2, 0.5, 1.0)
TOLERANCE_S = 0.5
"""A worker stops so long before its lease ends: steady clocks of two processes, or machines, do not run alike."""
MAX_UNSENT_BYTES = 16 << 20

_log = structlog.get_logger()


class OwnerClient:
    """An `Owner` and an `EventLog` over the owner's socket; reconnects for ever."""

    def __init__(
        self,
        socket: Path,
        slot: int,
        clock: Clock,
        purse: LeasedPurse,
        contacts: PendingContacts,
        on_forget: Callable[[tuple[PersonKey, ...]], None] = lambda _: None,
        on_arms: Callable[[Mapping[int, Mapping[int, Arm]]], None] = lambda _: None,
        *,
        flow: FlowCounter | None = None,
        on_resolved: Callable[[bytes, int], None] = lambda *_: None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Speak for worker `slot`; nothing happens before `start`."""
        self.lease = 0
        """Our lease, for tickets; 0 before the first welcome."""
        self.trouble = ""
        """Why the owner can make nothing durable now."""
        self._socket = socket
        self._slot = slot
        self._clock = clock
        self._monotonic = monotonic
        self._purse = purse
        self._contacts = contacts
        self._on_forget = on_forget
        self._on_arms = on_arms
        self._on_resolved = on_resolved
        self._rounds = Rounds(self, clock, monotonic, purse, contacts, flow)
        self._line: asyncio.StreamWriter | None = None
        """Open, though perhaps nobody has welcomed us yet."""
        self._writer: asyncio.StreamWriter | None = None
        self._answers: dict[int, asyncio.Future[Answer]] = {}
        self._last_request = 0
        self._events = EventQueue()
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def connected(self) -> bool:
        """Tell whether the owner has welcomed us and the line is up."""
        return self._writer is not None

    async def start(self) -> None:
        """Begin to connect, in the background."""
        self._tasks = [asyncio.create_task(self._stay()), asyncio.create_task(self._tick())]
        for task in self._tasks:
            task.add_done_callback(loud)

    async def stop(self) -> None:
        """Hand back free money, send the last events, and hang up."""
        self._purse.drain()
        self._send_dues()
        for task in self._tasks:
            task.cancel()
        writer = self._writer
        self._part()
        if writer is not None:
            with suppress(OSError, TimeoutError):
                async with asyncio.timeout(ACKNOWLEDGE_S):
                    await writer.drain()
            writer.close()
        for task in self._tasks:
            with suppress(asyncio.CancelledError):
                await task

    async def record(self, fact: Fact) -> bool:
        """Return once the fact is durable; false for a repetition. Raises `Unavailable`."""
        answer = await self.ask(lambda request: Record(request, fact))
        return isinstance(answer, Recorded) and answer.first

    async def report(self) -> Report:
        """Return the state of all line items. Raises `Unavailable`."""
        answer = await self.ask(Query, 10 * ACKNOWLEDGE_S)
        if not isinstance(answer, Report):
            raise Unavailable("the owner mistook a question")
        return answer

    async def scrape(self) -> bytes:
        """Return the owner's metrics as Prometheus text. Raises `Unavailable`."""
        answer = await self.ask(Scrape)
        return answer.text if isinstance(answer, Scraped) else b""

    def write(self, line: bytes) -> None:
        """Queue one JSON object for the event log; dropped and counted when too many wait."""
        self._events.add(line)

    async def ask(
        self, build: Callable[[int], FromWorker], within_s: float = ACKNOWLEDGE_S
    ) -> Answer:
        """Return the owner's answer to the message that `build` makes of its number. Raises `Unavailable`."""
        if self._writer is None or self._writer.is_closing():
            raise Unavailable("no connection to the owner")
        if self._writer.transport.get_write_buffer_size() > MAX_UNSENT_BYTES:
            raise Unavailable("the owner does not keep up")
        self._last_request = request = self._last_request + 1
        answer: asyncio.Future[Answer]
        answer = self._answers[request] = asyncio.get_running_loop().create_future()
        self.send(build(request))
        try:
            async with asyncio.timeout(within_s):
                return await answer
        except TimeoutError as error:
            raise Unavailable(f"the owner did not answer within {within_s} s") from error
        finally:
            self._answers.pop(request, None)

    def send(self, message: FromWorker) -> None:
        """Say something to the owner; without a line it is lost."""
        if self._writer is not None and not self._writer.is_closing():  # a closed one would raise
            self._writer.write(frame(message))

    def begin_anew(self) -> None:
        """Give our lease up, and all that is in it, and come back for a fresh one."""
        self._send_dues()
        self.lease = 0
        line, self._line = self._line, None
        if line is not None:
            line.close()

    async def _stay(self) -> None:
        failures = 0
        while True:
            writer = None
            try:
                reader, writer = await asyncio.open_unix_connection(str(self._socket))
                self._line = writer
                self._purse.suspend()  # what we say must be true when it is answered: no bid beside
                hello = self._purse.hello(self._slot, os.getpid(), self.lease, self._monotonic())
                writer.write(frame(hello))
                async for message in messages(reader, from_owner):
                    if self._line is not writer:
                        break  # what is said to a lease that we gave up
                    self._take(message, writer)
                    failures = 0
                _log.warning("owner_hung_up")
            except (OSError, Broken) as error:
                if failures == 0:
                    _log.warning("owner_unreachable", error=str(error))
            finally:
                self._part()
                if writer is not None:
                    writer.close()
            await asyncio.sleep(BACK_OFF_S[min(failures, len(BACK_OFF_S) - 1)])
            failures += 1

    def _part(self) -> None:
        """The line is down: whoever waits is told, so that the exchange is asked to send again."""
        self._writer = self._line = None
        self._purse.go_on()
        for request in self._answers:
            self._answer(request, Unavailable("the connection to the owner broke"))

    def _answer(self, request: int, answer: Answer | Unavailable) -> None:
        waiting = self._answers.get(request)
        if waiting is not None and not waiting.done():
            if isinstance(answer, Unavailable):
                waiting.set_exception(answer)
            else:
                waiting.set_result(answer)

    def _take(  # noqa: C901, PLR0912 (one flat case per message)
        self, message: FromOwner, writer: asyncio.StreamWriter
    ) -> None:
        now_s = self._clock.now()
        match message:
            case Resolved(bids):
                for bid, charged in bids:
                    self._purse.resolved(bid, charged)
                    self._on_resolved(bid, charged)
                    if not charged:
                        self._contacts.forget(bid)
            case Contact(touches):
                for person, touch in touches:
                    self._contacts.report(person, touch, now_s)
            case Counted(since_s):
                self._contacts.counted_since_s = since_s
            case Grant(grants):
                for key, pot, amount, until_s in grants:
                    self._purse.granted(key, pot, amount, until_s, now_s)
            case Forget(people):
                for person in people:
                    self._contacts.forget_person(person)
                self._on_forget(people)
            case Paces(multipliers):
                self._purse.pace(multipliers)
            case Arms(counts):
                self._on_arms(counts)
            case Trouble(problem):
                self.trouble = problem
            case Recall(pots):
                self._purse.recall(pots, now_s)
            case Renewed(stamp_s, term_s):
                self._purse.renew(stamp_s + term_s - TOLERANCE_S)
            case Released(until_s):
                self._purse.released(until_s)
            case Holds(seconds):
                self._purse.hold_s = seconds
            case Welcome():
                self._welcome(message, writer)
            case Failed(request, text):
                self._answer(request, Unavailable(text))
            case _:
                self._answer(message.request, message)

    def _welcome(self, welcome: Welcome, writer: asyncio.StreamWriter) -> None:
        self._purse.resume(fresh=welcome.lease != self.lease)
        self._purse.ahead_s = welcome.ahead_s
        self._purse.renew(welcome.stamp_s + welcome.term_s - TOLERANCE_S)
        self.lease = welcome.lease
        self.trouble = ""
        self._writer = writer
        _log.info("owner_connected", lease=self.lease)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            self._rounds.step()
            self._send_dues()

    def _send_dues(self) -> None:
        if self._writer is None:
            return
        ask, back = self._purse.dues(self._clock.now())
        if back is not None:
            self.send(back)
        if ask is not None:
            self.send(ask)
        if self._events and self._writer.transport.get_write_buffer_size() < MAX_UNSENT_BYTES:
            self.send(Events(self._events.take()))
