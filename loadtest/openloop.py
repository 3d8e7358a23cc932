"""An open-loop generator: sends when it is time, whatever the server does, and times from that moment."""

import argparse
import asyncio
import gc
import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlsplit

import orjson
import uvloop

from loadtest import traffic
from loadtest.connection import Connection
from loadtest.latency import Latencies
from loadtest.ticker import Ticker
from loadtest.wire import loopback

_BUILT_IN = 1_000


@dataclass(frozen=True)
class Options:
    """One measurement."""

    url: str
    rate: float
    seconds: float
    connections: int = 32
    arrivals: str = "poisson"
    """`poisson` as independent senders make them, or `uniform`."""
    seed: int = 1
    drain_s: float = 5.0
    """How long to wait for what is under way at the end."""


@dataclass
class Report:
    """What was measured. `latency` counts from the intended send, `service` from the actual one."""

    intended: int = 0
    answered: int = 0
    unanswered: int = 0
    """No answer at all; each stands in `latency` with the time until it was given up."""
    queued: int = 0
    """Had to wait because every connection was busy."""
    elapsed_s: float = 0.0
    statuses: Counter[int] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    latency: Latencies = field(default_factory=Latencies)
    service: Latencies = field(default_factory=Latencies)
    late_by: Latencies = field(default_factory=Latencies)
    """How late the generator itself was."""

    def as_dict(self, options: Options) -> dict[str, Any]:
        """Return everything as JSON values."""
        return {
            "target_rate": options.rate,
            "achieved_rate": round(self.answered / self.elapsed_s, 1) if self.elapsed_s else 0.0,
            "seconds": round(self.elapsed_s, 3),
            "connections": options.connections,
            "arrivals": options.arrivals,
            "intended": self.intended,
            "answered": self.answered,
            "unanswered": self.unanswered,
            "queued": self.queued,
            "statuses": {str(status): count for status, count in sorted(self.statuses.items())},
            "errors": dict(self.errors),
            "latency_ms": self.latency.table(),
            "service_ms": self.service.table(),
            "late_by_ms": self.late_by.table(),
        }


async def run(options: Options, bodies: Sequence[bytes]) -> Report:
    """Send the bodies round and round. Raises `NotHere` for addresses elsewhere, `OSError` if nobody listens."""
    loopback(options.url)
    generator = Generator(options, bodies)
    collecting = gc.isenabled()
    gc.disable()  # a collection in the generator would look like a slow server
    try:
        return await generator.run()
    finally:
        if collecting:
            gc.enable()


