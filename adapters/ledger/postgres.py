"""The ledger in PostgreSQL: for several servers that spend the same budgets.

How turns are taken is in `postgres_log/store.py`, what stands in the table in `postgres_log/frames.py`.
"""

import socket
import ssl
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from adapters.ledger.postgres_log.target import Target, read_url
from adserver.domain.entries import AnyEntry, Checkpoint
from adserver.durable import read_password
from adserver.errors import Fault, InvalidConfig
from adserver.ports import LedgerStore


class Config(
    msgspec.Struct, tag="postgres", tag_field="kind", frozen=True, forbid_unknown_fields=True
):
    """A PostgreSQL of version 13 or later that several servers share.

    [How it works](../how-to/several-servers.md).
    """

    url: str
    """`postgresql://user@host:5432/database`; several hosts with commas between, of which the one that takes writes is
    taken; `postgresql://user@/database?host=/folder` for a Unix socket.
    """
    password_file: str | None = None
    """A file of mode 600 that holds the password and nothing else."""
    tls: bool = False
    """Whether to speak TLS; the server's certificate is checked."""
    ca_file: str | None = None
    """With TLS: certificates to believe in place of the system's."""
    schema: Annotated[str, Meta(pattern="^[a-z_][a-z0-9_]{0,62}$")] = "adserver"
    """Where in the database the ledger is; servers with the same one share budgets."""
    host: Annotated[str, Meta(max_length=200)] = ""
    """This server's name in the ledger, another for each; nothing means the machine's."""
    connect_timeout_ms: Annotated[int, Meta(ge=10, le=10_000)] = 1_000
    """So long connecting to a host may take, milliseconds."""
    timeout_ms: Annotated[int, Meta(ge=50, le=60_000)] = 2_000
    """So long the database may take for one statement, milliseconds."""
    turn_timeout_ms: Annotated[int, Meta(ge=100, le=60_000)] = 2_000
    """A server that has the turn to write and says nothing for so long loses it, milliseconds."""

    def __post_init__(self) -> None:
        try:
            read_url(self.url)
        except ValueError as error:
            raise ValueError(f"`url` {error}") from None
        if self.ca_file and not self.tls:
            raise ValueError("`ca_file` is of use with `tls: true` only")

    def within(self, folder: Path) -> "Config":
        """Return the same with files relative to a folder."""
        names = ("password_file", "ca_file")
        files = {name: str(folder / file) for name in names if (file := getattr(self, name))}
        return msgspec.structs.replace(self, **files)

    def build(self, path: Path) -> LedgerStore:
        """Return the store; beside `path`, where a ledger of one server would be, it notes how far it knew the log.

        It connects when first asked. Raises `InvalidConfig`, also if there is one: its totals would be forgotten.
        """
        if path.exists():
            advice = (
                "is the ledger from before, which the database does not know: `adserver ledger move` takes it along;"
                " or move the file away to begin without"
            )
            raise InvalidConfig([Fault(str(path), "$", advice)])
        # Not above: workers read the settings, too, and asyncpg would take 17 MB of each.
        from adapters.ledger.postgres_log.known import Known  # noqa: PLC0415
        from adapters.ledger.postgres_log.store import PostgresLedger  # noqa: PLC0415

        return PostgresLedger(self._target(), Known(_note(path)))

    def begin_with(self, point: Checkpoint) -> None:
        """Begin the log with what another ledger knew; nothing happens if it began so already.

        Raises `InvalidConfig` if it began otherwise, and `Unavailable`.
        """
        from adapters.ledger.postgres_log.moving import begin  # noqa: PLC0415 - ditto

        begin(self._target(), point)

    def read(self, path: Path) -> Iterator[tuple[int, str, Sequence[AnyEntry]]]:
        """Yield every frame from the last checkpoint on: its number, who wrote it, its entries. Writes nothing.

        Owners may be running, ours as well; `path` as of `build`. Raises `InvalidConfig` and `Unavailable`.
        """
        from adapters.ledger.postgres_log.known import Known  # noqa: PLC0415 - ditto
        from adapters.ledger.postgres_log.starting import entries  # noqa: PLC0415 - ditto

        for frame, found in entries(self._target(), Known(_note(path)), alone=False):
            yield frame.number, frame.host, found

    def _target(self) -> Target:
        addresses, user, database = read_url(self.url)
        return Target(
            addresses, user, database, self.schema, self.host or socket.gethostname(),
            password=read_password(self.password_file, "$.ledger.password_file"),
            tls=self._context() if self.tls else None,
            connect_s=self.connect_timeout_ms / 1_000,
            step_s=self.timeout_ms / 1_000,
            turn_s=self.turn_timeout_ms / 1_000,
        )  # fmt: skip

    def _context(self) -> ssl.SSLContext:
        try:
            return ssl.create_default_context(cafile=self.ca_file)
        except OSError as error:
            fault = Fault(str(self.ca_file), "$.ledger.ca_file", f"cannot be used: {error}")
            raise InvalidConfig([fault]) from None


def _note(path: Path) -> Path:
    return path.with_name(f"{path.name}.known")
