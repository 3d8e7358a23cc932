"""Fewer rows without a click: one that was clicked teaches as much as hundreds of others."""

import numpy as np
from numpy.typing import NDArray

_UNCLICKED_PER_CLICK = 200


def thinning(clicks: int, rows: int) -> float:
    """Return which share of the rows without a click to learn from: a click teaches as much as hundreds of them."""
    return min(1.0, _UNCLICKED_PER_CLICK * clicks / max(1, rows - clicks))


def thinned(clicked: NDArray[np.bool_], share: float, seed: int) -> NDArray[np.intp]:
    """Return which rows to learn from: all with a click, a random share of the others.

    Odds learned from them are 1 / `share` times too high, exactly: add log(share) to the log odds (King and Zeng 2001).
    """
    if share >= 1.0:
        return np.arange(len(clicked))
    return np.flatnonzero(clicked | (np.random.default_rng(seed).random(len(clicked)) < share))
