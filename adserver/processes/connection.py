"""One client's line: its requests are answered one after the other, and replies go out in their order."""

import asyncio
from collections.abc import Callable, Coroutine
from enum import StrEnum
from typing import Any, Protocol, cast

import structlog

from adserver.endpoints.admission import Admission
from adserver.endpoints.messages import Reply, Request, on_the_wire
from adserver.endpoints.routes import Answer
from adserver.metrics import CONNECTIONS_CUT
from adserver.processes.request_reader import RequestReader, Stage

LARGE_BYTES = 65_536
"""Who sends so much at once is read on only when that is dealt with."""
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_FAILED = Reply(500)
_log = structlog.get_logger()


class Cut(StrEnum):
    """Why a connection was cut."""

    HEADER_TIMEOUT = "header_timeout"  # a head began and did not end in time
    BODY_TIMEOUT = "body_timeout"  # a head came, its body did not follow in time
    UNREAD = "unread"  # the other side does not take its answers
    IDLE = "idle"  # nothing was asked for long
    TOO_MANY = "too_many"  # more connections than the worker may have


CUTS = {why: CONNECTIONS_CUT.labels(why.value) for why in Cut}
_WAITS_FOR = {
    Stage.NOTHING: Cut.IDLE,
    Stage.HEAD: Cut.HEADER_TIMEOUT,
    Stage.BODY: Cut.BODY_TIMEOUT,
}


class Server(Protocol):
    """What a connection needs to know of the server."""

    site: Callable[[Request], Answer]
    admission: Admission
    draining: bool
    date: bytes
    """The header line."""

    def admit(self, connection: "Connection") -> bool:
        """Tell whether there is room for one more."""

    def watch(self, connection: "Connection") -> None:
        """Look at it often until nothing is unfinished."""

    def enqueue(self, connection: "Connection") -> None:
        """Have `take` do `answer`, `confirm` and `send` soon."""

    def forget(self, connection: "Connection") -> None:
        """Take back the room."""


