"""A line between a client and a server on loopback that a test cuts at the word it chooses."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

LOOPBACK = "127.0.0.1"


class CutLine:
    """Passes bytes on, until the client sends `word`; then the client hears no more."""

    def __init__(self, port: int) -> None:
        """`port` is the server's."""
        self.port = 0
        """Where the client connects to."""
        self.word = b""
        """Nothing is cut while it is empty; it is cut once."""
        self.late_s = 0.0
        """So long after the cut the server gets the word; negative: never."""
        self.cuts = 0
        self._server = port
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Be the line of one client."""
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        away, onward = await asyncio.open_connection(LOOPBACK, self._server)
        back = asyncio.create_task(self._answers(away, writer))
        try:
            while said := await reader.read(1 << 16):
                if self.word and self.word in said:
                    self.word = b""
                    self.cuts += 1
                    back.cancel()
                    writer.transport.abort()
                    if self.late_s >= 0:
                        await asyncio.sleep(self.late_s)
                        onward.write(said)
                        await asyncio.sleep(
                            0.2
                        )  # let the server act on it before its line is gone, too
                    return
                onward.write(said)
        finally:
            back.cancel()
            onward.transport.abort()
            writer.transport.abort()
            self._tasks.discard(task)

    async def _answers(self, away: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while answer := await away.read(1 << 16):
            writer.write(answer)
        writer.close()

    async def end(self) -> None:
        """End all that goes on."""
        for task in list(self._tasks):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


@asynccontextmanager
async def cut_line(port: int) -> AsyncIterator[CutLine]:
    """Run a line to a server on loopback."""
    line = CutLine(port)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.CancelledError):
            await line.serve(reader, writer)

    server = await asyncio.start_server(serve, LOOPBACK, 0)
    line.port = server.sockets[0].getsockname()[1]
    try:
        yield line
    finally:
        server.close()
        await line.end()