class Generator:
    """Sends on its own connections; measurements of another course or with other notes override its methods."""

    def __init__(self, options: Options, bodies: Sequence[bytes]) -> None:
        """Prepare all requests; nothing is opened before `run`."""
        self._options = options
        parts = urlsplit(options.url)
        self._address = (parts.hostname or "", parts.port or 80)
        head = (
            f"POST {parts.path or '/'} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
            "Content-Type: application/json\r\nx-openrtb-version: 2.6\r\nContent-Length: "
        )
        self._requests = [f"{head}{len(body)}\r\n\r\n".encode() + body for body in bodies]
        self.report = Report()
        """What was measured so far."""
        self._free: list[Connection] = []
        self._all: set[Connection] = set()
        self._waiting: deque[tuple[float, bytes]] = deque()
        self._reconnecting: set[asyncio.Task[None]] = set()
        self._sending = True
        self._done = asyncio.Event()
        self._bug: BaseException | None = None

    async def run(self) -> Report:
        """Send everything and return what came of it. Raises `OSError` if nobody listens."""
        asyncio.get_running_loop().set_exception_handler(self._fail)
        await asyncio.gather(*(self._connect() for _ in range(self._options.connections)))
        self._ticker = Ticker(self._tick)
        began = time.monotonic() + 0.01
        self._schedule = self.plan(began)
        self._next_s = next(self._schedule, None)
        self._ticker.at(began)
        try:
            async with asyncio.timeout(self._options.seconds + 0.01 + self._options.drain_s):
                await self._done.wait()
        except TimeoutError:
            pass  # what is still under way is counted below
        finally:
            self._ticker.close()
        self.report.elapsed_s = max(time.monotonic() - began, self._options.seconds)
        self._give_up()
        await asyncio.sleep(0)  # lets the transports close
        if self._bug:
            raise self._bug
        return self.report

    def plan(self, began: float) -> Iterator[float]:
        """Yield when to send, by the monotonic clock and rising."""
        return _arrivals(self._options, began)

    def _fail(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """End the run on a bug in a callback, which the event loop would only log."""
        self._bug = context.get("exception") or RuntimeError(context["message"])
        self._done.set()

    def _tick(self) -> None:
        """Send everything whose time has come, then set the clock for the next."""
        now = time.monotonic()
        while self._next_s is not None and self._next_s <= now:
            self.report.late_by.add(now - self._next_s)
            request = self._requests[self.report.intended % len(self._requests)]
            self.report.intended += 1
            if self._free:
                self._free.pop().send(request, self._next_s, now)
            else:
                self.report.queued += 1
                self._waiting.append((self._next_s, request))
            self._next_s = next(self._schedule, None)
            now = time.monotonic()
        if self._next_s is None:
            self._sending = False
            self._finish_if_idle()
        else:
            self._ticker.at(self._next_s)

    def answered(self, connection: Connection, status: int) -> None:
        """Count an answer, and let its connection go on."""
        now = time.monotonic()
        report = self.report
        report.answered += 1
        report.statuses[status] += 1
        report.latency.add(now - connection.intended_s)
        report.service.add(now - connection.sent_s)
        self._hand_out(connection, now)

    def lost(self, connection: Connection, reason: str) -> None:
        """Count what was under way on it, and connect anew."""
        self._all.discard(connection)
        if connection in self._free:
            self._free.remove(connection)
        if self._done.is_set():
            return
        if connection.busy:
            self.report.errors[reason] += 1
            self.unanswered(connection.intended_s)
        task = asyncio.get_running_loop().create_task(self._reconnect())
        self._reconnecting.add(task)
        task.add_done_callback(self._reconnecting.discard)
        self._finish_if_idle()

    def _hand_out(self, connection: Connection, now: float) -> None:
        if connection.leaving:  # what is sent on it now would be lost; `lost` makes another
            self._finish_if_idle()
            return
        if self._waiting:
            intended, request = self._waiting.popleft()
            connection.send(request, intended, now)
            return
        self._free.append(connection)
        self._finish_if_idle()

    def _finish_if_idle(self) -> None:
        if not self._sending and not self._waiting and not any(c.busy for c in self._all):
            self._done.set()

    def unanswered(self, intended_s: float) -> None:
        """Count a request that will have no answer; it was to be sent at `intended_s`."""
        self.report.unanswered += 1
        self.report.latency.add(time.monotonic() - intended_s)

    def _give_up(self) -> None:
        self._done.set()
        for intended, _ in self._waiting:
            self.unanswered(intended)
        for connection in list(self._all):
            if connection.busy:
                self.unanswered(connection.intended_s)
            connection.close()
        for task in self._reconnecting:
            task.cancel()

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(lambda: Connection(self), *self._address)
        self._all.add(connection)
        self._hand_out(connection, time.monotonic())

    async def _reconnect(self) -> None:
        while True:
            try:
                await self._connect()
            except OSError as error:
                self.report.errors[f"connect_{type(error).__name__}"] += 1
                await asyncio.sleep(0.05)
            else:
                return


def _arrivals(options: Options, began: float) -> Iterator[float]:
    if options.arrivals == "uniform":
        yield from (began + n / options.rate for n in range(int(options.rate * options.seconds)))
        return
    dice, at = Random(options.seed), began
    while at < began + options.seconds:
        yield at
        at += dice.expovariate(options.rate)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare this command's options."""
    parser.add_argument("--url", required=True, help="bid endpoint, on this machine")
    parser.add_argument("--rate", type=float, required=True, help="requests per second")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--requests", type=Path, help="bodies, JSON lines; default: a built-in mix")
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--arrivals", choices=("poisson", "uniform"), default="poisson")
    parser.add_argument("--seed", type=int, default=1)


def command(arguments: argparse.Namespace) -> int:
    """Measure and print; exit code 1 if nothing was answered."""
    options = Options(
        arguments.url, arguments.rate, arguments.seconds, arguments.connections,
        arguments.arrivals, arguments.seed,
    )  # fmt: skip
    if options.rate <= 0 or options.seconds <= 0 or options.connections < 1:
        raise ValueError("rate, seconds and connections must be above zero")
    if arguments.requests:
        bodies = [line for line in arguments.requests.read_bytes().splitlines() if line]
    else:
        bodies = traffic.requests(_BUILT_IN, options.seed)
    if not bodies:
        raise ValueError(f"{arguments.requests}: no requests")
    found = uvloop.run(run(options, bodies)).as_dict(options)
    pretty = 0 if arguments.json else orjson.OPT_INDENT_2
    print(orjson.dumps(found, option=pretty).decode())
    return 0 if found["answered"] else 1
