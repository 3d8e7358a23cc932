"""Requests through an HTTP server's own protocol without sockets: bytes in, bytes out, one process, one loop."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from loadtest.connection import parse

CONNECTIONS = 16
"""So many requests arrive in one turn of the loop, as they do when a server is never idle."""
TURNS = 1_000
"""An answer that took more turns of the loop will not come."""


class Line(asyncio.Transport):
    """The server's side of a connection: keeps what is written, is never full and never closes by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Keep the bytes."""
        self.written.append(bytes(data))

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Know an address, and no socket."""
        return ("127.0.0.1", 1) if name in {"peername", "sockname"} else default

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Have none."""

    def get_write_buffer_size(self) -> int:
        """Have always sent everything."""
        return 0

    def is_closing(self) -> bool:
        """Tell whether the server closed."""
        return self.closed

    def close(self) -> None:
        """Note it."""
        self.closed = True

    def abort(self) -> None:
        """Note it."""
        self.closed = True


class Lines:
    """Connections to a server, made by its own factory."""

    def __init__(self, factory: Callable[[], asyncio.BaseProtocol]) -> None:
        """Connect; needs a running loop."""
        self._ends: list[tuple[asyncio.Protocol, Line]] = []
        for _ in range(CONNECTIONS):
            protocol, line = factory(), Line()
            assert isinstance(protocol, asyncio.Protocol)
            protocol.connection_made(line)
            self._ends.append((protocol, line))

    async def replay(self, requests: Sequence[bytes]) -> list[tuple[int, bytes]]:
        """Send whole requests, a turn of all connections after the other; return statuses and bodies."""
        answers: list[tuple[int, bytes]] = []
        ends = self._ends
        for first in range(0, len(requests), CONNECTIONS):
            for (protocol, _), request in zip(ends, requests[first:], strict=False):
                protocol.data_received(request)
            used = ends[: len(requests) - first]
            for _ in range(TURNS):
                await asyncio.sleep(0)
                if all(line.written for _, line in used):
                    break
            for _, line in used:
                response = b"".join(line.written)
                line.written.clear()
                found = parse(response)
                if found is None or line.closed:
                    raise RuntimeError(f"no whole answer: {response[:200]!r}")
                answers.append((found[0], response[: found[1]].partition(b"\r\n\r\n")[2]))
        return answers


def post(path: str, bodies: Sequence[bytes]) -> list[bytes]:
    """Return whole HTTP requests, as the load generator writes them."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:18080\r\n"
        "Content-Type: application/json\r\nx-openrtb-version: 2.6\r\nContent-Length: "
    )
    return [f"{head}{len(body)}\r\n\r\n".encode() + body for body in bodies]
