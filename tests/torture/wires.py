"""Keep-alive connections to servers that may be gone, frozen or back again: what cannot be answered is answered by 0."""

import asyncio
from collections import Counter, defaultdict, deque

from tests.torture.lines import CLOSED, Answer, Line

LEAST = 12
"""A connection goes to one worker as long as it lives; so many reach every worker."""


class Wires:
    """Connections by port, each with one request under way at most; as many as are needed."""

    def __init__(self) -> None:
        self._free: defaultdict[int, deque[Line]] = defaultdict(deque)
        self._open: Counter[int] = Counter()

    async def say(self, port: int, data: bytes, patience_s: float) -> Answer:
        """Send bytes and return the answer, or `CLOSED` if none came in time; they take turns."""
        free = self._free[port]
        while free and free[0].hung_up:
            free.popleft().close()
            self._open[port] -= 1
        if free and self._open[port] >= LEAST:
            line = free.popleft()
        else:
            line = Line(port)
            self._open[port] += 1
        try:
            async with asyncio.timeout(patience_s):
                answer = await line.ask(data)
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            answer = CLOSED
        except asyncio.CancelledError:
            line.close()
            raise
        if answer.status:
            free.append(line)
        else:
            line.close()
            self._open[port] -= 1
        return answer

    def close(self) -> None:
        """Hang up everywhere."""
        for lines in self._free.values():
            for line in lines:
                line.close()
        self._free.clear()
