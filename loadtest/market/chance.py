"""Dice without memory: the same number for the same question, whoever asks, in whatever order.

A number is a hash of a key and of counters (a person, a step of time ...), so that one person is the same in a loop over
months, in an array of a million, and over HTTP. The mixing is SplitMix64's (Steele, Lea and Flood 2014, "Fast splittable
pseudorandom number generators").
"""

from functools import lru_cache
from hashlib import sha256

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S11 = (np.uint64(shift) for shift in (30, 27, 31, 11))


@lru_cache(maxsize=4_096)
def _key(name: str) -> int:
    return int.from_bytes(sha256(name.encode()).digest()[:8], "little")


def uniform(name: str, *counters: ArrayLike) -> Floats:
    """Return numbers in [0, 1), one for each row of the counters, which are whole numbers and broadcast."""
    mixed: NDArray[np.uint64] = np.full(1, _key(name), np.uint64)
    for counter in counters:
        each = np.atleast_1d(np.asarray(counter, dtype=np.int64)).view(np.uint64)
        mixed = _mix(mixed ^ (each * _GOLDEN))
    unit: Floats = (_mix(mixed) >> _S11).astype(np.float64) * 2.0**-53
    return unit


def choose(cumulative: Floats, unit: Floats) -> Whole:
    """Return positions by one row of rising sums, the last of which is 1."""
    found: Whole = np.searchsorted(cumulative[:-1], unit, side="right").astype(np.int64)
    return found


def _mix(word: NDArray[np.uint64]) -> NDArray[np.uint64]:
    word = word + _GOLDEN
    word = (word ^ (word >> _S30)) * _FIRST
    word = (word ^ (word >> _S27)) * _SECOND
    return word ^ (word >> _S31)


def quality(name: str, deviation: float) -> float:
    """Return what something is good for, by its name alone: uniform in its logarithm, whose mean is 0."""
    width = deviation * 12**0.5
    return float(np.exp((uniform(f"quality/{name}", 0)[0] - 0.5) * width))
