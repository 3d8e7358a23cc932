"""The servers of one run, started when they are first asked for: ours of several sizes, and E."""

import http.client
import os
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from adserver.commands.demo.world import free_ports
from loadtest import traffic
from tests.bench.figures import Bench
from tests.bench.serving import Server, prepare

REQUESTS = 2_000
"""The fixed set; it is sent over and over, so its consent strings repeat as those of page views do."""


class Fleet:
    """Servers by size, and the requests that they get."""

    def __init__(self, bench: Bench) -> None:
        """Write the requests; nothing is started."""
        self._bench = bench
        self._servers: dict[str, Server] = {}
        self._stack = ExitStack()
        self.requests = bench.folder / "bids.jsonl"
        self.unsellable = bench.folder / "nobids.jsonl"
        if not self.requests.exists():
            traffic.write(self.requests, REQUESTS)
            traffic.write(self.unsellable, REQUESTS, sellable=False)
        self._probe = self.requests.read_bytes().splitlines()[0]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def ours(self, line_items: int, workers: int = 1) -> Server:
        """Return our server with so many line items and workers."""
        name = f"{line_items}-{workers}"
        if name not in self._servers:
            self._bench.say(f"starting a server with {line_items:,} line items, {workers} workers")
            port, private = free_ports(1), free_ports(workers)
            folder = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self._bench.folder))
            file = prepare(folder / "server", line_items, port, private, workers)
            self._start(
                name,
                ["adserver", "serve", "--as-compiled", "-c", str(file)],
                f"http://127.0.0.1:{port}/openrtb2/demo",
            )
        return self._servers[name]

    def yardstick(self) -> Server:
        """Return E; its answers are as long as ours with 10,000 line items."""
        if "E" not in self._servers:
            lengths = [
                len(body)
                for status, body in ask(
                    self.ours(10_000), self.requests.read_bytes().splitlines()[:200]
                )
                if status == 200
            ]
            port = free_ports(1)
            size = int(statistics.mean(lengths))
            self._start(
                "E", ["tests.bench.canned", str(port), str(size)], f"http://127.0.0.1:{port}/"
            )
        return self._servers["E"]

    def bids(self, server: Server) -> Path:
        """Return the requests of the set that this server bids on: with few line items some get no bid."""
        file = server.log.with_suffix(".bids.jsonl")
        if not file.exists():
            lines = self.requests.read_bytes().splitlines()
            kept = [
                line
                for line, (status, _) in zip(lines, ask(server, lines), strict=True)
                if status == 200
            ]
            file.write_bytes(b"\n".join(kept) + b"\n")
        return file

    def _start(self, name: str, arguments: list[str], url: str) -> None:
        log = Path(tempfile.mkdtemp(prefix="log-", dir=self._bench.folder), f"{name}.log")
        server = Server(arguments, url, log, self._probe)
        self._stack.callback(server.stop)
        self._servers[name] = server


def ask(server: Server, bodies: list[bytes]) -> Iterator[tuple[int, bytes]]:
    """Yield status and body of each answer, one request after the other."""
    parts = urlsplit(server.url)
    line = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    for body in bodies:
        line.request("POST", parts.path, body)
        response = line.getresponse()
        yield response.status, response.read()
    line.close()


@contextmanager
def on_cores(cores: set[int]) -> Iterator[None]:
    """Run this process, and what it starts meanwhile, on these cores only."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
