"""The HTTP server: aiohttp's low-level one, with deadlines and limits for who is slow, idle or greedy."""

import asyncio
import time
from enum import StrEnum
from typing import Any, cast

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.http_parser import RawRequestMessage
from aiohttp.streams import EMPTY_PAYLOAD, StreamReader
from aiohttp.web_protocol import RequestHandler

from adserver.config import Http
from adserver.endpoints.admission import Admission
from adserver.endpoints.routes import Site
from adserver.metrics import CONNECTIONS_CUT, OPEN_CONNECTIONS, QUEUE_SECONDS
from adserver.openrtb.codec import MAX_BODY_BYTES

SWEEP_S = 0.25
"""How often all connections are looked at: one timer for all costs less than one for each."""
SLICE = 500
"""So many connections are looked at before requests have their turn."""
MAX_HEADER_BYTES = 16_384
LATER_S = 10.0
"""aiohttp's own limit to idling is so much later than ours, which counts."""


class Cut(StrEnum):
    """Why a connection was cut."""

    HEADER_TIMEOUT = "header_timeout"  # a head began and did not end in time
    BODY_TIMEOUT = "body_timeout"  # a head came, its body did not follow in time
    UNREAD = "unread"  # the other side does not take its answers
    IDLE = "idle"  # nothing was asked for long
    TOO_MANY = "too_many"  # more connections than the worker may have


class Connection(RequestHandler):
    """One client's line. All that a request costs here is to note when its bytes came."""

    __slots__ = (
        "_body",
        "_line",
        "_partial",
        "_requests",
        "_server",
        "_since_s",
        "_state",
        "arrived_s",
    )

    def __init__(self, server: "HttpServer", **settings: Any) -> None:
        super().__init__(server, **settings)
        self._server = server
        self._line: asyncio.Transport | None = None
        self.arrived_s = 0.0
        """The earliest moment at which the newest bytes can have come, by the monotonic clock."""
        self._body: StreamReader = EMPTY_PAYLOAD
        self._partial = False
        """Set while a head has begun and not ended."""
        # What the last sweep saw, and since when it has been so.
        self._requests = -1
        self._state = Cut.IDLE
        self._since_s = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, unless there are too many already."""
        self._line = cast(asyncio.Transport, transport)  # uvloop's is no subclass
        if self._server.is_full():
            CUTS[Cut.TOO_MANY].inc()
            self._line.abort()
            return
        # uvloop sends what is below the mark only when it has run all that is ready: an answer would wait
        # until the last of those that came with it is decided, and be late though it was written in time.
        self._line.set_write_buffer_limits(high=0)
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """Parse, and remember whether that left something unfinished."""
        if not data:  # aiohttp itself, going on with what it had put off
            super().data_received(data)
            return
        self.arrived_s = self._server.admission.arrival()
        known = self._request_count
        of_body = not self._body.is_eof()
        super().data_received(data)
        if self._request_count != known:
            self._partial = False
            self._body = self._messages[-1][1]
        elif not of_body:
            self._partial = True

    def overdue(self, now: float) -> Cut | None:
        """Return why this connection must be cut now, if it must."""
        line = self._line
        if line is None:
            return None
        if line.get_write_buffer_size():
            state = Cut.UNREAD
        elif not self._body.is_eof():
            state = Cut.BODY_TIMEOUT
        elif self._partial:
            state = Cut.HEADER_TIMEOUT
        else:
            state = Cut.IDLE
        if state is not self._state or self._requests != self._request_count:
            self._state, self._requests, self._since_s = state, self._request_count, now
            return None
        return state if now - self._since_s >= self._server.limits[state] else None

    def cut(self) -> None:
        """End it at once, without waiting until the other side has taken what is written."""
        if self._line is not None:
            self._line.abort()


class HttpServer(web.Server):
    """Makes connections, knows which are open, and sweeps them."""

    def __init__(self, site: Site, admission: Admission, http: Http, **settings: Any) -> None:
        """Serve a site within the limits of the settings."""
        super().__init__(
            site,
            request_factory=self._request,
            access_log=None,
            auto_decompress=False,  # a bomb is inflated by us, with a bound
            keepalive_timeout=http.idle_timeout_s + LATER_S,
            lingering_time=http.body_timeout_ms / 1_000,
            max_line_size=MAX_HEADER_BYTES,
            max_field_size=MAX_HEADER_BYTES,
            **settings,
        )
        self.admission = admission
        self.limits = {
            Cut.HEADER_TIMEOUT: http.header_timeout_ms / 1_000,
            Cut.BODY_TIMEOUT: http.body_timeout_ms / 1_000,
            Cut.UNREAD: http.body_timeout_ms / 1_000,
            Cut.IDLE: http.idle_timeout_s,
        }
        """Seconds that each state may last."""
        self._most = http.max_connections
        self._open: set[Connection] = set()

    def __call__(self) -> Connection:
        """Make what will be a connection; the event loop calls it."""
        return Connection(self, loop=self._loop, **self._kwargs)

    def is_full(self) -> bool:
        """Tell whether there are as many connections as there may be."""
        return len(self._open) >= self._most

    def connection_made(self, handler: RequestHandler, transport: asyncio.Transport) -> None:
        """Count one more."""
        super().connection_made(handler, transport)
        self._open.add(cast(Connection, handler))  # `__call__` makes no other

    def connection_lost(self, handler: RequestHandler, exc: BaseException | None = None) -> None:
        """Count one less."""
        super().connection_lost(handler, exc)
        self._open.discard(cast(Connection, handler))

    async def sweep(self) -> None:
        """Cut what is overdue, for ever, and keep the gauges."""
        while True:
            await asyncio.sleep(SWEEP_S)
            for number, connection in enumerate(tuple(self._open), 1):
                why = connection.overdue(time.monotonic())
                if why is not None:
                    CUTS[why].inc()
                    connection.cut()
                if number % SLICE == 0:
                    await asyncio.sleep(0)
            OPEN_CONNECTIONS.set(len(self._open))
            QUEUE_SECONDS.set(self.admission.longest_wait())

    def _request(
        self,
        message: RawRequestMessage,
        payload: StreamReader,
        protocol: RequestHandler,
        writer: AbstractStreamWriter,
        task: "asyncio.Task[None]",
    ) -> web.BaseRequest:
        """Make a request whose body ends at our limit, however it is framed."""
        return web.BaseRequest(
            message, payload, protocol, writer, task, self._loop, client_max_size=MAX_BODY_BYTES
        )


CUTS = {why: CONNECTIONS_CUT.labels(why.value) for why in Cut}
