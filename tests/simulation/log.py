"""What the judge knows of a ledger's log: what is durable, and what was appended and may be or not."""

from collections.abc import Callable, Iterator, Sequence

import msgspec

from adserver.domain.entries import AnyEntry, Checkpoint
from adserver.ports import LedgerStore
from tests.simulation.books import Books

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(AnyEntry).decode


class Log:
    """What the judge knows of a ledger's log, and what was appended and may be in it or not."""

    def __init__(self, books: Books, complain: Callable[[str, str], None]) -> None:
        self.books = books
        self.known: list[AnyEntry] = []
        self.pending: list[AnyEntry] = []
        self.complain = complain

    def replayed(self, entries: list[AnyEntry]) -> None:
        """Compare with what somebody reads who starts."""
        known = len(self.known)
        if entries[:known] != self.known:
            self.complain("I4", f"of {known} durable entries {len(entries)} others were read again")
        more = entries[known:]
        if more != self.pending[: len(more)]:
            self.complain("I4", "what was read was never appended")
        self.book(more)
        self.known, self.pending = fresh(entries), []

    def book(self, entries: Sequence[AnyEntry]) -> None:
        """These are durable."""
        for entry in entries:
            self.books.take(entry)

    def durable(self, count: int, host: str) -> None:
        """So many of the pending entries are durable, by a commit of this host."""
        done, self.pending = self.pending[:count], self.pending[count:]
        self.known += done
        self.book(done)
        self.books.committed(host)

    def begun_anew(self, entry: AnyEntry) -> None:
        """The log was replaced by one entry."""
        self.known = fresh([entry])


def fresh(entries: Sequence[AnyEntry]) -> list[AnyEntry]:
    """Return the entries with a checkpoint of their own: a ledger lives on in the one that it begins with."""
    return [_decode(_encode(each)) if isinstance(each, Checkpoint) else each for each in entries]


class Watched:
    """A `LedgerStore` whose log the judge reads, too."""

    def __init__(self, inner: LedgerStore, log: Log) -> None:
        self.inner = inner
        self.shared = inner.shared
        self.host = inner.host
        self.stale = False
        self._log = log

    def replay(self) -> Iterator[AnyEntry]:
        """Read everything."""
        entries = list(self.inner.replay())
        self._log.replayed(entries)
        return iter(entries)

    async def begin(self) -> Sequence[tuple[str, Sequence[AnyEntry]]]:
        """Pass it on."""
        return await self.inner.begin()

    def append(self, entries: Sequence[AnyEntry]) -> None:
        """Pass it on."""
        self._log.pending.extend(entries)
        self.inner.append(entries)

    async def commit(self) -> None:
        """Pass it on; what it returns for is durable."""
        count = len(self._log.pending)
        await self.inner.commit()
        self._log.durable(count, self.host)

    def compact(self, checkpoint: Callable[[], AnyEntry]) -> None:
        """Pass it on."""
        made: list[AnyEntry] = []

        def make() -> AnyEntry:
            made.append(checkpoint())
            return made[0]

        self.inner.compact(make)
        if made:
            self._log.begun_anew(made[0])

    def close(self) -> None:
        """Pass it on."""
        self.inner.close()
