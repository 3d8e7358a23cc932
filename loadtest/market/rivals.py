"""What the best rival offers for a space: a fitted law of prices, moved to what the space usually costs."""

from functools import lru_cache

import numpy as np

from loadtest.market import hours
from loadtest.market.chance import Floats, Whole
from loadtest.market.laws import Price, laws
from loadtest.market.publishers import PUBLISHERS

DEAREST = 300
"""Fen: the logs have no higher price."""
_POINTS = 4_096


@lru_cache(maxsize=16)
def quantiles(index: int) -> Floats:
    """Return the law's prices at evenly spread probabilities, fen per mille."""
    grid = np.arange(0.0, DEAREST + 1.01, 0.25)
    below = distribution(laws().rivals[index], grid)
    found: Floats = np.interp((np.arange(_POINTS) + 0.5) / _POINTS, below, grid)
    return found


def distribution(law: Price, prices: Floats) -> Floats:
    """Return how likely the price to beat is below each; an atom is spread over its whole number's fen."""
    top = DEAREST + 1.0
    rest = _mixture(law, prices) / _mixture(law, np.array([top]))
    atoms = sum(share for _, share in law.atoms)
    below = (1 - atoms) * rest
    for price, share in law.atoms:
        below = below + share * np.clip(prices - price, 0, 1)
    result: Floats = below
    return result


def _mixture(law: Price, prices: Floats) -> Floats:
    logs = np.log(np.maximum(prices, 1e-9))
    total: Floats = np.zeros(len(prices))
    for weight, mean, deviation in law.mixture:
        total += weight * _normal((logs - mean) / deviation)
    return total


def _normal(at: Floats) -> Floats:
    """Return the normal distribution function, within 7.5e-8 (Abramowitz and Stegun 1964, 26.2.17)."""
    t = 1 / (1 + 0.2316419 * np.abs(at))
    powers = t * (
        0.319381530 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429)))
    )
    tail = np.exp(-(at**2) / 2) / np.sqrt(2 * np.pi) * powers
    below: Floats = np.where(at >= 0, 1 - tail, tail)
    return below


def law_of(page: int) -> int:
    """Return which law a publisher's rivals follow."""
    return page % len(laws().rivals)


@lru_cache(maxsize=1)
def _tables() -> tuple[Floats, Whole]:
    """Return the laws' prices over their medians, by law; and the law of each page."""
    rows = np.array([quantiles(index) for index in range(len(laws().rivals))])
    return rows / rows[:, [_POINTS // 2]], np.array(
        [law_of(page) for page in range(len(PUBLISHERS))]
    )


def offers(dice: Floats, pages: Whole, usual_cpm: Floats, local_hours: Whole) -> Floats:
    """Return by row the best rival offer, US dollars per mille, by dice in [0, 1).

    Over the day half of the offers for a space are below `usual_cpm`.
    """
    prices, of_page = _tables()
    drawn = prices[of_page[pages], (dice * _POINTS).astype(np.int64)]
    found: Floats = usual_cpm * drawn * hours.prices()[local_hours % 24]
    return found
