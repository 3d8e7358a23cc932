"""Clients that nobody wants: many that say nothing, and some that never finish what they say.

usage: python -m tests.torture.crowd PORT IDLE SLOW   prints `ready`, goes on until its input ends, prints JSON
"""

import asyncio
import os
import resource
import socket
import struct
import sys
import time
from collections.abc import Callable
from random import Random
from typing import cast

import msgspec
import uvloop

AT_ONCE = 200
DRIP_S = 0.5
"""A slow client sends a byte so often: they are spread over this time, as strangers are."""
PARTS = 50
BACK_S = 0.5
"""Who was cut comes again within this time, not all at the same moment."""
HEAD = b"POST /openrtb2/open HTTP/1.1\r\nHost: x\r\n"
BODY = HEAD + b"Content-Length: 500\r\n\r\n{"
_RESET = struct.pack("ii", 1, 0)


class Crowd(msgspec.Struct):
    """What became of them."""

    idle: int = 0
    idle_cut: int = 0
    slow: int = 0
    """Slow ones that were opened; for each that is cut another one comes."""
    slow_cut: int = 0
    longest_s: float = 0.0
    """The longest time that a slow one was left alone, those included that were never cut."""


class Client(asyncio.Protocol):
    """One of them."""

    def __init__(self, first: bytes, cut: Callable[["Client"], None]) -> None:
        self.first = first
        self.began_s = time.monotonic()
        self.line: asyncio.Transport | None = None
        self._cut = cut

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the event loop."""
        self.line = cast(asyncio.Transport, transport)  # uvloop's is no subclass
        self.line.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        if self.first:
            self.line.write(self.first)

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the event loop."""
        self.line = None
        self._cut(self)


class _Run:
    def __init__(self, port: int, slow: int) -> None:
        self._port = port
        self._wanted = slow
        self._slow: list[Client] = []
        self._coming: set[asyncio.Task[None]] = set()
        self._dice = Random(port)
        self._over = False
        self.seen = Crowd()

    async def idle(self, count: int) -> None:
        """Open those who say nothing."""
        for first in range(0, count, AT_ONCE):
            opening = range(first, min(first + AT_ONCE, count))
            await asyncio.gather(*(self._open(b"", self._idle_cut) for _ in opening))
        self.seen.idle = count

    async def slow(self) -> None:
        """Keep so many slow ones, and let each send a byte now and then; for ever."""
        for part in range(PARTS):
            for _ in range(self._wanted * part // PARTS, self._wanted * (part + 1) // PARTS):
                self._come()
            await asyncio.sleep(DRIP_S / PARTS)
        while True:
            for part in range(PARTS):
                for client in self._slow[part::PARTS]:
                    if client.line is not None:
                        client.line.write(b"X" if client.first == HEAD else b" ")
                await asyncio.sleep(DRIP_S / PARTS)

    def end(self) -> None:
        """Count those who are still there."""
        self._over = True
        now = time.monotonic()
        for client in self._slow:
            self.seen.longest_s = max(self.seen.longest_s, now - client.began_s)

    async def _open(self, first: bytes, cut: Callable[[Client], None]) -> Client:
        loop = asyncio.get_running_loop()
        _, client = await loop.create_connection(
            lambda: Client(first, cut), "127.0.0.1", self._port
        )
        return client

    def _come(self, within_s: float = 0.0) -> None:
        async def come() -> None:
            await asyncio.sleep(self._dice.uniform(0.0, within_s))
            first = HEAD if self.seen.slow % 2 else BODY
            self.seen.slow += 1
            self._slow.append(await self._open(first, self._slow_cut))

        task = asyncio.get_running_loop().create_task(come())
        self._coming.add(task)
        task.add_done_callback(self._arrived)

    def _arrived(self, task: "asyncio.Task[None]") -> None:
        self._coming.discard(task)
        if not task.cancelled():
            task.result()  # a refused connection ends the run, loudly

    def _idle_cut(self, _: Client) -> None:
        if not self._over:
            self.seen.idle_cut += 1

    def _slow_cut(self, client: Client) -> None:
        if self._over:
            return
        self.seen.slow_cut += 1
        self.seen.longest_s = max(self.seen.longest_s, time.monotonic() - client.began_s)
        self._slow.remove(client)
        self._come(BACK_S)


async def main(port: int, idle: int, slow: int) -> Crowd:
    """Be there until the input ends."""
    run = _Run(port, slow)
    await run.idle(idle)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    loop = asyncio.get_running_loop()
    dripping = loop.create_task(run.slow())
    await loop.run_in_executor(None, sys.stdin.read)
    dripping.cancel()
    run.end()
    return run.seen


if __name__ == "__main__":
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    # Whoever is measured goes first when they share a processor.
    os.nice(10)
    found = uvloop.run(main(*map(int, sys.argv[1:4])))
    sys.stdout.write(msgspec.json.encode(found).decode() + "\n")