class Connection(asyncio.Protocol):
    """Has what a reader finds answered, and writes the replies."""

    __slots__ = (
        "_blocked",
        "_bodiless",
        "_counted",
        "_ended",
        "_line",
        "_paused",
        "_queued",
        "_reader",
        "_received",
        "_reply",
        "_server",
        "_since_s",
        "_state",
        "_task",
    )

    def __init__(self, server: Server) -> None:
        self._server = server
        self._line: asyncio.Transport | None = None
        self._reader = RequestReader()
        self._received: list[tuple[bytes, float]] = []
        """Bytes that wait for our turn, and the earliest moment at which they can have come."""
        self._ended = False
        """Set when they will send no more."""
        self._queued = False
        """Set while the server knows that it is our turn."""
        self._reply: Reply | None = None
        """What is decided and not sent."""
        self._bodiless = False
        self._task: asyncio.Task[None] | None = None
        """The request that is being answered by somebody who must wait."""
        self._paused = False
        """Set while we do not read: they sent more than we have answered."""
        self._blocked = False
        """Set while we do not answer: they do not take what is written."""
        # What the last sweep saw, and since when it has been so.
        self._counted = -1
        self._state: Cut | None = None
        self._since_s = 0.0

    @property
    def is_busy(self) -> bool:
        """Whether a request is under way, or a reply."""
        return self._owes or self._reader.stage is not Stage.NOTHING

    @property
    def is_unfinished(self) -> bool:
        """Whether they have begun something that may take only seconds."""
        reader = self._reader
        return reader.over or reader.stage is not Stage.NOTHING or self._blocked

    @property
    def _owes(self) -> bool:
        return self._queued or self._task is not None or bool(self._reader.found)

    # What the event loop says.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, unless there are too many already."""
        line = cast(asyncio.Transport, transport)  # uvloop's is no subclass
        if not self._server.admit(self):
            CUTS[Cut.TOO_MANY].inc()
            line.abort()
            return
        self._line = line
        peer = line.get_extra_info("peername")
        self._reader.peer = peer[0] if isinstance(peer, tuple) else ""
        # uvloop sends what is below the mark only when it has run all that is ready: an answer would wait
        # until the last of those that came with it is decided, and be late though it was written in time.
        line.set_write_buffer_limits(high=0)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the line; what is being recorded goes on."""
        self._line = None
        self._reader.leave()
        self._server.forget(self)

    def data_received(self, data: bytes) -> None:
        """Keep it until our turn comes; who sends again before that, or very much, is read no further."""
        if self._received or len(data) >= LARGE_BYTES:
            self._pause()
        self._received.append((data, self._server.admission.arrival()))
        self._enqueue()

    def eof_received(self) -> bool:
        """Keep the line only for replies that are owed."""
        self._ended = True
        self._enqueue()
        return True

    def pause_writing(self) -> None:
        """Answer nothing more until they read."""
        self._blocked = True
        self._server.watch(self)

    def resume_writing(self) -> None:
        """Go on answering."""
        self._blocked = False
        if self._reader.found:
            self._enqueue()

    # Our turn: three steps, each for several connections before the next.

    def take(self, step: "Callable[[Connection], None]") -> None:
        """Take a step: a bug there ends this connection, and must not cost the others their answers."""
        try:
            step(self)
        except Exception:  # noqa: BLE001 - the edge
            _log.exception("http_failed")
            self.cut()

    def answer(self) -> None:
        """Read what came, and decide on whoever waits longest."""
        self._queued = False
        reader = self._reader
        for data, arrived_s in self._received:
            reader.feed(data, arrived_s)
        self._received.clear()
        if self._ended:
            reader.over = True
            if not self._owes:
                self.close()
        if self.is_unfinished:
            self._server.watch(self)
        if reader.found and self._task is None and not self._blocked and self._line is not None:
            self._decide(reader.found.popleft())
        self._flow()
        if reader.is_expected and not self._owes and self._line is not None:
            reader.is_expected = False
            self._line.write(_CONTINUE)

    def confirm(self) -> None:
        """Give whoever answered a last word: now it will be sent, or it cannot be."""
        reply = self._reply
        if reply is not None and reply.confirm is not None:
            possible = self._line is not None and not self._line.is_closing()
            self._reply = reply.confirm(possible) or reply

    def send(self) -> None:
        """Write the reply, and end the line or go on with the next."""
        line, reader, server, reply = self._line, self._reader, self._server, self._reply
        self._reply = None
        if reply is None or line is None or line.is_closing():
            return
        close = reply.close or server.draining or (reader.over and not reader.found)
        line.write(on_the_wire(reply, server.date, bodiless=self._bodiless, close=close))
        if close:
            reader.over = True
            server.watch(self)
            reader.found.clear()
            if reader.refused:
                line.write_eof()  # to close with bytes unread would take the reply back (RFC 9112, 9.6)
            else:
                line.close()
        elif reader.found:
            self._enqueue()
        else:
            self._flow()

    # What the server's sweep asks.

    def overdue(self, now: float, limits: dict[Cut, float]) -> Cut | None:
        """Return why this connection must be cut now, if it must; `limits` are seconds that a state may last."""
        line = self._line
        if line is None:
            return None
        reader = self._reader
        state: Cut | None = _WAITS_FOR[reader.stage]
        if line.get_write_buffer_size():
            state = Cut.UNREAD
        elif self._task is not None:
            state = None  # it is we who are slow
        elif reader.over:
            state = Cut.UNREAD  # the last reply is on its way, and they do not hang up
        if state is not self._state or self._counted != reader.count:
            self._state, self._counted, self._since_s = state, reader.count, now
            return None
        return None if state is None or now - self._since_s < limits[state] else state

    def cut(self) -> None:
        """End it at once, without waiting until the other side has taken what is written."""
        if self._line is not None:
            self._line.abort()

    def close(self) -> None:
        """End it when what is written has gone out."""
        if self._line is not None:
            self._line.close()

    def _enqueue(self) -> None:
        if not self._queued:
            self._queued = True
            self._server.enqueue(self)

    def _decide(self, asked: Request | Reply) -> None:
        if isinstance(asked, Reply):  # a refusal whose turn has come
            self._bodiless, self._reply = False, asked
            return
        self._bodiless = asked.method == "HEAD"
        try:
            answer = self._server.site(asked)
        except Exception:  # noqa: BLE001 - the edge: nothing was promised yet, so that whoever asked can be told
            _log.exception("http_failed")
            answer = _FAILED
        if isinstance(answer, Reply):
            self._reply = answer
        else:
            self._task = asyncio.create_task(self._wait(answer))

    async def _wait(self, answer: Coroutine[Any, Any, Reply]) -> None:
        try:
            self._reply = await answer
        except Exception:  # noqa: BLE001 - as in `_decide`
            _log.exception("http_failed")
            self._reply = _FAILED
        self._task = None
        self.take(Connection.confirm)
        self.take(Connection.send)

    def _flow(self) -> None:
        """Read on only when what came is answered."""
        if self._reader.found:
            self._pause()
        elif self._paused and self._line is not None:
            self._paused = False
            self._line.resume_reading()

    def _pause(self) -> None:
        if self._line is not None and not self._paused:
            self._paused = True
            self._line.pause_reading()
