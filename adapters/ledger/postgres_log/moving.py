"""How a log begins that goes on where a ledger of one server ended."""

import asyncpg

from adapters.ledger.postgres_log import tables
from adapters.ledger.postgres_log.connecting import Connection, lock_key
from adapters.ledger.postgres_log.frames import COLUMNS, START, Frame, frame, insert, read
from adapters.ledger.postgres_log.starting import session
from adapters.ledger.postgres_log.target import Target
from adserver.domain.entries import Checkpoint
from adserver.errors import Fault, InvalidConfig, Unavailable


def begin(target: Target, point: Checkpoint) -> None:
    """Make `point` the first frame of an empty log; nothing happens if it is that already.

    Raises `InvalidConfig` if the log began otherwise, and `Unavailable`, also while an owner of this host runs.
    """
    try:
        written = frame(START, target.host, [point], checkpoint=True)
    except ValueError as error:
        raise Unavailable(f"cannot begin the ledger {target}: {error}") from error
    with session(target) as asking:
        asking.ask(lambda connection: tables.ensure(connection, target))
        found = asking.ask(lambda connection: _begin(connection, target, written))
    if found != written:
        began = f"has a ledger already, begun by {found.host}: a file can only be its beginning. Give `schema` another name"
        raise InvalidConfig([Fault(str(target), "frame 1", began)])


async def _begin(connection: Connection, target: Target, written: Frame) -> Frame:
    """Return the first frame, which is the given one unless there are others."""
    async with connection.transaction(isolation="read_committed"):
        await connection.execute(f"SELECT pg_advisory_xact_lock({lock_key(target.schema)})")
        row: asyncpg.Record | None = await connection.fetchrow(
            f"SELECT {COLUMNS} FROM {target.schema}.frames ORDER BY number LIMIT 1"  # noqa: S608 - checked by the settings
        )
        if row is None:
            await insert(connection, target, written)
            return written
    return read(row)
