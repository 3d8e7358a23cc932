"""Whether one model is better than another on the same rows, by resampling rows (Efron and Tibshirani 1993)."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.measures import Floats, Ranked, losses

ROUNDS = 2_000


class Difference(NamedTuple):
    """A figure of one model minus that of another."""

    value: float
    low: float
    """Where 95 % of the resampled differences lie."""
    high: float
    p: float
    """Two-sided: how often resampling turns the sign, twice."""


class Paired(NamedTuple):
    """How the first model does beside the second; better is a higher AUC and a lower entropy."""

    auc: Difference
    entropy: Difference
    """Normalised."""


def paired(
    ours: Floats, theirs: Floats, clicked: NDArray[np.bool_], seed: int, rounds: int = ROUNDS
) -> Paired:
    """Compare two columns of probabilities; each round draws the same rows, with return, for both."""
    dice = np.random.default_rng(seed)
    count = len(clicked)
    surprise = losses(ours, clicked) - losses(theirs, clicked)
    areas, entropies = np.empty(rounds), np.empty(rounds)
    mine, other = Ranked(ours, clicked), Ranked(theirs, clicked)
    everything = np.ones(count)
    for turn in range(rounds):
        weights = np.bincount(dice.integers(0, count, count), minlength=count).astype(np.float64)
        areas[turn] = mine.area(weights) - other.area(weights)
        entropies[turn] = _entropy(surprise, weights, clicked)
    return Paired(
        _difference(mine.area(everything) - other.area(everything), areas),
        _difference(_entropy(surprise, everything, clicked), entropies),
    )


def _difference(value: float, drawn: Floats) -> Difference:
    low, high = np.nanquantile(drawn, [0.025, 0.975])
    side = min(float((drawn <= 0).mean()), float((drawn >= 0).mean()))
    return Difference(value, float(low), float(high), min(1.0, 2 * side))


def _entropy(surprise: Floats, weights: Floats, clicked: NDArray[np.bool_]) -> float:
    rate = float(weights[clicked].sum() / weights.sum())
    if not 0 < rate < 1:
        return float("nan")
    constant = -(rate * np.log(rate) + (1 - rate) * np.log(1 - rate))
    return float((surprise @ weights) / weights.sum() / constant)
