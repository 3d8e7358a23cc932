"""The event log as the learners read it: JSON lines in segment files, damaged ones counted."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from adserver.errors import Fault, InvalidConfig

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


def segments(path: Path) -> list[Path]:
    """Return the segment files in a folder, in the order of their names, or the one file itself.

    Raises `InvalidConfig` if there is nothing to read.
    """
    found = [path] if path.is_file() else sorted(path.rglob("*.jsonl"))
    if not found:
        raise InvalidConfig(
            [Fault(str(path), "$", "no event segments (*.jsonl) here; serve some traffic first")]
        )
    return found


def lines(path: Path, tally: Tally) -> Iterator[bytes]:
    """Yield the whole lines of one segment file; raises `InvalidConfig` if it cannot be read."""
    try:
        with path.open("rb") as segment:
            while line := segment.readline(MAX_LINE_BYTES):
                tally.lines += 1
                if line.endswith(b"\n"):
                    yield line
                else:
                    tally.torn += 1
    except OSError as error:
        raise InvalidConfig([Fault(str(path), "$", f"cannot be read: {error}")]) from error
