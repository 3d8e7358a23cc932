"""A connection to PostgreSQL that waits for nothing without a limit, and holds nothing longer than it may."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from typing import Any

import asyncpg

from adapters.ledger.postgres_log.target import Address, Target
from adserver.errors import Unavailable

Connection = Any  # asyncpg ships no types
FAILURES = (
    asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, EOFError,
)  # fmt: skip
"""All that a connection may fail with; timeouts are `OSError`s."""
GONE_MS = 5_000
"""The server takes a machine for gone that has not acknowledged what it was sent for so long."""


def lock_key(*names: str) -> int:
    """Return the number of an advisory lock."""
    digest = blake2b("\0".join(("adserver ledger", *names)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


async def connect(target: Target, statement_s: float, *, alone: bool = True) -> Connection:
    """Return a connection to the first address that takes writes; a statement may take `statement_s`.

    `alone`: nobody else writes for our host as long as it lives, and whatever an earlier one of ours sent is over.
    Raises `Unavailable`.
    """
    faults = []
    for address in target.addresses:
        try:
            connection = await _connect(target, address, statement_s)
        except FAILURES as error:
            faults.append(f"{address}: {words(error)}")
        else:
            if alone:
                await _be_the_only_one(connection, target)
            return connection
    raise Unavailable(f"cannot reach the ledger {target}: {'; '.join(faults)}")


async def _connect(target: Target, address: Address, statement_s: float) -> Connection:
    return await asyncpg.connect(
        host=address.host, port=address.port, user=target.user, database=target.database,
        password=target.password,  # never nothing: asyncpg would look for one elsewhere
        ssl=target.tls or False, timeout=target.connect_s, target_session_attrs="read-write",
        server_settings={
            "application_name": f"adserver ledger {target.host}".encode("ascii", "replace").decode()[:63],
            # Whatever the server, the database or the role has as default.
            "synchronous_commit": "on",
            "statement_timeout": _ms(statement_s + target.wait_s),  # waiting for a lock counts
            "lock_timeout": _ms(target.wait_s),
            # Who is frozen in a turn loses it, connection, locks and all.
            "idle_in_transaction_session_timeout": _ms(target.turn_s),
            # And so does who is cut off, or reads no more of what it asked for.
            "tcp_user_timeout": str(GONE_MS), "tcp_keepalives_idle": "2",
            "tcp_keepalives_interval": "1", "tcp_keepalives_count": "3",
        },
    )  # fmt: skip


async def _be_the_only_one(connection: Connection, target: Target) -> None:
    try:
        with limit(connection, target.wait_s + target.step_s):
            key = lock_key(target.schema, target.host)
            await connection.execute(f"SELECT pg_advisory_lock({key})")
    except asyncpg.LockNotAvailableError:
        connection.terminate()
        raise Unavailable(
            f"another owner of host {target.host} writes to the ledger {target}, or did a moment ago;"
            " give each server a `host` of its own"
        ) from None
    except BaseException as error:
        connection.terminate()
        if isinstance(error, FAILURES):
            raise Unavailable(f"the ledger {target}: {words(error)}") from error
        raise


@contextmanager
def limit(connection: Connection, seconds: float) -> Iterator[None]:
    """Cut the connection if what is within takes longer, so that it fails.

    Not by a timeout of asyncpg's: that would ask the server to give up, and a commit that is given up while it waits
    for replicas is reported as done.
    """
    late = asyncio.get_running_loop().call_later(seconds, connection.terminate)
    try:
        yield
    except FAILURES as error:
        if late.when() <= asyncio.get_running_loop().time():
            raise TimeoutError(f"no answer within {seconds:g} s") from error
        raise
    finally:
        late.cancel()


def words(error: BaseException) -> str:
    """Return what an error says; some say nothing."""
    return " ".join(str(error).split()) or type(error).__name__


def _ms(seconds: float) -> str:
    return str(max(1, round(seconds * 1_000)))
