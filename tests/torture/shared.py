"""What servers share: a ledger in PostgreSQL, keys; and whole servers that die or stand still at once."""

import os
import shutil
import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from tests.endpoints.server import Json, Server
from tests.servers.postgres import LACKING, PostgresServer, binaries
from tests.torture.figures import Missing
from tests.torture.replay import Entry, entries

KEYS = ("token.keys", "person.key")
"""What servers must have in common, so that one understands what the other wrote."""
EXPECTED = (
    "ledger_unavailable",
    "process_refused",
    "owner_died",
    "worker_died",
    "contacts_unavailable",
)
"""What a server may log as an error while others hurt it, or the ledger."""


def needs_postgres() -> None:
    """Raise `Missing` without PostgreSQL."""
    if binaries() is None:
        raise Missing(LACKING)


def in_postgres(database: PostgresServer, host: str) -> Json:
    """Return the settings of a ledger in a database, for a server of this name."""
    return {
        "kind": "postgres", "url": database.url, "password_file": str(database.password_file), "host": host,
    }  # fmt: skip


def of_database(database: PostgresServer) -> Callable[[], Iterator[Entry]]:
    """Return what reads all entries of the ledger in a database."""
    question = "SELECT entries FROM adserver.frames ORDER BY number"
    return lambda: entries(bytes(row[0]) for row in database.execute(question))


def share_keys(first: Server, other: Server) -> None:
    """Give a server that has not begun yet the keys of another."""
    other.state.mkdir(mode=0o700)
    for name in KEYS:
        shutil.copy2(first.state / name, other.state / name)


def processes(server: Server) -> list[int]:
    """Return all processes of a server, the supervisor first."""
    found = [server.pid()]
    for pid in found:
        with suppress(FileNotFoundError, ProcessLookupError):
            found += map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split())
    return found


def kill(server: Server) -> None:
    """Kill all its processes as a power cut does."""
    tell(processes(server), signal.SIGKILL)
    server.kill()


def tell(pids: Iterable[int], number: signal.Signals) -> None:
    """Send a signal to processes that may be gone."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)
