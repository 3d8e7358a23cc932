"""Which database, as whom, and how patient we are with it."""

import ssl
from urllib.parse import parse_qs, unquote, urlsplit

import msgspec

PORT = 5_432
FORM = "postgresql://user@host:5432/database"


class Address(msgspec.Struct, frozen=True):
    """Where a server listens; a Unix socket's folder is a host that begins with a slash."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


class Target(msgspec.Struct, frozen=True):
    """A database, and what a connection to it begins with."""

    addresses: tuple[Address, ...]
    """Tried in turn; the one that takes writes is taken."""
    user: str
    database: str
    schema: str
    """Letters, digits and underscores only: it stands in statements as it is."""
    host: str
    """The name of this server in the log."""
    password: str = ""
    tls: ssl.SSLContext | None = None
    connect_s: float = 1.0
    step_s: float = 2.0
    """So long the database may take for one statement."""
    turn_s: float = 2.0
    """So long whoever has the turn may be silent."""

    def __str__(self) -> str:
        where = ",".join(map(str, self.addresses))
        return f"postgresql://{self.user}@{where}/{self.database}, schema {self.schema}"

    def __repr__(self) -> str:
        return f"Target({self})"  # never the password

    @property
    def wait_s(self) -> float:
        """So long a lock is waited for: whoever holds it frozen has lost it before."""
        return self.turn_s + self.step_s


def read_url(url: str) -> tuple[tuple[Address, ...], str, str]:
    """Return the addresses, the user and the database of `postgresql://user@host:5432/database`.

    Several hosts stand side by side, with commas; a Unix socket is `postgresql://user@/database?host=/folder`.
    Raises `ValueError` saying what to mend, without repeating a password.
    """
    parts = urlsplit(url)
    who, at, where = parts.netloc.rpartition("@")
    if ":" in who:
        raise ValueError("has a password in it; write it to a file of mode 600 for `password_file`")
    database = unquote(parts.path.removeprefix("/"))
    if parts.scheme not in {"postgresql", "postgres"} or not (at and who) or parts.fragment:
        raise ValueError(f"is no address like `{FORM}`")
    if not database or "/" in database:
        raise ValueError(f"names no database: `{FORM}`")
    options = parse_qs(parts.query, keep_blank_values=True)
    if options.keys() - {"host"}:
        raise ValueError(
            "may have `?host=` for the folder of a Unix socket behind it, nothing else"
        )
    if options and not where:
        return (Address(options["host"][-1], PORT),), unquote(who), database
    if options or not where:
        raise ValueError("names a host before the database, or `?host=` behind it")
    return tuple(map(_address, where.split(","))), unquote(who), database


def _address(text: str) -> Address:
    try:
        parts = urlsplit(f"//{text}")
        port = PORT if parts.port is None else parts.port
    except ValueError:
        raise ValueError(f"has an address that is none: `{FORM}`") from None
    if not parts.hostname or not port:
        raise ValueError(f"has an address without host or port: `{FORM}`")
    return Address(parts.hostname, port)
