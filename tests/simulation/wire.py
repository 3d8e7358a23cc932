"""Unix sockets in memory: in order and whole, but slow, held up or cut as it pleases whoever plays fate."""

import asyncio
from collections.abc import Callable
from contextvars import Context
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from tests.simulation.loop import Process, VirtualLoop

Factory = Callable[[], asyncio.Protocol]


class Dice(Protocol):
    """Where delays come from."""

    def uniform(self, a: float, b: float) -> float:
        """Return a number between the two."""


class Ends(NamedTuple):
    """Who is at one end."""

    loop: "VirtualLoop"
    process: "Process | None"


class Line(asyncio.Transport):
    """One end of a connection."""

    def __init__(self, network: "Network", ends: Ends) -> None:
        super().__init__()
        self.peer: Line | None = None
        self.held_up = False
        """What the other end writes does not arrive for now."""
        self.process = ends.process
        self._loop = ends.loop
        self._network = network
        self._protocol: asyncio.BaseProtocol | None = None
        self._inbox: list[bytes] = []
        self._waiting_bytes = 0
        self._ended = False
        """The other end will write no more."""
        self._coming = False
        self._closed = False

    def open(self, protocol: asyncio.BaseProtocol) -> None:
        """Begin to read."""
        self._protocol = protocol
        protocol.connection_made(self)
        self._read()

    # --- asyncio's side ---

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send on its way what the other end will read in a moment."""
        if self._closed or self.peer is None:
            return
        self.peer._inbox.append(bytes(data))
        self.peer._waiting_bytes += len(data)
        self.peer._come()

    def close(self) -> None:
        """Hang up; what was written still arrives."""
        if self._closed:
            return
        self._closed = True
        if self.peer is not None:
            self.peer._ended = True
            self.peer._come()
        self._lose(None)

    def abort(self) -> None:
        """Hang up."""
        self.close()

    def is_closing(self) -> bool:
        """Tell whether we hung up."""
        return self._closed

    def get_write_buffer_size(self) -> int:
        """Return how much the other end has not read."""
        return 0 if self.peer is None else self.peer._waiting_bytes

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Know nothing more."""
        return default

    def can_write_eof(self) -> bool:
        """Only hanging up."""
        return False

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Read by another protocol."""
        self._protocol = protocol

    def get_protocol(self) -> asyncio.BaseProtocol:
        """Return who reads."""
        assert self._protocol is not None
        return self._protocol

    def pause_reading(self) -> None:
        """Go on all the same: readers here keep what they get."""

    def resume_reading(self) -> None:
        """Go on."""

    # --- fate's side ---

    def hold_up(self) -> None:
        """Let nothing through, in either direction."""
        for end in (self, self.peer):
            if end is not None:
                end.held_up = True

    def let_through(self) -> None:
        """Let through what waits."""
        for end in (self, self.peer):
            if end is not None:
                end.held_up = False
                end._come()

    def cut(self) -> None:
        """Break it; what was under way is lost."""
        for end in (self, self.peer):
            if end is not None and not end._closed:
                end._closed = True
                end._inbox.clear()
                end._waiting_bytes = 0
                end._lose(ConnectionResetError("cut"))

    @property
    def is_open(self) -> bool:
        """Tell whether both ends are there."""
        return not self._closed and self.peer is not None and not self.peer._closed

    def _come(self) -> None:
        """Have what waits arrive in a moment; once, however much that is then."""
        if self._coming or self.held_up or self._protocol is None:
            return
        self._coming = True
        self._loop.exactly_at(
            self._network.arrival(self._loop.time()), self._reach, context=Context()
        )

    def _reach(self) -> None:
        """Wake the process, if it can be woken."""
        context = None if self.process is None else self.process.context
        self._loop.call_soon(self._arrive, context=context)

    def _arrive(self) -> None:
        self._coming = False
        if not self.held_up:
            self._read()

    def _read(self) -> None:
        protocol = self._protocol
        if self._closed or not isinstance(protocol, asyncio.Protocol):
            return
        if self._inbox:
            data = b"".join(self._inbox)
            self._inbox.clear()
            self._waiting_bytes = 0
            self._network.heard(self)
            protocol.data_received(data)
        if self._ended:
            protocol.eof_received()

    def _lose(self, error: Exception | None) -> None:
        if self._protocol is not None:
            context = None if self.process is None else self.process.context
            self._loop.call_soon(self._protocol.connection_lost, error, context=context)


class Server:
    """Somebody who listens."""

    def __init__(self, network: "Network", path: str, ends: Ends, factory: Factory) -> None:
        self.ends = ends
        self.factory = factory
        self._network = network
        self._path = path

    def close(self) -> None:
        """Take no more connections."""
        if self._network.servers.get(self._path) is self:
            del self._network.servers[self._path]

    async def wait_closed(self) -> None:
        """Return at once: connections end by themselves."""


class Network:
    """Who listens where, and all lines."""

    def __init__(self, dice: Dice) -> None:
        self.servers: dict[str, Server] = {}
        self.lines: list[Line] = []
        """The connecting ends."""
        self.heard: Callable[[Line], None] = lambda _: None
        """Called with an end that reads something."""
        self._dice = dice

    def arrival(self, now: float) -> float:
        """Return when what is sent now arrives."""
        return now + self._dice.uniform(0.0001, 0.002)

    def listen(self, ends: Ends, factory: Factory, path: str) -> Server:
        """Listen; whoever did before is forgotten."""
        server = self.servers[path] = Server(self, path, ends, factory)
        return server

    def connect(
        self, ends: Ends, factory: Factory, path: str
    ) -> tuple[asyncio.Transport, asyncio.Protocol]:
        """Connect at once, as a kernel does, even if the server sleeps. Raises `ConnectionRefusedError`."""
        server = self.servers.get(path)
        if server is None:
            raise ConnectionRefusedError(f"nobody listens at {path}")
        near, far = Line(self, ends), Line(self, server.ends)
        near.peer, far.peer = far, near
        self.lines = [line for line in self.lines if line.is_open]
        self.lines.append(near)
        protocol = factory()
        near.open(protocol)
        process = server.ends.process
        context = None if process is None else process.context
        server.ends.loop.call_soon(lambda: far.open(server.factory()), context=context)
        return near, protocol

    def of(self, process: "Process") -> list[Line]:
        """Return the open lines that a process has at either end, its own ends."""
        ends = (end for line in self.lines for end in (line, line.peer) if end is not None)
        return [end for end in ends if end.process is process and end.is_open]

    def hang_up(self, process: "Process") -> None:
        """Do what a kernel does for the dead: close all that they had open."""
        for server in [each for each in self.servers.values() if each.ends.process is process]:
            server.close()
        for line in self.lines:
            for end in (line, line.peer):
                if end is not None and end.process is process:
                    end.close()
