"""The committed figures of the last recorded run, and whether new ones are worse.

Only what is comparable from run to run can be a regression: ratios within one run (units `E` and `x`) by more than
their spread, and instruction counts by more than 3 % on the same Python and kind of machine. Microseconds, seconds
and megabytes depend on the machine: their last values are shown, and only their bars judge them.
"""

from collections.abc import Iterable
from pathlib import Path

import msgspec

from tests.bench.figures import Figure

FILE = Path(__file__).with_name("last.json")
COUNTED = "instructions"
TOLERANCES = {"E": 0.15, "x": 0.15, COUNTED: 0.03}
"""By unit: so much worse than the last, as a share of it, is a regression."""
EXEMPT = frozenset({"P9"})
"""Bars whose ratios are of tails, which spread more than any tolerance that would still notice something."""
GOOD, WORSE, MISSED = 0, 1, 3
"""Exit codes; 2 is a mistake in the command line."""


class Value(msgspec.Struct, frozen=True, omit_defaults=True):
    """A figure as recorded."""

    value: float
    unit: str
    most: float | None = None
    """The bar it was held against, if there is one."""


class Record(msgspec.Struct, frozen=True):
    """All figures of one run."""

    machine: str = ""
    """What the instruction counts hold for."""
    figures: dict[str, Value] = {}


class Compared(msgspec.Struct, frozen=True):
    """A figure beside its last value."""

    figure: Figure
    last: float | None
    worse: bool


def read(file: Path = FILE) -> Record:
    """Return what was recorded last; nothing if nothing was."""
    return msgspec.json.decode(file.read_bytes(), type=Record) if file.exists() else Record()


def compare(figures: Iterable[Figure], record: Record, machine: str) -> list[Compared]:
    """Put the last values beside the new ones and judge them."""
    return [_compared(figure, record, machine) for figure in figures]


def recorded(figures: Iterable[Figure], before: Record, machine: str) -> Record:
    """Return the record with these figures; those that were not measured stay, but for another machine's counts."""
    kept = {
        name: value
        for name, value in before.figures.items()
        if value.unit != COUNTED or before.machine == machine
    }
    new = {each.name: Value(float(f"{each.value:.5g}"), each.unit, each.most) for each in figures}
    return Record(machine, dict(sorted((kept | new).items())))


def write(record: Record, file: Path = FILE) -> None:
    """Write it, a figure per line."""
    file.write_bytes(msgspec.json.format(msgspec.json.encode(record)) + b"\n")


def outcome(compared: Iterable[Compared]) -> int:
    """Return the exit code: a regression weighs more than a missed bar."""
    everything = list(compared)
    if any(each.worse for each in everything):
        return WORSE
    return MISSED if any(each.figure.missed for each in everything) else GOOD


def _compared(figure: Figure, record: Record, machine: str) -> Compared:
    last = record.figures.get(figure.name)
    if last is None or last.unit != figure.unit:
        return Compared(figure, None, worse=False)
    if figure.unit == COUNTED and record.machine != machine:
        return Compared(figure, None, worse=False)
    tolerance = TOLERANCES.get(figure.unit)
    if tolerance is None or figure.bar in EXEMPT:
        return Compared(figure, last.value, worse=False)
    return Compared(figure, last.value, worse=figure.value > last.value * (1 + tolerance))
