"""The prices between which what it takes to win is told apart: those that are asked often, the others by quantiles."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.landscape.estimate import Floats, Places

MOST = 256
"""Prices in a grid, at most."""


class Bounds(NamedTuple):
    """What is known of the minimum to win, one row per bid; house nanos per impression."""

    above: Floats
    """It is more than this: what a lost bid offered; for a won one just below the floor."""
    up_to: Floats
    """It is at most this: what a won bid offered; infinite for a lost bid that nobody told."""

    @property
    def told(self) -> NDArray[np.bool_]:
        """Return where it was told exactly: both are equal."""
        equal: NDArray[np.bool_] = self.above == self.up_to
        return equal


def choose(bounds: Bounds) -> Floats:
    """Return at most `MOST` prices, rising."""
    told = bounds.up_to[bounds.told]
    vague = ~bounds.told
    bids = np.concatenate([bounds.above[vague], bounds.up_to[vague]])
    bids = bids[(bids > 0) & np.isfinite(bids)]
    share = len(told) / max(1, len(told) + len(bids))
    for_told = int(np.clip(round(MOST * share), MOST // 4, MOST)) if len(bids) else MOST
    return np.unique(np.concatenate([_typical(told, for_told), _typical(bids, MOST - for_told)]))


def _typical(prices: Floats, most: int) -> Floats:
    if not len(prices) or not most:
        return np.empty(0)
    unique, counts = np.unique(prices, return_counts=True)
    if len(unique) <= most:
        return unique
    often = unique[np.argsort(-counts, kind="stable")[: most // 2]]
    evenly = np.quantile(prices, np.linspace(0, 1, most - len(often)), method="higher")
    return np.unique(np.concatenate([often, evenly]))


def place(bounds: Bounds, grid: Floats) -> tuple[Places, Places]:
    """Return the first and last place of each row; the place after the grid's last is above all its prices.

    What was told counts at the next price of the grid, so that nothing looks cheaper than it is. What we offered is
    moved to the nearest.
    """
    told, won = bounds.told, np.isfinite(bounds.up_to)
    exact = np.searchsorted(grid, bounds.up_to, side="left")
    last = np.where(told, exact, np.where(won, _nearest(bounds.up_to, grid), len(grid)))
    beyond = np.where(bounds.above > 0, _nearest(bounds.above, grid) + 1, 0)
    from_floor = np.searchsorted(grid, bounds.above, side="right")
    first = np.where(told, exact, np.minimum(np.where(won, from_floor, beyond), last))
    return first.astype(np.int64), last.astype(np.int64)


def _nearest(prices: Floats, grid: Floats) -> Places:
    right = np.clip(np.searchsorted(grid, prices), 1, max(1, len(grid) - 1))
    if len(grid) == 1:
        return np.zeros(len(prices), np.int64)
    nearer_left = prices - grid[right - 1] <= grid[right] - prices
    return np.where(nearer_left, right - 1, right).astype(np.int64)
