"""When people come: the fitted wave of the day, and the swings of five minutes around it."""

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from loadtest.market.chance import Floats, Whole, uniform
from loadtest.market.laws import laws

SLOT_S = 300
_HOURS = 24
_REMEMBERED = 6
"""Five minutes further back move nothing any more."""


@lru_cache(maxsize=1)
def requests() -> Floats:
    """Return the factor of traffic by local hour of the day; the mean is 1."""
    return _factors(laws().hours.requests)


@lru_cache(maxsize=1)
def prices() -> Floats:
    """Return the factor of prices by local hour of the day; the mean is 1."""
    return _factors(laws().hours.prices)


def _factors(waves: tuple[tuple[float, float], ...]) -> Floats:
    turns = 2 * np.pi * (np.arange(_HOURS) + 0.5) / _HOURS
    logs = sum(
        cosine * np.cos(n * turns) + sine * np.sin(n * turns)
        for n, (cosine, sine) in enumerate(waves, 1)
    )
    factors: Floats = np.exp(logs)
    factors /= factors.mean()
    return factors


def swings(seed: int, slots: ArrayLike) -> Floats:
    """Return the factor of each five minutes, numbered from the epoch; the mean is 1."""
    law = laws().hours
    slots = np.asarray(slots)
    weights = law.memory ** np.arange(_REMEMBERED)
    weights *= law.swing / np.sqrt((weights**2).sum())
    logs = sum(weight * _normal(seed, slots - back) for back, weight in enumerate(weights.tolist()))
    factors: Floats = np.exp(logs - law.swing**2 / 2)
    return factors


def _normal(seed: int, slots: Whole) -> Floats:
    """Return a normal deviate per slot (Box and Muller 1958)."""
    name = f"{seed}/swing"
    radius = np.sqrt(-2 * np.log1p(-uniform(f"{name}/far", slots)))
    found: Floats = radius * np.cos(2 * np.pi * uniform(f"{name}/where", slots))
    return found
