"""How much a figure owes to chance: where most of what it would be lies if rows were drawn anew, with return (Efron 1979)."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.quality.auctions import Floats

Rows = NDArray[np.int64]
_BOUNDS = (0.025, 0.975)
"""Between them lie 95 %."""


def interval(
    figure: Callable[[Rows], Any], count: int, seed: int, rounds: int
) -> tuple[float, float]:
    """Return where 95 % of a figure of so many rows lie; what stands in one row of several columns stays together."""
    dice = np.random.default_rng(seed)
    return _middle([figure(dice.integers(0, count, count)) for _ in range(rounds)])


def interval_of_sum(values: Floats, seed: int, rounds: int) -> tuple[float, float]:
    """Return where 95 % of the sums lie; quick where many values are equal (to nine decimals)."""
    unique, counts = np.unique(np.round(values, 9), return_counts=True)
    dice = np.random.default_rng(seed)
    return _middle(dice.multinomial(len(values), counts / counts.sum(), size=rounds) @ unique)


def _middle(drawn: Any) -> tuple[float, float]:
    low, high = np.quantile(drawn, _BOUNDS)
    return float(low), float(high)
