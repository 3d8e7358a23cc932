"""The public port: makes connections, knows which are open, cuts who is slow, idle or greedy."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from email.utils import formatdate

from adserver.config import Http
from adserver.endpoints.admission import Admission
from adserver.endpoints.messages import Request
from adserver.endpoints.routes import Answer
from adserver.metrics import OPEN_CONNECTIONS, QUEUE_SECONDS
from adserver.processes.connection import CUTS, Connection, Cut

SWEEP_S = 0.25
"""How often all connections are looked at: one timer for all costs less than one for each."""
ROUND_S = 10.0
"""Silent connections are looked at so often, or oftener if they may not be silent for long."""
SLICE = 100
"""So many connections are looked at before requests have their turn."""
LOOK_S = 0.025
TURN = 8
"""So many requests are answered at a time. To change between them and the kernel's network code is dear: what each
needs in the processor's caches drives out the other's. Eight together save a quarter of the time (`make bench`).
"""
TURN_S = 0.001
"""No further one is begun after so long: who is decided waits for the others before it is sent."""


class HttpServer:
    """A factory of connections for whoever accepts them."""

    def __init__(
        self,
        site: Callable[[Request], Answer],
        admission: Admission,
        http: Http,
        ended: Callable[[], None] = lambda: None,
    ) -> None:
        """Serve a site within the limits of the settings; `ended` is called for each connection that has."""
        self.site = site
        self.admission = admission
        self.draining = False
        """When set, every reply asks for a new connection, which another worker will take."""
        self.date = _date()
        self.connections: set[Connection] = set()
        self._ended = ended
        self._due: deque[Connection] = deque()
        self._watched: set[Connection] = set()
        self._limits = {
            Cut.HEADER_TIMEOUT: http.header_timeout_ms / 1_000,
            Cut.BODY_TIMEOUT: http.body_timeout_ms / 1_000,
            Cut.UNREAD: http.body_timeout_ms / 1_000,
            Cut.IDLE: http.idle_timeout_s,
        }
        self._most = http.max_connections
        self._sweeps = max(1, int(min(ROUND_S, http.idle_timeout_s / 4) / SWEEP_S))
        """In so many sweeps every silent connection has been looked at."""

    def __call__(self) -> Connection:
        """Make what will be a connection; the event loop calls it."""
        return Connection(self)

    def admit(self, connection: Connection) -> bool:
        """Take a connection in, unless there are as many as there may be."""
        if len(self.connections) >= self._most:
            return False
        self.connections.add(connection)
        return True

    def forget(self, connection: Connection) -> None:
        """Let go of a connection that has ended."""
        self.connections.discard(connection)
        self._watched.discard(connection)
        self._ended()

    def watch(self, connection: Connection) -> None:
        """Look at a connection in every sweep until nothing is unfinished."""
        self._watched.add(connection)

    def enqueue(self, connection: Connection) -> None:
        """Have a connection's turn come, after those who wait already."""
        if not self._due:
            asyncio.get_running_loop().call_soon(self._turn)
        self._due.append(connection)

    def _turn(self) -> None:
        """Answer the next few: first all is decided, then all is confirmed, then all is sent."""
        due = self._due
        now: list[Connection] = []
        until = time.monotonic() + TURN_S
        while due and len(now) < TURN:
            now.append(due.popleft())
            now[-1].take(Connection.answer)
            if time.monotonic() > until:
                break
        if due:
            asyncio.get_running_loop().call_soon(self._turn)
        for connection in now:
            connection.take(Connection.confirm)
        for connection in now:
            connection.take(Connection.send)

    async def sweep(self) -> None:
        """Cut what is overdue, for ever, and keep the date and the gauges.

        Whoever has begun something is looked at each time; of the silent, who are many, a part.
        """
        silent: list[Connection] = []
        part = 0
        while True:
            await asyncio.sleep(SWEEP_S)
            self.date = _date()
            if not silent:
                silent = list(self.connections)
                part = max(1, -(-len(silent) // self._sweeps))
            turn = {*self._watched, *silent[-part:]}
            del silent[-part:]
            for number, connection in enumerate(turn, 1):
                self._look(connection)
                if number % SLICE == 0:
                    await asyncio.sleep(0)
            OPEN_CONNECTIONS.set(len(self.connections))
            QUEUE_SECONDS.set(self.admission.longest_wait())

    def _look(self, connection: Connection) -> None:
        why = connection.overdue(time.monotonic(), self._limits)
        if why is not None:
            CUTS[why].inc()
            connection.cut()
        elif not connection.is_unfinished:
            self._watched.discard(connection)

    async def shutdown(self, timeout_s: float) -> None:
        """End all connections: idle ones now, the others when they have their replies, or after the time."""
        self.draining = True
        until = time.monotonic() + timeout_s
        while self.connections and time.monotonic() < until:
            for connection in tuple(self.connections):
                if not connection.is_busy:
                    connection.close()
            await asyncio.sleep(LOOK_S)
        for connection in tuple(self.connections):
            connection.cut()


def _date() -> bytes:
    return f"Date: {formatdate(usegmt=True)}\r\n".encode("ascii")
