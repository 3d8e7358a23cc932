"""The file of the tokens' keys: read by every worker while it serves, changed in one step, for its owner's eyes only.

A line is `<id 0-255> <64 hexadecimal digits> [<from when on it seals, RFC 3339 UTC>]`. A key opens tokens as soon as it
stands there; so a new one is announced first, and seals when every worker has read it.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import structlog

from adserver.domain.moment import epoch_seconds, rfc3339
from adserver.durable import Stamp, read_secret, replacing, stamp
from adserver.endpoints.tokens import Key, TokenVault
from adserver.errors import Fault, InvalidConfig
from adserver.ports import Clock

SECRET_BYTES = 32
IDS = 256
_HEADER = "# id, secret, and from when on it seals; `adserver keys` changes this file\n"

_log = structlog.get_logger()


def make_keys(path: Path) -> None:
    """Write a key file with one fresh key.

    Raises `InvalidConfig` if the file exists: overwriting keys would turn every notice under way into a forgery.
    """
    with _told(path):
        try:
            with replacing(path, mode=0o600, anew=True) as file:
                file.write(_text([Key(1, os.urandom(SECRET_BYTES))]))
        except FileExistsError:
            raise _invalid(path, "$", "exists already; move it away to start anew") from None


def load_keys(path: Path) -> tuple[Key, ...]:
    """Return the keys of a file in its order. Raises `InvalidConfig` with what to mend."""
    content = read_secret(path)
    try:
        lines = content.decode("ascii").splitlines()
    except UnicodeDecodeError as failure:
        raise _invalid(path, "$", f"cannot be read: {failure}") from None
    keys = tuple(
        _key(path, number, line)
        for number, line in enumerate(lines, 1)
        if line.strip() and not line.startswith("#")
    )
    if not keys or len({key.id for key in keys}) != len(keys):
        raise _invalid(path, "$", "needs at least one key, and every id only once")
    return keys


def write_keys(path: Path, keys: Sequence[Key]) -> None:
    """Replace the file in one step and durably; it stays whose it is. Raises `InvalidConfig`."""
    with _told(path), replacing(path, mode=0o600) as file:
        before = path.stat()
        if os.geteuid() == 0:  # a server of another user must still be able to read it
            os.fchown(file.fileno(), before.st_uid, before.st_gid)
        file.write(_text(keys))


class KeyFile:
    """Keeps a vault to what the file says; call `poll` at least every half second."""

    def __init__(self, path: Path, clock: Clock) -> None:
        """Read the file. Raises `InvalidConfig`."""
        self._path = path
        self._clock = clock
        self._stamp = stamp(path)
        """What the file looked like when it was last read."""
        self._failure: tuple[Stamp | None, str] | None = None
        """Why it could not be read since; told once."""
        self.vault = TokenVault(load_keys(path), clock.now())
        # A worker that read the file a moment later may have sealed with a key that we do not know yet.
        self.vault.look_again = self.poll

    def poll(self) -> None:
        """Look whether the file changed or another key's time has come; a damaged file changes nothing."""
        found, now_s = stamp(self._path), self._clock.now()
        if found == self._stamp:
            self.vault.follow(now_s)
            return
        try:
            keys = load_keys(self._path)
        except InvalidConfig as error:
            # What ails it may pass without the file changing (too many are open): it is tried again each time.
            self.vault.follow(now_s)
            failure = (found, str(error))
            if failure != self._failure:
                self._failure = failure
                _log.error("keys_unreadable", error=str(error), in_force="those from before")
            return
        self._stamp, self._failure = found, None
        self.vault.use(keys, now_s)
        _log.info("keys_changed", keys=[key.id for key in keys])


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Say what keeps us from writing."""
    try:
        yield
    except OSError as error:
        raise _invalid(path, "$", f"cannot be written: {error.strerror or error}") from None


def _text(keys: Sequence[Key]) -> bytes:
    return (_HEADER + "".join(map(_line, keys))).encode("ascii")


def _line(key: Key) -> str:
    time = f" {rfc3339(key.seals_from_s)}" if key.seals_from_s else ""
    return f"{key.id} {key.secret.hex()}{time}\n"


def _key(path: Path, number: int, line: str) -> Key:
    try:
        identifier, secret, *times = line.split()
        (from_s,) = [epoch_seconds(time) for time in times] or [0]
        key = Key(int(identifier), bytes.fromhex(secret), from_s)
    except ValueError:
        key = Key(-1, b"")
    if not 0 <= key.id < IDS or len(key.secret) != SECRET_BYTES:
        # The line itself may hold a secret: it is not repeated.
        expected = "expected `<id 0-255> <64 hexadecimal digits>` and perhaps a time like 2026-01-31T12:00:00Z"
        raise _invalid(path, f"line {number}", expected)
    return key


def _invalid(path: Path, where: str, message: str) -> InvalidConfig:
    return InvalidConfig([Fault(str(path), where, message)])
