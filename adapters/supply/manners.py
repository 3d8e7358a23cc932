"""One request at a time to a host, and a pause between two."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

LONGEST_S = 30.0
"""No host makes us wait longer between two requests, whatever its robots.txt wants."""


class Manners:
    """Remembers when each host was last asked."""

    def __init__(self, pause_s: float = 1.0) -> None:
        self._pause_s = pause_s
        self._locks: dict[str, asyncio.Lock] = {}
        self._pauses: dict[str, float] = {}
        self._last: dict[str, float] = {}

    def slower(self, host: str, pause_s: float) -> None:
        """Wait so long between two requests to a host, as its robots.txt asks."""
        self._pauses[host] = min(max(self._pause_s, pause_s), LONGEST_S)

    @asynccontextmanager
    async def turn(self, host: str) -> AsyncIterator[None]:
        """Wait until the host may be asked, and keep others waiting meanwhile."""
        loop = asyncio.get_running_loop()
        async with self._locks.setdefault(host, asyncio.Lock()):
            pause_s = self._pauses.get(host, self._pause_s)
            wait_s = self._last.get(host, -LONGEST_S) + pause_s - loop.time()
            if wait_s > 0:
                await asyncio.sleep(wait_s)
            try:
                yield
            finally:
                self._last[host] = loop.time()
