"""The little of Redis's protocol that we speak: who to call, how to begin, what commands and answers look like."""

import ssl
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

import hiredis
import msgspec

from adapters.profiles.redis_store.names import SLOT_OF, SLOTS

Reply = Any
"""`bytes`, `int`, `None`, a list of these, or a `ReplyError`."""
ReplyError = hiredis.ReplyError
PORT = 6_379
_SCHEMES = frozenset({"redis", "rediss", "unix"})


class Address(NamedTuple):
    """Where a node listens; a Unix socket has the port 0 and its path as host."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}" if self.port else self.host


class Target(msgspec.Struct, frozen=True):
    """A Redis, or nodes of a cluster that know the others, and how to be let in."""

    addresses: tuple[Address, ...]
    opening: bytes = b""
    """The commands that begin each connection: who we are, which database."""
    openings: int = 0
    """How many those are."""
    tls: ssl.SSLContext | None = None
    cluster: bool = False

    def __repr__(self) -> str:
        return f"Target({', '.join(map(str, self.addresses))})"  # the password stands in `opening`


def pack(*parts: bytes | int | str) -> bytes:
    """Return a command as it is sent."""
    # Its types say a tuple of one.
    packed: bytes = hiredis.pack_command(parts)  # type: ignore[arg-type]
    return packed


def reader() -> Any:
    """Return a parser: `feed` it bytes, `gets` replies, False when none is whole. Errors come as values."""
    return hiredis.Reader(notEnoughData=False)


def target(
    urls: tuple[str, ...], password: str = "", ca_file: str | None = None, *, cluster: bool = False
) -> Target:
    """Read addresses like `redis://user@host:6379/0`, `rediss://` for TLS, `unix:///path?db=0`.

    Raises `ValueError` saying what to mend, without repeating a password.
    """
    addresses = []
    kinds = set()
    for url in urls:
        address, kind = _address(url)
        addresses.append(address)
        kinds.add(kind)
    if len(kinds) != 1:
        raise ValueError(
            "needs at least one address, and the same scheme, user and database in all"
        )
    scheme, user, database = kinds.pop()
    if cluster and (database or scheme == "unix"):
        raise ValueError("a cluster has the database 0 only, and no Unix socket")
    if len(addresses) > 1 and not cluster:
        raise ValueError(
            "several addresses are nodes of a cluster: say `cluster: true`, or name one"
        )
    opening = []
    if password:
        opening.append(pack("AUTH", user, password) if user else pack("AUTH", password))
    if database:
        opening.append(pack("SELECT", database))
    return Target(
        tuple(addresses), b"".join(opening), len(opening),
        ssl.create_default_context(cafile=ca_file) if scheme == "rediss" else None, cluster,
    )  # fmt: skip


def _address(url: str) -> tuple[Address, tuple[str, str, int]]:
    try:
        parts = urlsplit(url)
        port = parts.port or PORT
        words = parts.path.strip("/") if parts.scheme != "unix" else parts.query.removeprefix("db=")
        database = int(words or 0)
    except ValueError:
        raise ValueError("is no address like `redis://host:6379/0`") from None
    if parts.scheme not in _SCHEMES or not (parts.hostname or parts.scheme == "unix"):
        raise ValueError("is no address like `redis://host:6379`, `rediss://...` or `unix:///path`")
    if parts.password is not None:
        raise ValueError("has a password in it; write it to a file of mode 600 for `password_file`")
    user = unquote(parts.username or "")
    if parts.scheme == "unix":
        return Address(str(Path(parts.path)), 0), ("unix", user, database)
    return Address(parts.hostname or "", port), (parts.scheme, user, database)


def masters(reply: Reply, asked: Address) -> list[Address | None]:
    """Return who answers for each bucket, from the answer of `asked` to `CLUSTER SLOTS`; None for nobody.

    Raises `ValueError` if it is no such answer.
    """
    by_slot: list[Address | None] = [None] * SLOTS
    try:
        for first, last, (host, port, *_), *_ in reply:
            # A node that does not know its own name yet means itself.
            name = host.decode("ascii") if host not in {None, b"", b"?"} else asked.host
            by_slot[first : last + 1] = [Address(name, port)] * (last + 1 - first)
    except (TypeError, ValueError, AttributeError):
        raise ValueError("no map of a cluster") from None
    return [by_slot[slot] for slot in SLOT_OF]


def moved(error: hiredis.ReplyError, asked: Address) -> tuple[Address, bool] | None:
    """Return where to ask instead, and whether for once only (`ASK`); None if it says nothing of that."""
    words = str(error).split()
    if len(words) != 3 or words[0] not in {"MOVED", "ASK"}:  # noqa: PLR2004 - `MOVED slot host:port`
        return None
    host, _, port = words[2].rpartition(":")
    return Address(host or asked.host, int(port)), words[0] == "ASK"
