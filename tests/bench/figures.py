"""What a bench measures: a value with its unit, beside the bar of the goals."""

from collections.abc import Callable
from pathlib import Path

import msgspec


class Figure(msgspec.Struct, frozen=True):
    """One measured value."""

    bar: str
    """`P1`"""
    what: str
    """With the bar it is the figure's name in the record, so it must not change from run to run."""
    value: float
    unit: str
    """`E` is the yardstick of the same run, `x` a ratio of two values of the same run."""
    most: float | None = None
    """The bar; figures without one are there to be compared with the last."""
    note: str = ""

    @property
    def name(self) -> str:
        """What the record knows it by."""
        return f"{self.bar} {self.what}"

    @property
    def missed(self) -> bool:
        """Tell whether there is a bar and it is not reached."""
        return self.most is not None and not self.value <= self.most


class Bench(msgspec.Struct, frozen=True):
    """How hard to measure, where to put things, and who wants to know how far it is."""

    folder: Path
    count: int
    """Requests per burst."""
    rounds: int
    wanted: frozenset[str]
    """Bars; a measurement that serves several looks here which are wanted."""
    say: Callable[[str], None]
