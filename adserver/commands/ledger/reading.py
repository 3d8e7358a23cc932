"""Reading the ledger's log without being its owner: nothing is written, no lock is taken, and an owner may go on."""

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import sha256
from io import BufferedReader
from pathlib import Path
from typing import NamedTuple, Protocol

import msgspec
from rich.progress import Progress

from adapters.ledger import postgres
from adapters.ledger.journal import HEADER, good_frame_within, read_frame
from adserver import bootstrap
from adserver.commands.terminal import err
from adserver.config import Loaded
from adserver.domain.checkpoints import checkpoint
from adserver.domain.entries import AnyEntry
from adserver.domain.ledger import LIFETIME, Ledger
from adserver.domain.money import Nanos
from adserver.errors import Fault, InvalidConfig

AGAIN_S = 0.2
"""A frame that is just being written is whole a moment later."""

_encode = msgspec.msgpack.Encoder().encode


class Step(NamedTuple):
    """Entries that became durable together."""

    place: str
    """Where they stand: `byte 18`, or `frame 1`."""
    entries: Sequence[AnyEntry]
    done_bytes: int = 0
    """How far the log is read."""


class Log(Protocol):
    """Somewhere that entries stand."""

    name: str
    size_bytes: int | None
    """`None`: nobody knows."""
    shared: bool
    """Whether other servers write to it, too."""
    unfinished_bytes: int
    """What stands at the end and is no whole frame: being written, or torn. Nothing in it was acknowledged."""

    def steps(self) -> Iterator[Step]:
        """Yield everything in order. Raises `InvalidConfig` with the place of damage, and `Unavailable`."""


class FileLog:
    """The file of one server."""

    shared = False

    def __init__(self, path: Path) -> None:
        self.name = str(path)
        self.unfinished_bytes = 0
        self._path = path
        try:
            self.size_bytes: int | None = path.stat().st_size
        except FileNotFoundError:
            message = "is not there: no server has run with these settings yet"
            raise InvalidConfig([Fault(self.name, "$", message)]) from None

    def steps(self) -> Iterator[Step]:
        """Yield every frame that is whole; a broken one with a good one behind it is damage."""
        with self._path.open("rb") as source:
            header = source.read(len(HEADER))
            if header != HEADER:
                if not HEADER.startswith(header):
                    raise self._damage(0, "this is no ledger")
                self.unfinished_bytes = len(header)
                return
            at = len(HEADER)
            while True:
                entries, frame_bytes = self._frame(source, at)
                if not frame_bytes:
                    return
                yield Step(f"byte {at}", entries, at + frame_bytes)
                at += frame_bytes

    def _frame(self, source: BufferedReader, at: int) -> tuple[list[AnyEntry], int]:
        for patience_s in (AGAIN_S, 0.0):
            source.seek(at)
            try:
                entries, frame_bytes = read_frame(source)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                raise self._damage(at, f"another version wrote this ({error})") from error
            left = os.fstat(source.fileno()).st_size - at
            if frame_bytes or left <= 0:
                return entries, frame_bytes
            time.sleep(patience_s)
        source.seek(at)
        tail = source.read()
        if good_frame_within(tail):
            raise self._damage(at, "this frame is damaged, though later ones are good")
        self.unfinished_bytes = len(tail)
        return [], 0

    def _damage(self, at: int, what: str) -> InvalidConfig:
        return InvalidConfig([Fault(self.name, f"byte {at}", what)])


class StoredLog:
    """The log of several servers."""

    size_bytes: int | None = None
    shared = True
    unfinished_bytes = 0

    def __init__(self, config: postgres.Config, folder: Path, own: Path) -> None:
        """Read what a configuration relative to `folder` names; `own` is where this server's owner has its notes."""
        self.name = f"the ledger {config.schema} in PostgreSQL"
        self._config = config.within(folder)
        self._own = own

    def steps(self) -> Iterator[Step]:
        """Yield every frame; their checksums are checked on the way, and that what our owner knew is there."""
        for number, _, entries in self._config.read(self._own):
            yield Step(f"frame {number}", entries)


class Read(NamedTuple):
    """A log, folded."""

    ledger: Ledger
    entries: int
    refused: str
    """Where an entry cannot follow those before it, and why; reading ended there. Nothing if all could."""


def open_log(loaded: Loaded) -> Log:
    """Return the log that the settings name. Raises `InvalidConfig` if there is none."""
    own = bootstrap.places(loaded).journal
    config = loaded.settings.ledger
    if isinstance(config, postgres.Config):
        return StoredLog(config, loaded.file.parent, own)
    return FileLog(own)


def shown(log: Log, what: str, *, quiet: bool) -> Iterator[Step]:
    """Yield the steps of a log with a bar on the terminal."""
    with Progress(console=err, disable=quiet or not err.is_terminal, transient=True) as progress:
        task = progress.add_task(what, total=log.size_bytes)
        for step in log.steps():
            yield step
            progress.update(task, completed=step.done_bytes)


Look = Callable[[Ledger, AnyEntry, str], None]
"""Sees each entry, and where it stands, before it is applied."""


def fold(log: Log, *, quiet: bool, look: Look = lambda *_: None) -> Ledger:
    """Return all totals of a log. Raises `InvalidConfig` if it is damaged, and `Unavailable`."""
    read = apply(shown(log, "reading the ledger", quiet=quiet), look)
    if read.refused:
        raise InvalidConfig([Fault(log.name, "$", f"{read.refused}; run `adserver ledger verify`")])
    return read.ledger


def apply(steps: Iterator[Step], look: Look = lambda *_: None) -> Read:
    """Fold as far as entries can follow each other."""
    ledger, count = Ledger(), 0
    for step in steps:
        for entry in step.entries:
            look(ledger, entry, step.place)
            try:
                ledger.apply(entry)
            except KeyError as error:
                said = f"it names {error}, which is not known"
                return Read(ledger, count, f"{step.place}: {type(entry).__name__}: {said}")
            except ValueError as error:
                return Read(ledger, count, f"{step.place}: {type(entry).__name__}: {error}")
            count += 1
    return Read(ledger, count, "")


def state_hash(ledger: Ledger) -> str:
    """Return what is the same for the same state: 64 hexadecimal digits."""
    state = sha256()
    for name, value in msgspec.structs.asdict(checkpoint(ledger)).items():
        # In what order things came to be says nothing: only the books' payers are named by it.
        parts = value.items() if isinstance(value, dict) else value
        is_many = isinstance(parts, Iterable) and not isinstance(parts, str | bytes)
        lines = sorted(map(_encode, parts)) if is_many else [_encode(parts)]
        state.update(_encode((name, lines)))
    return state.hexdigest()


def totals(ledger: Ledger) -> dict[str, Nanos]:
    """Return sums over all advertisers, nanos."""
    advertisers = [
        account
        for name, account in ledger.accounts.items()
        if name.startswith("advertiser/") and name.endswith(LIFETIME)
    ]
    return {
        "settled": sum(account.settled for account in advertisers),
        "late": sum(account.late for account in advertisers),
        "outstanding": sum(account.outstanding for account in advertisers),
        "adjusted": sum(line.row.adjusted for line in ledger.books),
        "quarantined": ledger.quarantined,
        "leases": len(ledger.leases),
    }
