"""The journal in a list."""

from collections.abc import Callable, Iterator, Sequence

import msgspec

from adserver.domain.entries import AnyEntry
from adserver.errors import Unavailable

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(AnyEntry).decode


class FakeLedgerStore:
    """A `LedgerStore` in memory; fails while `broken`. What is in `durable` survives a restart."""

    shared = False

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
