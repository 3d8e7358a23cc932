"""The `LedgerStore` in PostgreSQL: turns under a lock, one frame each.

A turn is a transaction that holds an advisory lock: begin it, read what others wrote, add one frame, commit. The
server itself ends the transaction of who is silent in it for too long. Two things keep a late one from writing all
the same: its transaction is gone, and its frame's number is taken.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import asyncpg

from adapters.ledger.postgres_log import starting
from adapters.ledger.postgres_log.connecting import (
    FAILURES,
    Connection,
    connect,
    limit,
    lock_key,
    words,
)
from adapters.ledger.postgres_log.frames import (
    START,
    Damaged,
    Frame,
    Position,
    follow,
    frame,
    insert,
    read,
)
from adapters.ledger.postgres_log.known import Known
from adapters.ledger.postgres_log.target import Target
from adserver.domain.entries import AnyEntry
from adserver.errors import Unavailable

LONG_BYTES = 64 << 20
LONG_FRAMES = 100_000
CHUNK_FRAMES = 500
"""What is longer since the last checkpoint gets a new one at a start."""

# Whatever the default is: what others committed before we got the lock must be seen after.
_BEGIN = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"


class PostgresLedger:
    """One server's view of the log; `replay` it before anything else, and after each `commit` that failed."""

    shared = True

    def __init__(self, target: Target, known: Known) -> None:
        """It does not connect yet."""
        self.host = target.host
        self.stale = True
        """Only a fresh `replay` helps: we do not know any more what the log says."""
        self._target = target
        self._known = known
        self._position = START
        self._turn = False
        self._queue: list[AnyEntry] = []
        self._connection: Connection = None
        self._loop: asyncio.AbstractEventLoop  # of the connection
        self._warnings: list[str] = []
        self._news: list[tuple[str, Sequence[AnyEntry]]] = []
        """What was read and not returned by `begin` yet."""
        self._since_bytes = self._since_frames = 0
        """Since the last checkpoint."""

    def replay(self) -> Iterator[AnyEntry]:
        """Yield every entry from the last checkpoint on. Nobody is in a turn, or will ever end it."""
        self.close()
        position = START
        self._since_bytes = self._since_frames = 0
        for found, entries in starting.entries(self._target, self._known):
            position = found.position
            self._count(found)
            yield from entries
        self._know(position)
        self.stale = False

    async def begin(self) -> Sequence[tuple[str, Sequence[AnyEntry]]]:
        """Take the turn, and return what others have written since we last knew."""
        if self._turn:
            raise RuntimeError("a turn begins before the last one has ended")
        if self.stale:
            raise Unavailable("the ledger must be replayed before the next turn")
        try:
            connection = await self._connected()
            await self._lock(connection)
            while await self._read_on(connection):
                # Far behind: the others go on writing while we read.
                await self._ask(connection, "ROLLBACK")
                while await self._read_on(connection):
                    pass
                await self._lock(connection)
        except BaseException as error:
            self._hang_up()
            if isinstance(error, asyncpg.LockNotAvailableError):
                why = f"no turn at the ledger {self._target}: another server keeps its own"
                raise Unavailable(why) from error
            if isinstance(error, FAILURES):
                why = f"no turn at the ledger {self._target}: {words(error)}"
                raise Unavailable(why) from error
            raise
        self._turn = True
        news, self._news = self._news, []
        return news

    def append(self, entries: Sequence[AnyEntry]) -> None:
        """Queue entries for the commit that ends the turn."""
        self._queue.extend(entries)

    async def commit(self) -> None:
        """Write what is queued as one frame, and end the turn."""
        if not self._turn:
            raise RuntimeError("a commit without a turn")
        entries, self._queue = self._queue, []
        self._turn = False
        try:
            if not entries:
                await self._ask(self._connection, "ROLLBACK")
                return
            written = frame(self._position, self.host, entries)
            await self._write(self._connection, written)
        except BaseException as error:
            self.stale = True
            self._hang_up()
            if isinstance(error, (*FAILURES, ValueError)):
                why = f"a commit failed at the ledger {self._target}: {words(error)}"
                raise Unavailable(why) from error
            raise
        self._know(written.position)
        self._count(written)

    def compact(self, checkpoint: Callable[[], AnyEntry]) -> None:
        """Write a checkpoint if reading from the last one takes long, unless somebody has written since we read."""
        if self._since_bytes < LONG_BYTES and self._since_frames < LONG_FRAMES:
            return
        try:
            written = frame(self._position, self.host, [checkpoint()], checkpoint=True)
        except ValueError as error:
            raise Unavailable(f"cannot shorten the ledger {self._target}: {error}") from error
        with starting.session(self._target) as asking:
            if asking.ask(
                lambda each: starting.insert_next(each, self._target, self._position, written)
            ):
                self._know(written.position)
                self._since_bytes = self._since_frames = 0

    def close(self) -> None:
        """Hang up; what was not committed is lost. A `replay` begins anew."""
        self._queue.clear()
        self._news.clear()
        self._turn, self.stale = False, True
        self._hang_up()

    async def _connected(self) -> Connection:
        if self._connection is None or self._connection.is_closed():
            self._loop = asyncio.get_running_loop()
            self._connection = await connect(self._target, self._target.step_s)
            self._connection.add_log_listener(self._warned)
        return self._connection

    def _warned(self, _: Connection, message: Any) -> None:
        if message.severity_en == "WARNING":
            self._warnings.append(str(message.message))

    async def _ask(self, connection: Connection, statement: str, seconds: float = 0.0) -> str:
        """Return what the server says to a statement."""
        with limit(connection, seconds or self._target.step_s):
            said: str = await connection.execute(statement)
        return said

    async def _lock(self, connection: Connection) -> None:
        await self._ask(connection, _BEGIN)
        key = lock_key(self._target.schema)
        patience_s = self._target.wait_s + self._target.step_s
        await self._ask(connection, f"SELECT pg_advisory_xact_lock({key})", patience_s)

    async def _read_on(self, connection: Connection) -> bool:
        """Read what follows, into `_news`; tell whether there may be more.

        A statement of its own after the lock's: one that had begun before would not see what was written meanwhile.
        Of our last frame, and of checkpoints, we know what they say.
        """
        with limit(connection, self._target.step_s):
            rows = await connection.fetch(
                "SELECT number, host, checksum, checkpoint,"  # noqa: S608 - checked by the settings
                " CASE WHEN checkpoint OR number = $1 THEN '' ELSE entries END AS entries"
                f" FROM {self._target.schema}.frames WHERE number >= $1 ORDER BY number LIMIT $2",
                self._position.number,
                CHUNK_FRAMES,
            )
        found = [read(row) for row in rows]
        if self._position != START:
            if not found or found[0].position != self._position:
                self.stale = True
                raise Unavailable(f"the ledger lost frame {self._position.number}: replay it")
            del found[0]
        for each in found:
            self._take(each)
        return len(rows) == CHUNK_FRAMES

    def _take(self, found: Frame) -> None:
        """Add a frame to the news. Raises `Unavailable` if the ledger must be replayed."""
        try:
            if found.checkpoint and found.number == self._position.number + 1:
                position, entries = found.position, []
            else:
                position, entries = follow(self._position, found), found.decode()
        except Damaged as error:
            self.stale = True
            raise Unavailable(f"the ledger {self._target} is damaged: {error}") from error
        if found.host == self.host and not found.checkpoint:
            self.stale = True
            raise Unavailable(f"another owner wrote as {found.host}: replay the ledger")
        self._know(position)
        self._count(found)
        self._news.append((found.host, entries))

    async def _write(self, connection: Connection, written: Frame) -> None:
        with limit(connection, self._target.step_s):
            await insert(connection, self._target, written)
        self._warnings.clear()
        said = await self._ask(connection, "COMMIT")
        # A commit that stopped waiting for its replicas is reported as done, with a warning.
        if said != "COMMIT" or self._warnings:
            raise Unavailable(f"the server said {said}. {' '.join(self._warnings)}")

    def _know(self, position: Position) -> None:
        self._position = position
        if position != self._known.position:
            self._known.note(position)

    def _count(self, found: Frame) -> None:
        if found.checkpoint:
            self._since_bytes = self._since_frames = 0
        self._since_bytes += len(found.entries)
        self._since_frames += 1

    def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is None or connection.is_closed() or self._loop.is_closed():
            return
        if _running_loop() is self._loop:
            connection.terminate()
        else:  # a replay in a thread; it waits until the connection is gone
            self._loop.call_soon_threadsafe(connection.terminate)


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
