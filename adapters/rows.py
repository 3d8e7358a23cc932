"""Rows of files that others wrote: one line is one row, so that a stray quote spoils its own row and no other.

A bad row is skipped and reported with its number.
"""

import csv
import gzip
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from adserver.errors import Fault, InvalidConfig

MAX_LINE_BYTES = 1 << 16
MAX_FAULTS = 1_000
"""Bad rows that are described; beyond, they are only counted."""
MAX_ID_LENGTH = 256
MAX_SEGMENTS = 1_000
_KIND = re.compile(r"[a-z][a-z0-9_]{0,31}|eid:[a-z0-9.-]{1,100}")
_SEGMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/+-]{0,127}")

Row = TypeVar("Row")


class BadField(ValueError):
    """One field of a row is wrong."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.at = f"$.{name}"


class BadRows:
    """What was wrong with the rows that were skipped."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        """The first `MAX_FAULTS`."""
        self.skipped = 0
        """How many rows there were."""

    def add(self, path: Path, number: int, error: Exception) -> None:
        """Remember why a row was skipped."""
        self.skipped += 1
        if len(self.faults) < MAX_FAULTS:
            said = "is not UTF-8 text" if isinstance(error, UnicodeDecodeError) else str(error)
            self.faults.append(Fault(f"{path}:{number}", getattr(error, "at", "$"), said))


class SkipsBadRows:
    """What loaders tell of the rows that they skipped in their last reading."""

    def __init__(self) -> None:
        self._bad = BadRows()

    @property
    def faults(self) -> Sequence[Fault]:
        """What was wrong with them, the first 1,000."""
        return self._bad.faults

    @property
    def skipped(self) -> int:
        """How many rows those were."""
        return self._bad.skipped


def texts(path: Path, read: Callable[[int, str], Row | None], bad: BadRows) -> Iterator[Row]:
    """Yield what `read` makes of each line and its number, from 1; nothing, if it returns nothing.

    A line of which it raises `ValueError` or `csv.Error`, or that is no text, goes to `bad`. Plain or gzip.
    Raises `InvalidConfig` if the file cannot be read to its end.
    """
    for number, line in enumerate(_lines(path), 1):
        try:
            if len(line) > MAX_LINE_BYTES:
                raise ValueError(f"longer than {MAX_LINE_BYTES} bytes")  # noqa: TRY301 reported below like all else
            row = read(number, line.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n"))
        except (ValueError, csv.Error) as error:
            bad.add(path, number, error)
        else:
            if row is not None:
                yield row


def fields(text: str, names: list[str], delimiter: str = ",") -> list[str]:
    """Return the columns of a row, without the space around them. Raises `ValueError`, `csv.Error`."""
    found = next(csv.reader([text], strict=True, delimiter=delimiter))
    if len(found) != len(names):
        raise ValueError(f"{len(found)} columns where {', '.join(names)} are expected")
    return [each.strip() for each in found]


def person_id(kind: str, identifier: str) -> tuple[str, str]:
    """Return an id as it is compared, behind its kind. Raises `ValueError`; it repeats the kind, not the id."""
    if not _KIND.fullmatch(kind):
        raise ValueError(
            f"{kind[:40]!r} is no kind of id, such as buyeruid, ifa or eid:partner.example"
        )
    identifier = identifier.strip()
    if not identifier or len(identifier) > MAX_ID_LENGTH or not identifier.isprintable():
        raise ValueError(f"the id must be 1 to {MAX_ID_LENGTH} printable characters")
    return kind, identifier.lower() if kind == "ifa" else identifier


def segment_names(listed: str) -> tuple[str, ...]:
    """Return names of segments that are parted by `|`. Raises `ValueError`."""
    names = [name.strip() for name in listed.split("|")] if listed else []
    for name in names:
        if not _SEGMENT.fullmatch(name):
            raise ValueError(f"{name[:40]!r} is no name of a segment")
    if len(names) > MAX_SEGMENTS:
        raise ValueError(f"more than {MAX_SEGMENTS} segments")
    return tuple(names)


def _lines(path: Path) -> Iterator[bytes]:
    """Yield lines; of one that is too long only its beginning, which shows in its length."""
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            while line := file.readline(MAX_LINE_BYTES + 1):
                yield line
                while len(line) > MAX_LINE_BYTES and not line.endswith(b"\n"):
                    line = file.readline(MAX_LINE_BYTES + 1)
                    if not line:
                        return
    except (OSError, EOFError, zlib.error) as error:
        why = getattr(error, "strerror", None) or error
        raise InvalidConfig([Fault(str(path), "$", f"cannot be read to its end: {why}")]) from None
