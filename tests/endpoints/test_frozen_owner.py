"""The owner stands still: notices are refused at once, nothing piles up, bids go on, and it is over when it is over."""

import asyncio
import os
import signal
import time
from collections import Counter
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from adserver.endpoints.concurrency import LEAST, ORDINARY_S, STALLED
from tests.endpoints.catalogs import one_banner
from tests.endpoints.conftest import Make
from tests.endpoints.footprint import memory_kb
from tests.endpoints.server import Server, wait
from tests.endpoints.wire import request

LINES = 150
FEW = 50
MOST = 100
FROZEN_S = 1.0
"""After the first have waited as long as a notice waits at most."""
AT_ONCE_S = 0.25
RECOVERED_S = 1.0
GROWN_KB = 16_384


@dataclass
class Flood:
    """Notices on many lines, each line sending the next when it has its answer."""

    port: int
    path: str
    seen: Counter[int] = field(default_factory=Counter)
    slow: int = 0
    """Refusals that took longer than `AT_ONCE_S`."""
    retry_after: int = 0

    async def run(self, seconds: float, lines: int = LINES) -> None:
        """Send for so long."""
        until = time.monotonic() + seconds
        await asyncio.gather(*(self._line(until) for _ in range(lines)))

    async def _line(self, until: float) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            while time.monotonic() < until:
                began = time.monotonic()
                writer.write(f"GET {self.path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
                head = await reader.readuntil(b"\r\n\r\n")
                status = int(head.split(b" ")[1])
                self.seen[status] += 1
                if status == 503:
                    self.slow += time.monotonic() - began > AT_ONCE_S
                    self.retry_after += b"retry-after: 2" in head.lower()
                    await asyncio.sleep(0.05)
        finally:
            writer.close()


def test_a_frozen_owner_costs_notices_their_answer_and_nobody_else_anything(make: Make) -> None:
    server = make(one_banner(), workers=1)
    server.settings["http"] |= {"max_waiting": MOST}
    server.write_settings()
    server.start()
    with server.client() as line:
        bid = line.bid(request()).bid()
        path = urlsplit(bid["burl"].replace("${AUCTION_PRICE}", "1"))
        flood = Flood(server.port, f"{path.path}?{path.query}")
        asyncio.run(flood.run(0.5, FEW))
        assert flood.seen.keys() == {200}, "nobody is refused while all is well"
        before_kb = memory_kb(server.worker_pid(0), "Anonymous")

        os.kill(server.owner_pid(), signal.SIGSTOP)
        try:
            for _ in range(5):  # once, on a machine that has the time
                asyncio.run(flood.run(STALLED * ORDINARY_S + 0.1))
                if server.total("adserver_waiting_limit") == LEAST:
                    break
            assert server.total("adserver_waiting_limit") == LEAST
            assert server.total("adserver_waiting_requests") <= MOST
            flood.slow, flood.retry_after = 0, 0
            flood.seen.clear()
            asyncio.run(_beside(server, flood))
            assert flood.seen.keys() == {503}
            assert flood.retry_after == flood.seen[503] > LINES
            assert flood.slow <= MOST, "only those that were waiting when it began, and who tries"
            assert server.total("adserver_waiting_refused_total") > 0
            grown_kb = memory_kb(server.worker_pid(0), "Anonymous") - before_kb
            assert grown_kb < GROWN_KB
        finally:
            os.kill(server.owner_pid(), signal.SIGCONT)
        took = wait(lambda: line.follow(bid["burl"], PRICE="1").status == 200, RECOVERED_S)
        assert took < RECOVERED_S
        asyncio.run(flood.run(RECOVERED_S - took, FEW))
        flood.seen.clear()
        asyncio.run(flood.run(0.3, FEW))
        assert flood.seen.keys() == {200}, "a second later it is as if nothing had been"
        assert line.follow(bid["nurl"], PRICE="1").status == 200


async def _beside(server: Server, flood: Flood) -> None:
    """Bid while the notices are refused, and lead a person on."""

    def bids() -> None:
        with server.client() as client:
            for _ in range(20):
                assert client.bid(request()).status == 200

    await asyncio.gather(flood.run(FROZEN_S), asyncio.to_thread(bids))
