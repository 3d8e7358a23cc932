"""The event log as the learners read it: JSON lines in segment files, damaged ones counted."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import msgspec

from adserver.domain.validity import Correction, Corrections
from adserver.errors import Fault, InvalidConfig
from models.packing import unpacked

PACKED = ".parquet"
MAX_LINE_BYTES = 65_536
"""No event is longer; a longer line is read in pieces, and each piece counted as unreadable."""


@dataclass
class Tally:
    """How reading went; shown to the person who trains."""

    lines: int = 0
    torn: int = 0
    """Lines without an end: a writer died within them, or is still at it."""
    damaged: int = 0
    """Whole lines that are not an event of the expected shape."""


class Head(msgspec.Struct):
    """What every event of a bid begins with."""

    event: str
    at: float = 0.0
    """Seconds since the epoch."""
    bid: str = ""
    measured: bool = False
    trainable: bool = False
    invalid: str = ""
    """The rule by which an impression or a click comes from no person; `Corrections` say whether it stands."""

    @property
    def teaches(self) -> bool:
        """Whether models may learn from it."""
        return self.measured and self.trainable


class _Corrected(msgspec.Struct, tag_field="event", tag="correction"):
    rule: str
    start_s: int = msgspec.field(name="from")
    end_s: int = msgspec.field(name="to")
    valid: bool
    at: float


_CORRECTED = msgspec.json.Decoder(_Corrected)
_MARK = b'"correction"'


def corrections(files: Iterable[Path]) -> Corrections:
    """Return what was corrected, from all of a log: a correction stands behind what it is about.

    Damaged ones are passed over here; who reads the other events counts them. Raises `InvalidConfig` as `lines`.
    """
    found = []
    for file in files:
        for line in lines(file, Tally()):
            if _MARK in line:
                try:
                    made = _CORRECTED.decode(line)
                except (ValueError, RecursionError):  # msgspec and bad UTF-8 raise the first
                    continue
                found.append(
                    Correction(made.rule, made.start_s, made.end_s, made.valid, int(made.at))
                )
    return Corrections(found)


def segments(path: Path) -> list[Path]:
    """Return the segment files in a folder, in the order of their names, or the one file itself.

    A packed one (`.parquet`) counts where the plain one, beside it or in a folder above it, is gone; one of that name elsewhere may
    be another server's. Raises `InvalidConfig` if there is nothing to read.
    """
    plain = set(path.rglob("*.jsonl"))
    packed = [
        each
        for each in path.rglob(f"*{PACKED}")
        if not any(folder / f"{each.stem}.jsonl" in plain for folder in each.parents)
    ]
    found = [path] if path.is_file() else sorted([*plain, *packed])
    if not found:
        raise InvalidConfig(
            [
                Fault(
                    str(path),
                    "$",
                    "no event segments (*.jsonl, *.parquet) here; serve some traffic first",
                )
            ]
        )
    return found


def lines(path: Path, tally: Tally) -> Iterator[bytes]:
    """Yield the whole lines of one segment file, packed or not; raises `InvalidConfig` if it cannot be read.

    Raises `Unavailable` for a packed one without pyarrow.
    """
    for piece in _pieces(path):
        tally.lines += 1
        if piece.endswith(b"\n"):
            yield piece
        else:
            tally.torn += 1


def _pieces(path: Path) -> Iterator[bytes]:
    """Yield lines, and of those that are too long the pieces."""
    if path.suffix == PACKED:
        for line in unpacked(path):
            yield from _cut(BytesIO(line))
        return
    try:
        with path.open("rb") as segment:
            yield from _cut(segment)
    except OSError as error:
        raise InvalidConfig([Fault(str(path), "$", f"cannot be read: {error}")]) from error


def _cut(text: BinaryIO) -> Iterator[bytes]:
    while piece := text.readline(MAX_LINE_BYTES):
        yield piece
