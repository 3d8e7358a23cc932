"""The ladder of overload over a real connection, with a clock that is moved by hand."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import aiohttp
import pytest

from adserver.config import Http
from adserver.domain.exchange import ExchangeTerms
from adserver.endpoints.messages import Request
from adserver.endpoints.routes import Answer, Site
from adserver.processes.http_server import HttpServer
from tests.endpoints.wire import request
from tests.fakes.worker import FakeWorker
from tests.unit.endpoints.desk import NOW_S, counted

TMAX_MS = 200


class Queue:
    """A worker in front of which every request waits for so long."""

    def __init__(self, folder: Path) -> None:
        self.wait_s = 0.0
        self._now_s = 10.0
        terms = ExchangeTerms(name="ladder")
        self.worker = FakeWorker(
            folder, terms, monotonic=lambda: self._now_s, wall=lambda: float(NOW_S)
        )

    def bid(self, asked: Request, parts: Sequence[str]) -> Answer:
        """Answer after the wait."""
        self._now_s += self.wait_s
        return self.worker.bid(asked, parts)


@pytest.fixture
def queue(tmp_path: Path) -> Queue:
    return Queue(tmp_path)


@pytest.fixture
async def url(queue: Queue) -> AsyncIterator[str]:
    server = HttpServer(Site({"openrtb2": queue.bid}), queue.worker.admission, Http())
    listener = await asyncio.get_running_loop().create_server(server, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}/openrtb2/ladder"
    listener.close()
    await server.shutdown(1.0)


@pytest.mark.parametrize(
    ("wait_s", "status", "logged", "close"),
    [
        (0.0, 200, 1, None),
        (0.1, 200, 0, None),
        (0.19, 204, 0, None),
        (1.1, 204, 0, "close"),
    ],
)
async def test_the_longer_requests_wait_the_more_is_left_out(
    queue: Queue, url: str, wait_s: float, status: int, logged: int, close: str | None
) -> None:
    before = counted("adserver_no_bids", exchange="ladder", reason="overloaded")
    async with aiohttp.ClientSession() as session:
        queue.wait_s = wait_s
        async with session.post(url, json=request(tmax=TMAX_MS)) as reply:
            assert (reply.status, reply.headers.get("Connection")) == (status, close)
        assert len(queue.worker.events) == logged
        shed = counted("adserver_no_bids", exchange="ladder", reason="overloaded") - before
        assert shed == (status == 204)
        queue.wait_s = 0.0  # and all is well again with the next one
        async with session.post(url, json=request(tmax=TMAX_MS)) as reply:
            assert reply.status == 200
        assert len(queue.worker.events) == logged + 1
