"""Keep-alive connections that say exactly the bytes they are given, many side by side."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from typing import NamedTuple

PATIENCE_S = 10.0
HEAD = b"POST %b HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n%b\r\n"


def post(path: str, body: bytes, headers: bytes = b"") -> bytes:
    """Return the bytes of a request; headers end in line ends."""
    return HEAD % (path.encode(), len(body), headers) + body


def get(path: str) -> bytes:
    """Return the bytes of a request."""
    return b"GET %b HTTP/1.1\r\nHost: x\r\n\r\n" % path.encode()


class Answer(NamedTuple):
    """What came back; a status of 0 means that the line was closed without an answer."""

    status: int
    head: bytes
    body: bytes

    def header(self, name: bytes) -> bytes:
        """Return a header's value, or nothing."""
        for line in self.head.split(b"\r\n")[1:]:
            key, _, value = line.partition(b":")
            if key.lower() == name:
                return value.strip()
        return b""


CLOSED = Answer(0, b"", b"")


class Line:
    """One connection; opened when it is needed, and again after it was closed."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self.opened = 0

    async def ask(self, request: bytes, *, last: bool = False) -> Answer:
        """Send bytes and return the answer. `last`: nothing more will be said, as who knows what was heard."""
        if self._writer is None or self._reader is None:
            self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self.port)
            self.opened += 1
        try:
            async with asyncio.timeout(PATIENCE_S):
                self._writer.write(request)
                if last:
                    self._writer.write_eof()
                answer = await self._answer(self._reader)
        except (OSError, asyncio.IncompleteReadError):
            self.close()
            return CLOSED
        if last or answer.header(b"connection").lower() == b"close":
            self.close()
        return answer

    @property
    def hung_up(self) -> bool:
        """Tell whether the other side has closed a connection that was open."""
        return self._reader is not None and self._reader.at_eof()

    def close(self) -> None:
        """Hang up."""
        if self._writer is not None:
            self._writer.close()
        self._reader = self._writer = None

    async def _answer(self, reader: asyncio.StreamReader) -> Answer:
        head = await reader.readuntil(b"\r\n\r\n")
        answer = Answer(int(head[9:12]), head, b"")
        length = int(answer.header(b"content-length") or 0)
        return answer._replace(body=await reader.readexactly(length)) if length else answer


class Tally:
    """What came of many requests."""

    def __init__(self) -> None:
        self.statuses: Counter[int] = Counter()
        self.opened = 0

    @property
    def asked(self) -> int:
        """How many were sent."""
        return self.statuses.total()


Ask = Callable[[Line], Awaitable[int]]


async def flood(port: int, asks: Iterator[Ask], width: int = 8) -> Tally:
    """Let `width` connections take one ask after the other, until there are none left."""
    tally = Tally()

    async def flow() -> None:
        line = Line(port)
        for ask in asks:
            tally.statuses[await ask(line)] += 1
        tally.opened += line.opened
        line.close()

    await asyncio.gather(*(flow() for _ in range(width)))
    return tally
