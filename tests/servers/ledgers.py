"""Ledgers in a real PostgreSQL, each in a schema of its own."""

from itertools import count
from pathlib import Path

from adapters.ledger.postgres import Config
from adapters.ledger.postgres_log.known import Known
from adapters.ledger.postgres_log.store import PostgresLedger
from tests.servers.postgres import PostgresServer

TURN_MS = 500
_schemas = count(1)


class PostgresLog:
    """A log that has nothing in it, and the stores that write to it."""

    def __init__(self, server: PostgresServer, folder: Path) -> None:
        self.server = server
        self.schema = f"ledger_{next(_schemas)}"
        self._folder = folder
        self.port = server.port
        """Another, if there is a line before the server."""

    def config(self, host: str) -> Config:
        """Return the settings of a server that is less patient than usual."""
        url = self.server.url.replace(str(self.server.port), str(self.port))
        return Config(
            url, password_file=str(self.server.password_file), schema=self.schema, host=host,
            timeout_ms=1_000, turn_timeout_ms=TURN_MS,
        )  # fmt: skip

    def note(self, host: str) -> Path:
        """Return where a host notes how far it knew the log."""
        return self._folder / f"{host}.known"

    def store(self, host: str) -> PostgresLedger:
        """Return what a server of this name writes by."""
        return PostgresLedger(self.config(host)._target(), Known(self.note(host)))

    def cut(self, host: str) -> None:
        """Cut a host's connection from the server's side."""
        self.server.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"  # noqa: S608 - our own names
            f" WHERE application_name = 'adserver ledger {host}'"
        )

    def execute(self, statement: str) -> list[tuple[object, ...]]:
        """Run a statement about the table `frames` as the administrator."""
        rows = self.server.execute(f"SET search_path = {self.schema}", statement)
        return [tuple(row) for row in rows]

    def numbers(self) -> list[object]:
        """Return the numbers of all frames."""
        return [number for (number,) in self.execute("SELECT number FROM frames ORDER BY number")]
