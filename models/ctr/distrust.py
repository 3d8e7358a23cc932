"""What click and conversion models read with the same distrust: their trees on strange rows, and the line behind these."""

from collections.abc import Iterator
from math import isfinite
from pathlib import Path

from adserver.errors import Fault, InvalidConfig
from models.ctr.features import COLUMNS, CONTEXT
from models.ctr.probability import Calibration

MAX_LOG_ODDS = 1e6
_SAMPLES = (0.0, 1.0, -1.0, 7.5, 1e9, float("nan"))


def strange() -> Iterator[tuple[list[float], list[list[float]]]]:
    """Yield contexts, each with one candidate, of values that a model must survive."""
    for sample in _SAMPLES:
        row = [sample] * len(COLUMNS)
        yield row[: len(CONTEXT)], [row[len(CONTEXT) :]]


def rises(line: Calibration) -> bool:
    """Tell whether a line never changes who is ranked above whom."""
    return line.slope > 0 and isfinite(line.slope) and isfinite(line.intercept)


def invalid(where: Path, message: str) -> InvalidConfig:
    """Return what is wrong with a version, or a file of it, and what to do."""
    advice = "train again, or `adserver models roll-back`"
    return InvalidConfig([Fault(str(where), "$", f"{message}; {advice}")])
