"""What happens at a start, without an event loop of the caller's: reading the log, and shortening its reading."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

from adapters.ledger.postgres_log import tables
from adapters.ledger.postgres_log.connecting import (
    FAILURES,
    Connection,
    connect,
    limit,
    lock_key,
    words,
)
from adapters.ledger.postgres_log.frames import (
    COLUMNS,
    START,
    Damaged,
    Frame,
    Position,
    follow,
    insert,
    read,
)
from adapters.ledger.postgres_log.known import Known
from adapters.ledger.postgres_log.target import Target
from adserver.domain.entries import AnyEntry
from adserver.errors import Fault, InvalidConfig, Unavailable

PATIENCE_S = 60.0
"""A checkpoint may be large."""
CHUNK_FRAMES = 500

Result = TypeVar("Result")
Ask = Callable[[Callable[[Connection], Coroutine[Any, Any, Result]]], Result]


class Session:
    """A connection for synchronous code, in a thread with a loop of its own, since the caller's loop may be running."""

    def __init__(self, target: Target, *, alone: bool) -> None:
        """Connect, as `connect` does. Raises `Unavailable`."""
        self._target = target
        self._thread = ThreadPoolExecutor(1, "ledger")
        self._runner = asyncio.Runner()
        self._connection: Connection = None
        try:
            self._connection = self._run(connect(target, PATIENCE_S, alone=alone))
        except BaseException:
            self.close()
            raise

    def ask(self, question: Callable[[Connection], Coroutine[Any, Any, Result]]) -> Result:
        """Return what a question to the database brings. Raises `Unavailable`."""

        async def limited() -> Result:
            with limit(self._connection, PATIENCE_S):
                return await question(self._connection)

        try:
            return self._run(limited())
        except FAILURES as error:
            raise Unavailable(f"cannot read the ledger {self._target}: {words(error)}") from error

    def close(self) -> None:
        """Hang up."""
        if self._connection is not None:
            self._run(self._hang_up())
        self._thread.submit(self._runner.close).result()
        self._thread.shutdown()

    async def _hang_up(self) -> None:
        try:
            # Wait until the server has let go of our locks, so that the next connection finds them free.
            with limit(self._connection, self._target.step_s):
                await self._connection.close()
        except FAILURES:
            self._connection.terminate()

    def _run(self, coroutine: Coroutine[Any, Any, Result]) -> Result:
        return self._thread.submit(self._runner.run, coroutine).result()


@contextmanager
def session(target: Target, *, alone: bool = True) -> Iterator[Session]:
    """Yield a session. Raises `Unavailable`."""
    found = Session(target, alone=alone)
    try:
        yield found
    finally:
        found.close()


def entries(
    target: Target, known: Known, *, alone: bool = True
) -> Iterator[tuple[Frame, list[AnyEntry]]]:
    """Yield every frame from the last checkpoint on with its entries, all of them checked.

    `alone`: as the owner of our host, who makes the tables on first use; otherwise only to look. Raises
    `InvalidConfig`, naming the frame, if one is not what was written or what was `known` is gone, and `Unavailable`.
    """
    position = START
    for found in _frames(target, known, alone=alone):
        if position == START and found.checkpoint:
            position = Position(found.number - 1, START.checksum)
        try:
            position = follow(position, found)
            decoded = found.decode()
        except Damaged as error:
            raise _damage(target, error.number, error.what) from error
        yield found, decoded


def _frames(target: Target, known: Known, *, alone: bool) -> Iterator[Frame]:
    prepare = tables.ensure if alone else tables.find
    with session(target, alone=alone) as asking:
        asking.ask(lambda connection: prepare(connection, target))
        first = asking.ask(lambda connection: _begin(connection, target, known))
        while True:
            rows = asking.ask(
                lambda connection, first=first: connection.fetch(  # type: ignore[misc]
                    f"SELECT {COLUMNS} FROM {target.schema}.frames"  # noqa: S608 - checked by the settings
                    " WHERE number >= $1 ORDER BY number LIMIT $2",
                    first,
                    CHUNK_FRAMES,
                )
            )
            if not rows:
                return
            for row in rows:
                yield read(row)
            first = rows[-1]["number"] + 1


async def _begin(connection: Connection, target: Target, known: Known) -> int:
    """Return the number of the last checkpoint, or 1. Raises `InvalidConfig` if what was known is gone."""
    begin = await connection.fetchval(
        f"SELECT max(number) FROM {target.schema}.frames WHERE checkpoint"  # noqa: S608 - checked by the settings
    )
    if known.position == START:
        return begin or 1
    there = await connection.fetchval(
        f"SELECT checksum FROM {target.schema}.frames WHERE number = $1",  # noqa: S608 - checked by the settings
        known.position.number,
    )
    moved_away = there is None and begin is not None and begin > known.position.number
    if there != known.position.checksum and not moved_away:
        what = "is gone" if there is None else "is another than it was"
        note = f"by {known.path}, which you may delete to go on with less"
        raise _damage(target, known.position.number, f"{what}, {note}")
    return begin or 1


async def insert_next(
    connection: Connection, target: Target, last: Position, written: Frame
) -> bool:
    """Write a frame in a turn of its own, if the log still ends at `last`; tell whether it did."""
    async with connection.transaction(isolation="read_committed"):
        await connection.execute(f"SELECT pg_advisory_xact_lock({lock_key(target.schema)})")
        row = await connection.fetchrow(
            f"SELECT number, checksum FROM {target.schema}.frames ORDER BY number DESC LIMIT 1"  # noqa: S608 - checked by the settings
        )
        if row is None or (row["number"], row["checksum"]) != last:
            return False
        await insert(connection, target, written)
    return True


def _damage(target: Target, number: int, what: str) -> InvalidConfig:
    advice = (
        f"{what}. Acknowledged money would be lost by going on: restore the database from a backup"
    )
    return InvalidConfig([Fault(str(target), f"frame {number}", advice)])
