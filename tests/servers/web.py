"""A web server on loopback that answers for any host, byte by byte as a test wants it, and notes who came."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import NamedTuple

LOOPBACK = "127.0.0.1"
_TLS = b"\x16"
"""How a handshake begins."""


class Visit(NamedTuple):
    """One request."""

    host: str
    path: str
    headers: Mapping[str, str]
    """By lower-case name."""


Page = Callable[[Visit], bytes | Awaitable[bytes]]
"""Returns a whole response."""


class Web:
    """What came, and where it listens."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.visits: list[Visit] = []
        self.open = 0
        self.most_open = 0


def response(status: int, body: bytes = b"", **headers: str) -> bytes:
    """Return a response; `Content_Type="text/plain"` is a header."""
    named = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    head = f"HTTP/1.1 {status} Said\r\nContent-Length: {len(body)}\r\n{named}\r\n"
    return head.encode("latin-1") + body


def text(body: bytes, **headers: str) -> bytes:
    """Return an ads.txt."""
    return response(200, body, Content_Type="text/plain; charset=utf-8", **headers)


@asynccontextmanager
async def serving(page: Page) -> AsyncIterator[Web]:
    """Serve while entered."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        web.open += 1
        web.most_open = max(web.most_open, web.open)
        try:
            begun = await reader.readexactly(1)
            if begun == _TLS:
                return  # as where only http is spoken
            head = (begun + await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            first, *rows = head.rstrip().split("\r\n")
            headers = {
                name.lower(): value for name, _, value in (row.partition(": ") for row in rows)
            }
            visit = Visit(headers.get("host", ""), first.split(" ")[1], headers)
            web.visits.append(visit)
            said = page(visit)
            writer.write(said if isinstance(said, bytes) else await said)
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # whoever asked has gone
        finally:
            web.open -= 1
            writer.close()

    server = await asyncio.start_server(answer, LOOPBACK, 0)
    web = Web(server.sockets[0].getsockname()[1])
    try:
        yield web
    finally:
        server.close()
        await server.wait_closed()
