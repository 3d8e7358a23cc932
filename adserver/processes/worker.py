"""A worker: one event loop that only decides, on sockets that the supervisor bound."""

import asyncio
import gc
import os
import resource
import signal
import socket
import time
from collections.abc import Callable

import structlog
import uvloop
from aiohttp import web

from adserver.bootstrap import Worker, build_worker
from adserver.catalog.snapshot import Snapshot
from adserver.config import Loaded
from adserver.metrics import SNAPSHOT_AGE
from adserver.processes.acceptor import Acceptor
from adserver.processes.allocation import keep_flat
from adserver.processes.http_server import HttpServer
from adserver.processes.spread import Place

READY = b"1"
DRAIN_S = 10.0
"""Requests under way get so long when a worker is replaced or stopped."""
FAREWELL_S = 2.0
"""A connection that is idle may send one more request so long; its answer says `Connection: close`.
Closing it at once would lose the request that is under way to us."""
POLL_S = 0.5
LOOK_S = 0.025
FUNDS_LOOKS = 20
"""So often a new worker looks for its first money before it takes requests without any: all budgets may be spent."""
SPARE_FILES = 256
"""What a worker has open besides connections."""
YOUNG = 10_000
"""Objects born and not gone before the collector looks: requests leave no cycles, so it seldom finds any."""

_log = structlog.get_logger()


def run(
    loaded: Loaded,
    snapshot: Snapshot,
    slot: int,
    public: socket.socket,
    private: socket.socket,
    ready: int,
    beat: Callable[[], None],
    place: Place,
) -> None:
    """Be worker `slot` until SIGTERM; writes a byte to the descriptor `ready` when it can bid.

    Calls `beat` twice a second, as long as the event loop turns.
    """
    keep_flat()
    worker = build_worker(loaded, snapshot, slot)
    # Everything so far lives as long as the process: the collector need not look at it again.
    SNAPSHOT_AGE.set(time.time())
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, 20, 50)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(worker, public, private, ready, beat, place))


async def _serve(
    worker: Worker,
    public: socket.socket,
    private: socket.socket,
    ready: int,
    beat: Callable[[], None],
    place: Place,
) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    await worker.owner.start()
    await worker.people.open()
    _allow_files(worker.http.max_connections)
    server = HttpServer(worker.site, worker.admission, worker.http, place.fewer)
    acceptor = Acceptor(public, server, place)
    runner = web.AppRunner(worker.private.application(), access_log=None)
    await runner.setup()
    await web.SockSite(runner, private).start()
    watching = asyncio.create_task(_watch(worker, acceptor, ready, beat))
    sweeping = asyncio.create_task(server.sweep())
    await stopping.wait()
    server.draining = True
    acceptor.stop()  # our copy: the supervisor's stays open, so nobody in the queue is turned away
    await _last_requests(server)
    await server.shutdown(DRAIN_S)
    await worker.tracking.drain()
    watching.cancel()
    sweeping.cancel()
    await worker.owner.stop()
    worker.people.close()
    await runner.cleanup()
    _log.info("worker_stopped", pid=os.getpid())


def _allow_files(connections: int) -> None:
    """Raise our limit of open files for so many connections, as far as the system lets us."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + SPARE_FILES
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    if wanted > soft:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


async def _last_requests(server: HttpServer) -> None:
    """Wait until every connection has been told to go elsewhere, or has nothing to say."""
    for _ in range(int(FAREWELL_S / LOOK_S)):
        if not server.connections:
            return
        await asyncio.sleep(LOOK_S)


async def _watch(worker: Worker, acceptor: Acceptor, ready: int, beat: Callable[[], None]) -> None:
    """Take requests, and tell the supervisor so, once we can bid; look at the kill switch and the keys for ever."""
    told = False
    looks = FUNDS_LOOKS
    while True:
        beat()
        worker.stopped.poll()
        worker.keys.poll()
        worker.sources.poll()
        worker.poll_feeds()
        worker.supply.poll()
        worker.models.poll()
        worker.drift.poll()
        if not told and worker.owner.connected:
            looks -= 1
            if worker.is_funded() or not looks:
                acceptor.start()
                os.write(ready, READY)
                os.close(ready)
                told = True
        await asyncio.sleep(POLL_S if told else LOOK_S)
