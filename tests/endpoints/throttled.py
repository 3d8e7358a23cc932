"""A worker whose decisions take a fixed time, so that more load than it can bear fits the machine.

usage: python -m tests.endpoints.throttled PORT FOLDER MILLISECONDS
"""

import asyncio
import sys
import time
from collections.abc import Callable
from pathlib import Path

import uvloop

from adserver.config import Http
from adserver.domain.exchange import ExchangeTerms
from adserver.endpoints.routes import Site
from adserver.processes.http_server import HttpServer
from tests.endpoints.client import EXCHANGE
from tests.fakes.worker import FakeWorker


async def serve(
    port: int, folder: Path, terms: ExchangeTerms, **stalls: Callable[[], None]
) -> None:
    """Serve until killed; `stalls` are those of `FakeWorker`."""
    worker = FakeWorker(folder, terms, monotonic=time.monotonic, wall=time.time, **stalls)
    server = HttpServer(Site({"openrtb2": worker.bid}), worker.admission, Http())
    await asyncio.get_running_loop().create_server(server, "127.0.0.1", port, backlog=1_024)
    await server.sweep()


if __name__ == "__main__":
    decision_s = float(sys.argv[3]) / 1_000
    uvloop.run(
        serve(
            int(sys.argv[1]), Path(sys.argv[2]), ExchangeTerms(name=EXCHANGE),
            deciding=lambda: time.sleep(decision_s),
        )
    )  # fmt: skip
