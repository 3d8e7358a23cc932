"""A worker whose decisions take a fixed time, so that more load than it can bear fits the machine.

usage: python -m tests.endpoints.throttled PORT FOLDER MILLISECONDS
"""

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import uvloop

from adserver.config import Http
from adserver.domain.exchange import ExchangeTerms
from adserver.endpoints.routes import Site
from adserver.processes.http_server import HttpServer
from tests.endpoints.client import EXCHANGE, once
from tests.endpoints.server import ENVIRONMENT, KILLED_S, ROOT, START_S, free_ports, wait
from tests.endpoints.wire import request
from tests.fakes.worker import FakeWorker


async def serve(
    port: int, folder: Path, terms: ExchangeTerms, **stalls: Callable[[], None]
) -> None:
    """Serve until killed; `stalls` are those of `FakeWorker`."""
    worker = FakeWorker(folder, terms, monotonic=time.monotonic, wall=time.time, **stalls)
    server = HttpServer(Site({"openrtb2": worker.bid}), worker.admission, Http())
    await asyncio.get_running_loop().create_server(server, "127.0.0.1", port, backlog=1_024)
    await server.sweep()


@contextmanager
def running(module: str, *words: str) -> Iterator[int]:
    """Run a module that serves until killed, given a port, a folder and these words; yields the port once it answers.

    It must still run when left.
    """
    port, _ = free_ports(1)
    probe = json.dumps(request()).encode()

    def is_ready() -> bool:
        try:
            return once(port, "POST", f"/openrtb2/{EXCHANGE}", probe).status in {200, 204}
        except ConnectionError:
            return False

    with tempfile.TemporaryDirectory(prefix="worker-") as folder:
        process = subprocess.Popen(  # noqa: S603 - our own modules
            [sys.executable, "-m", module, str(port), folder, *words],
            cwd=ROOT, stdin=subprocess.DEVNULL, env=ENVIRONMENT,
        )  # fmt: skip
        try:
            wait(is_ready, START_S)
            yield port
            assert process.poll() is None, "it did not survive"
        finally:
            process.terminate()
            process.wait(KILLED_S)


if __name__ == "__main__":
    decision_s = float(sys.argv[3]) / 1_000
    uvloop.run(
        serve(
            int(sys.argv[1]), Path(sys.argv[2]), ExchangeTerms(name=EXCHANGE),
            deciding=lambda: time.sleep(decision_s),
        )
    )  # fmt: skip
