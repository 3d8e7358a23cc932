"""How far what is served now has moved from what was learned from: the population stability index, column by column.

PSI = sum over bins of (now - then) x ln(now / then) (Siddiqi 2006). By custom below 0.1 is steady, above 0.25 has moved.
"""

import numpy as np
from numpy.typing import NDArray

from models.ctr.dataset import Floats
from models.ctr.features import Schema

STEADY, MOVED = 0.1, 0.25
_BINS, _MOST_CODES = 10, 50
_CLOCK = ("hour", "weekday")
_HALF = 0.5
"""Added to every count, so that an empty bin is no infinity."""


def drift(matrix: Floats, schema: Schema, first: int, latest: int) -> dict[str, float]:
    """Return the index per column between the rows before `first` and those from `latest` on, largest first.

    Rates are left out, they know more in time; and the clock, which moves by itself.
    """
    found = {}
    for place, column in enumerate(schema.columns):
        if column in schema.words:
            binned = _codes(matrix[:, place])
        elif column in (*schema.numbers, *schema.segments) and column not in _CLOCK:
            binned = _bins(matrix[:, place], first)
        else:
            continue
        found[column] = stability(binned[:first], binned[latest:])
    return dict(sorted(found.items(), key=lambda each: -each[1]))


def stability(then: NDArray[np.int64], now: NDArray[np.int64]) -> float:
    """Return the index between two columns of bins."""
    size = int(max(then.max(initial=0), now.max(initial=0))) + 1
    used = np.bincount(np.concatenate([then, now]), minlength=size) > 0
    shares = []
    for part in (then, now):
        counts = np.bincount(part, minlength=size)[used] + _HALF
        shares.append(counts / counts.sum())
    return float(((shares[1] - shares[0]) * np.log(shares[1] / shares[0])).sum())


def _codes(values: Floats) -> NDArray[np.int64]:
    """Return the codes, which stand by frequency; rare ones together."""
    found: NDArray[np.int64] = np.minimum(values.astype(np.int64), _MOST_CODES)
    return found


def _bins(values: Floats, first: int) -> NDArray[np.int64]:
    known = values[:first][~np.isnan(values[:first])]
    edges = (
        np.unique(np.quantile(known, np.linspace(0, 1, _BINS + 1)[1:-1])) if len(known) else known
    )
    found: NDArray[np.int64] = np.searchsorted(edges, values, side="right").astype(np.int64)
    found[np.isnan(values)] = len(edges) + 1
    return found
