"""A worker: one event loop that only decides, on sockets that the supervisor bound."""

import asyncio
import gc
import logging
import os
import signal
import socket

import structlog
import uvloop
from aiohttp import web

from adserver.bootstrap import Worker, build_worker
from adserver.catalog.snapshot import Snapshot
from adserver.config import Loaded

READY = b"1"
DRAIN_S = 10.0
"""Requests under way get so long when a worker is replaced or stopped."""
POLL_S = 0.5
MAX_HEADER_BYTES = 16_384
KEEP_ALIVE_S = 75.0
BACKLOG = 4_096

_log = structlog.get_logger()


def run(
    loaded: Loaded,
    snapshot: Snapshot,
    slot: int,
    public: socket.socket,
    private: socket.socket,
    ready: int,
) -> None:
    """Be worker `slot` until SIGTERM; writes a byte to the descriptor `ready` when it can bid."""
    worker = build_worker(loaded, snapshot, slot)
    # Everything so far lives as long as the process: the collector need not look at it again.
    gc.collect()
    gc.freeze()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(worker, public, private, ready))


async def _serve(worker: Worker, public: socket.socket, private: socket.socket, ready: int) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    await worker.owner.start()
    server = web.Server(
        worker.site,
        access_log=None,
        logger=logging.getLogger("adserver.http"),
        auto_decompress=False,  # a bomb is inflated by us, with a bound
        keepalive_timeout=KEEP_ALIVE_S,
        max_line_size=MAX_HEADER_BYTES,
        max_field_size=MAX_HEADER_BYTES,
    )
    listener = await loop.create_server(server, sock=public, backlog=BACKLOG)
    runner = web.AppRunner(worker.private.application(), access_log=None)
    await runner.setup()
    await web.SockSite(runner, private).start()
    watching = asyncio.create_task(_watch(worker, ready))
    await stopping.wait()
    worker.site.draining = True
    listener.close()  # our copy: the supervisor's stays open, so nobody in the queue is turned away
    await server.shutdown(DRAIN_S)
    await worker.tracking.drain()
    watching.cancel()
    await worker.owner.stop()
    await runner.cleanup()
    _log.info("worker_stopped", pid=os.getpid())


async def _watch(worker: Worker, ready: int) -> None:
    """Tell the supervisor once we can serve; look at the kill switch for ever."""
    told = False
    while True:
        worker.stopped.poll()
        if not told and worker.owner.connected:
            os.write(ready, READY)
            os.close(ready)
            told = True
        await asyncio.sleep(POLL_S if told else POLL_S / 20)
