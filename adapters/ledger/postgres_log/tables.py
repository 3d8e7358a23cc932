"""The tables of the log: made on first use, and read only if this version made them."""

from adapters.ledger.postgres_log.connecting import Connection, lock_key
from adapters.ledger.postgres_log.target import Target
from adserver.errors import Fault, InvalidConfig

VERSION = 1

_TABLES = """
CREATE TABLE {schema}.frames (
    number bigint PRIMARY KEY CHECK (number > 0),
    host text NOT NULL,
    entries bytea NOT NULL,
    checksum bigint NOT NULL,
    written_at timestamptz NOT NULL DEFAULT now(),
    checkpoint boolean NOT NULL DEFAULT false
);
CREATE INDEX frames_checkpoints ON {schema}.frames (number) WHERE checkpoint;
CREATE TABLE {schema}.version (version integer NOT NULL);
INSERT INTO {schema}.version VALUES ({version});
"""


async def ensure(connection: Connection, target: Target) -> None:
    """Make the tables unless they are there. Raises `InvalidConfig` if they or the server are not as they must be."""
    if await connection.fetchval("SHOW fsync") != "on":
        raise _fault(target, "fsync", "is off: a power cut would lose money; switch it on")
    if not await _there(connection, target):
        async with connection.transaction():
            # The log's own lock: nobody writes, and of several first ones only one makes the tables.
            await connection.execute(f"SELECT pg_advisory_xact_lock({lock_key(target.schema)})")
            if not await _there(connection, target):
                await _make(connection, target)
    await _check(connection, target)


async def find(connection: Connection, target: Target) -> None:
    """Raises `InvalidConfig` if the tables are not there, or not ours."""
    if not await _there(connection, target):
        raise _fault(target, "$", "has no ledger: no server has begun one there")
    await _check(connection, target)


async def _check(connection: Connection, target: Target) -> None:
    versions = await connection.fetch(f"SELECT version FROM {target.schema}.version")  # noqa: S608 - checked by the settings
    found = [row["version"] for row in versions]
    if found != [VERSION]:
        said = f"another version wrote this ({found}; this one reads {VERSION})"
        raise _fault(target, "version", f"{said}: use that version, or another `schema`")


async def _there(connection: Connection, target: Target) -> bool:
    # Not `to_regclass`: its cache may be from before the lock.
    named = "SELECT 1 FROM pg_tables WHERE schemaname = $1 AND tablename = 'version'"
    return await connection.fetchval(named, target.schema) is not None


async def _make(connection: Connection, target: Target) -> None:
    # Not `IF NOT EXISTS`: that wants rights on the database even where the schema is there.
    named = "SELECT 1 FROM pg_namespace WHERE nspname = $1"
    if await connection.fetchval(named, target.schema) is None:
        await connection.execute(f"CREATE SCHEMA {target.schema}")
    await connection.execute(_TABLES.format(schema=target.schema, version=VERSION))


def _fault(target: Target, at: str, message: str) -> InvalidConfig:
    return InvalidConfig([Fault(str(target), at, message)])
