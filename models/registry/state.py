"""The registry's one file, `<root>/registry.json`: the roles of every kind, replaced in one step."""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from adserver.domain.moment import rfc3339
from adserver.errors import Fault, InvalidConfig
from models.registry.files import read_checked, write_checked
from models.registry.manifest import KINDS, NAME, Kind
from models.registry.roles import Refused, Roles

FILE_NAME = "registry.json"
_FORMAT = 1
_ADVICE = (
    "restore it from a backup, or move it away: then `adserver models promote` what is to serve"
)


class State(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who serves, by kind."""

    kinds: dict[Kind, Roles] = {}
    format: int = _FORMAT

    def roles(self, kind: Kind) -> Roles:
        """Return the roles of a kind; nobody has one until something is trained."""
        return self.kinds.get(kind, Roles())


def read_state(root: Path) -> State:
    """Return who serves; no file: nobody. Raises `InvalidConfig` with what to mend."""
    return read_checked(root / FILE_NAME, State(), _check, _ADVICE)


def change(root: Path, kind: Kind, changed: Callable[[Roles], Roles]) -> Roles:
    """Change the roles of a kind, one after the other, and return them as they are then.

    Raises `InvalidConfig` if the file cannot be used or written, or `changed` says no with `Refused`.
    """
    with alone(root):
        state = read_state(root)
        before = state.roles(kind)
        try:
            roles = changed(before)
        except Refused as refused:
            raise InvalidConfig([Fault("command line", "NAME", str(refused))]) from None
        if roles != before:
            kinds = {
                each: state.roles(each) for each in KINDS if each in state.kinds or each == kind
            }
            with _told(root / FILE_NAME):
                write_checked(root / FILE_NAME, State({**kinds, kind: roles}), _check)
        return roles


@contextmanager
def alone(root: Path) -> Iterator[None]:
    """Keep others from changing the registry meanwhile. Raises `InvalidConfig`."""
    with _told(root):
        root.mkdir(parents=True, exist_ok=True)
        folder = os.open(root, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def now_text() -> str:
    """Return the time as manifests and histories write it."""
    return rfc3339(time.time())


def _check(state: State) -> None:
    if state.format != _FORMAT:
        raise ValueError(f"is of format {state.format}, and this version reads {_FORMAT}")
    for roles in state.kinds.values():
        for name in (*roles.named(), *roles.past):
            if not NAME.fullmatch(name):
                raise ValueError(f"names {name[:80]!r}, which is no name of a model")


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        message = f"cannot be written to: {error.strerror or error}"
        raise InvalidConfig([Fault(str(path), "$", message)]) from None
