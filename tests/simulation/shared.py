"""A log that several servers share, with the faults of a database: turns that are lost, answers that never come."""

import asyncio
from collections import deque
from collections.abc import Callable
from contextvars import Context
from typing import TYPE_CHECKING

import msgspec

from adserver.domain.entries import AnyEntry
from adserver.errors import Unavailable
from tests.fakes.ledger_store import PATIENCE_S, FakeFrame, FakeSharedLog, FakeSharedStore

if TYPE_CHECKING:
    from tests.simulation.log import Log
    from tests.simulation.loop import VirtualLoop

SILENT_S = 5.0
"""Who keeps a turn so long without a word loses it."""
_entries_of = msgspec.msgpack.Decoder(list[AnyEntry]).decode


class Frames(list[FakeFrame]):
    """The log; the judge reads each frame as it is written."""

    def __init__(self, log: "Log", written: Callable[[bytes], None]) -> None:
        super().__init__()
        self._log = log
        self._written = written

    def append(self, frame: FakeFrame) -> None:
        """Write a frame."""
        super().append(frame)
        self._written(frame.entries)
        entries = _entries_of(frame.entries)
        if frame.checkpoint:
            self._log.begun_anew(entries[0])
        else:
            self._log.pending.extend(entries)
            self._log.durable(len(entries), frame.host)


class SharedLog(FakeSharedLog):
    """Serves its owners one after the other, and takes the turn from who dies or sleeps."""

    def __init__(self, loop: "VirtualLoop", log: "Log", written: Callable[[bytes], None]) -> None:
        super().__init__()
        self.frames = Frames(log, written)
        self._loop = loop
        self._queue: deque[tuple[FakeSharedStore, asyncio.Future[None]]] = deque()
        self._turns = 0

    def cut(self, host: str) -> None:
        """Its connection is gone."""
        self._queue = deque(each for each in self._queue if each[0].host != host)
        super().cut(host)

    async def take_turn(self, store: FakeSharedStore) -> None:
        """Wait for the turn. Raises `Unavailable`."""
        self.reach(store)
        mine: asyncio.Future[None] = self._loop.create_future()
        self._queue.append((store, mine))
        self._next()
        try:
            async with asyncio.timeout(PATIENCE_S):
                await mine
        except TimeoutError:
            self._queue = deque(each for each in self._queue if each[1] is not mine)
            self.end_turn(store)
            raise Unavailable("another server keeps its turn") from None

    def end_turn(self, store: FakeSharedStore) -> None:
        """Let the next one have its turn, if it is this store's."""
        if self.holder is store:
            self.holder = None
            self._next()

    def _next(self) -> None:
        if self.holder is None and self._queue:
            self.holder, future = self._queue.popleft()
            self._turns += 1
            self._loop.exactly_at(
                self._loop.time() + SILENT_S, self._expire, self._turns, context=Context()
            )
            if not future.done():
                future.set_result(None)

    def _expire(self, turn: int) -> None:
        if self.holder is not None and self._turns == turn:
            self.holder = None
            self._next()
