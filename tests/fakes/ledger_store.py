"""The ledger's log in a list: of one server, or of several that take turns."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import msgspec

from adserver.domain.entries import AnyEntry
from adserver.errors import Unavailable

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(AnyEntry).decode
_decode_all = msgspec.msgpack.Decoder(list[AnyEntry]).decode

PATIENCE_S = 4.0
"""So long a store waits for its turn."""


class FakeLedgerStore:
    """A `LedgerStore` in memory; fails while `broken`. What is in `durable` survives a restart."""

    shared = stale = False
    host = ""

    def __init__(self, durable: list[AnyEntry] | None = None) -> None:
        self.durable = [] if durable is None else durable
        self.broken = False
        self._queue: list[AnyEntry] = []

    def replay(self) -> Iterator[AnyEntry]:
        """Yield what was committed."""
        yield from list(self.durable)

    async def begin(self) -> Sequence[tuple[str, Sequence[AnyEntry]]]:
        """Return nothing: nobody else writes."""
        return ()

    def append(self, entries: Sequence[AnyEntry]) -> None:
        """Queue."""
        self._queue.extend(entries)

    async def commit(self) -> None:
        """Move the queue."""
        if self.broken:
            raise Unavailable("the ledger is broken")
        self.durable.extend(self._queue)
        self._queue.clear()

    def compact(self, checkpoint: Callable[[], AnyEntry]) -> None:
        """Always compact."""
        if self.durable:
            # Through the wire form, as on a disk: a checkpoint must not share what lives on.
            self.durable[:] = [_decode(_encode(checkpoint()))]

    def close(self) -> None:
        """Forget the queue."""
        self._queue.clear()


class FakeFrame(NamedTuple):
    """What one commit wrote."""

    host: str
    entries: bytes
    checkpoint: bool = False


class FakeSharedLog:
    """A log in memory that several servers write to; what is in `frames` survives them."""

    def __init__(self) -> None:
        self.frames: list[FakeFrame] = []
        self.broken = False
        """Nobody reaches it."""
        self.unreachable: set[str] = set()
        """These hosts do not."""
        self.lose_answer = False
        """The next commit is written, and whoever made it is told that it failed."""
        self.owners: dict[str, FakeSharedStore] = {}
        self.holder: FakeSharedStore | None = None
        """Whose turn it is."""
        self._lock = asyncio.Lock()

    def store(self, host: str) -> "FakeSharedStore":
        """Return what a server of this name writes by."""
        return FakeSharedStore(self, host)

    def cut(self, host: str) -> None:
        """Cut a host's connection: it loses its turn, and its name is free."""
        if (store := self.owners.pop(host, None)) is not None:
            self.end_turn(store)

    def end_turn(self, store: "FakeSharedStore") -> None:
        """Let the next one have its turn, if it is this store's."""
        if self.holder is store:
            self.holder = None
            self._lock.release()

    async def take_turn(self, store: "FakeSharedStore") -> None:
        """Wait for the turn. Raises `Unavailable`."""
        self.reach(store)
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._lock.acquire()
        except TimeoutError:
            raise Unavailable("another server keeps its turn") from None
        self.holder = store

    def reach(self, store: "FakeSharedStore") -> None:
        """Raises `Unavailable` if the store may not write now."""
        if self.broken or store.host in self.unreachable:
            raise Unavailable("cannot reach the ledger")
        if self.owners.setdefault(store.host, store) is not store:
            raise Unavailable(f"another owner of host {store.host} writes to the ledger")


class FakeSharedStore:
    """A `LedgerStore` of one server on a `FakeSharedLog`."""

    shared = True

    def __init__(self, log: FakeSharedLog, host: str) -> None:
        self.host = host
        self._log = log
        self._known = 0
        """How many frames we know."""
        self.stale, self._turn = True, False
        self._queue: list[AnyEntry] = []

    def replay(self) -> Iterator[AnyEntry]:
        """Yield what was committed, from the last checkpoint on."""
        self.close()
        self._log.reach(self)
        frames = list(self._log.frames)
        begin = max((at for at, frame in enumerate(frames) if frame.checkpoint), default=0)
        for frame in frames[begin:]:
            yield from _decode_all(frame.entries)
        self._known, self.stale = len(frames), False

    async def begin(self) -> Sequence[tuple[str, Sequence[AnyEntry]]]:
        """Take the turn, and return what others have written."""
        if self._turn:
            raise RuntimeError("a turn begins before the last one has ended")
        if self.stale:
            raise Unavailable("the ledger must be replayed before the next turn")
        await self._log.take_turn(self)
        news = self._log.frames[self._known :]
        self._known += len(news)
        if any(frame.host == self.host and not frame.checkpoint for frame in news):
            self.close()
            raise Unavailable(f"another owner wrote as {self.host}: replay the ledger")
        self._turn = True
        return [
            (frame.host, [] if frame.checkpoint else _decode_all(frame.entries)) for frame in news
        ]

    def append(self, entries: Sequence[AnyEntry]) -> None:
        """Queue."""
        self._queue.extend(entries)

    async def commit(self) -> None:
        """Write one frame, and end the turn."""
        if not self._turn:
            raise RuntimeError("a commit without a turn")
        self._turn = False
        entries, self._queue = self._queue, []
        try:
            self._log.reach(self)
            self._write(entries)
        except Unavailable:
            self.close()
            raise
        self._log.end_turn(self)

    def _write(self, entries: list[AnyEntry]) -> None:
        if self._log.holder is not self:
            raise Unavailable("the turn was lost")
        if not entries:
            return
        self._log.frames.append(FakeFrame(self.host, _encode(entries)))
        self._known += 1
        if self._log.lose_answer:
            self._log.lose_answer = False
            raise Unavailable("no answer to a commit")

    def compact(self, checkpoint: Callable[[], AnyEntry]) -> None:
        """Write a checkpoint, unless somebody has written since we read."""
        if self._log.frames and self._known == len(self._log.frames):
            self._log.frames.append(FakeFrame(self.host, _encode([checkpoint()]), checkpoint=True))
            self._known += 1

    def close(self) -> None:
        """Hang up; what was not committed is lost."""
        self._queue.clear()
        self.stale, self._turn = True, False
        self._log.end_turn(self)
        if self._log.owners.get(self.host) is self:
            del self._log.owners[self.host]
