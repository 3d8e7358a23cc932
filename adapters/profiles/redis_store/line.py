"""One connection to one Redis node, shared by all look-ups of a worker: answers come in the order of the questions.

That order is all that ties an answer to a question, so a question that nobody waits for any more keeps its place, and
its late answer is thrown away in its turn: it can never be taken for another person's.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from typing import cast

import hiredis
import structlog
from prometheus_client import Counter

from adapters.profiles.redis_store.breaker import Breaker, State
from adapters.profiles.redis_store.wire import Address, Reply, ReplyError, Target, reader
from adserver.errors import Unavailable
from adserver.metrics import PROFILE_STORE_FAILURES, PROFILE_STORE_OPEN

STUCK_S = 1.0
"""A connection on which an answer is overdue for so long is replaced before the next attempt."""
MOVING = ("MOVED", "ASK", "TRYAGAIN")
"""Errors while parts of a cluster change hands: signs of a healthy node."""

_late = PROFILE_STORE_FAILURES.labels("late")
_connection = PROFILE_STORE_FAILURES.labels("connection")
_refused = PROFILE_STORE_FAILURES.labels("refused")
_avoided = PROFILE_STORE_FAILURES.labels("avoided")
_log = structlog.get_logger()


class _Asked:
    """A question under way."""

    __slots__ = ("answer", "counts", "deadline_s")

    def __init__(self, answer: "asyncio.Future[Reply]", deadline_s: float) -> None:
        self.answer = answer
        self.deadline_s = deadline_s
        self.counts = True
        """It has not shown yet how the node does."""


class Line:
    """Connects when first asked, and again after losing the connection; times are those of the event loop."""

    def __init__(
        self, address: Address, target: Target, breaker: Breaker, connect_s: float
    ) -> None:
        self.address = address
        self._target = target
        self._breaker = breaker
        self._connect_s = connect_s
        self._wire: _Wire | None = None
        self._dialling: asyncio.Task[None] | None = None

    def ask(self, command: bytes, deadline_s: float) -> "asyncio.Future[Reply]":
        """Send a command and return its answer to come; the future raises `Unavailable` at the deadline.

        Raises `Unavailable` at once while the node is left alone.
        """
        if not self._breaker.allows():
            _avoided.inc()
            raise Unavailable(f"profiles: {self.address} is left alone for a moment")
        wire = self._wire
        if wire is not None and self._breaker.state is State.TRYING and wire.stuck():
            wire.abort()
        if wire is None or wire.lost:
            wire = self._wire = self._dial()
        return wire.ask(command, deadline_s)

    def close(self) -> None:
        """Hang up."""
        if self._dialling is not None:
            self._dialling.cancel()
        if self._wire is not None:
            self._wire.abort()

    def _dial(self) -> "_Wire":
        loop = asyncio.get_running_loop()
        wire = _Wire(loop, str(self.address), self._target, self._told)
        self._dialling = loop.create_task(self._connect(wire))
        return wire

    async def _connect(self, wire: "_Wire") -> None:
        loop = asyncio.get_running_loop()
        host, port = self.address
        tls = self._target.tls
        try:
            async with asyncio.timeout(self._connect_s):
                if port:
                    await loop.create_connection(lambda: wire, host, port, ssl=tls)
                else:
                    await loop.create_unix_connection(lambda: wire, host)
        except (OSError, TimeoutError) as error:
            wire.connection_lost(error)

    def _told(self, *, good: bool) -> None:
        """Hear how a question ended."""
        before = self._breaker.state
        if good:
            self._breaker.succeeded()
        else:
            self._breaker.failed()
        after = self._breaker.state
        if after is before:
            return
        if before is State.CLOSED:
            PROFILE_STORE_OPEN.inc()
            _log.warning("profile_store_avoided", node=str(self.address))
        elif after is State.CLOSED:
            PROFILE_STORE_OPEN.dec()
            _log.info("profile_store_back", node=str(self.address))


class _Wire(asyncio.Protocol):
    """One connection, from dialling to its end."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, name: str, target: Target, told: Callable[..., None]
    ) -> None:
        self.lost = False
        self._loop = loop
        self._name = name
        self._told = told
        self._reader = reader()
        self._transport: asyncio.WriteTransport | None = None
        self._unsent = [target.opening]
        """What was asked before the connection stood."""
        self._openings = target.openings
        """How many answers to the opening are still to come."""
        self._asked: deque[_Asked] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def ask(self, command: bytes, deadline_s: float) -> "asyncio.Future[Reply]":
        """Send, or keep until the connection stands."""
        answer: asyncio.Future[Reply] = self._loop.create_future()
        self._asked.append(_Asked(answer, deadline_s))
        if self._transport is None:
            self._unsent.append(command)
        else:
            self._transport.write(command)
        if self._timer is None:
            self._timer = self._loop.call_at(deadline_s, self._ring)
        return answer

    def stuck(self) -> bool:
        """Tell whether an answer is overdue for so long that none may ever come."""
        return bool(self._asked) and self._loop.time() > self._asked[0].deadline_s + STUCK_S

    def abort(self) -> None:
        """End it at once: what is on its way will never be read."""
        if self._transport is not None:
            self._transport.abort()
        self.connection_lost(None)

    # --- called by the event loop ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, with all that waits."""
        self._transport = cast("asyncio.WriteTransport", transport)
        if self.lost:  # somebody hung up while it rang
            self._transport.abort()
            return
        unsent = b"".join(self._unsent)
        self._unsent = []
        if unsent:
            self._transport.write(unsent)

    def data_received(self, data: bytes) -> None:
        """Give each answer to the question whose turn it is."""
        try:
            self._reader.feed(data)
            while (reply := self._reader.gets()) is not False:
                self._answer(reply)
        except hiredis.ProtocolError as error:
            self._fail(f"{self._name} does not speak Redis's protocol: {error}")

    def connection_lost(self, exc: Exception | None) -> None:
        """Fail all that waits."""
        self._fail(f"{self._name}: {exc or 'the connection was lost'}")

    def _answer(self, reply: Reply) -> None:
        if self._openings:
            self._openings -= 1
            if isinstance(reply, ReplyError):
                _log.error("profile_store_login", node=self._name, error=str(reply))
                self._fail(f"{self._name} does not let us in: {reply}")
            return
        if not self._asked:
            self._fail(f"{self._name} answered what was not asked")
            return
        asked = self._asked.popleft()
        if asked.counts:
            good = not isinstance(reply, ReplyError) or str(reply).startswith(MOVING)
            if not good:
                _refused.inc()
            self._told(good=good)
        if not asked.answer.done():
            asked.answer.set_result(reply)

    def _fail(self, why: str) -> None:
        if self.lost:
            return
        self.lost = True
        if self._transport is not None:
            self._transport.abort()
        if self._timer is not None:
            self._timer.cancel()
        _give_up(self._asked, why, _connection, self._told)
        self._asked.clear()

    # --- deadlines: one timer for all ---

    def _ring(self) -> None:
        # Two turns of the loop later: an answer that came in time, while the loop was busy, is read in between.
        self._loop.call_soon(self._loop.call_soon, self._sweep)

    def _sweep(self) -> None:
        self._timer = None
        if self.lost:
            return
        now_s = self._loop.time()
        late = [each for each in self._asked if each.counts and each.deadline_s <= now_s]
        _give_up(late, f"{self._name} did not answer in time", _late, self._told)
        waiting = [each.deadline_s for each in self._asked if each.counts]
        if waiting:
            self._timer = self._loop.call_at(min(waiting), self._ring)


def _give_up(
    asked: Iterable[_Asked], why: str, counter: Counter, told: Callable[..., None]
) -> None:
    for each in asked:
        if each.counts:
            each.counts = False
            counter.inc()
            told(good=False)
        if not each.answer.done():
            each.answer.set_exception(Unavailable(f"profiles: {why}"))
