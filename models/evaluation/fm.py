"""A factorisation machine of second order (Rendle 2010) over coded columns, in numpy: the baseline that knows pairs.

log odds = bias + sum of w[code] + sum over pairs of columns of <v[code], v[other code]>, the pairs in linear time by
((sum v)^2 - sum v^2) / 2. Learned by AdaGrad (Duchi et al. 2011) on small batches; deterministic for a seed.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_BATCH = 256
_TINY = 1e-8


class Machine(NamedTuple):
    """What was learned."""

    bias: float
    weights: Floats
    factors: Floats
    """By code (offset by column) and dimension."""
    offsets: NDArray[np.int64]

    def log_odds(self, codes: NDArray[np.int64]) -> Floats:
        """Return one number per row of codes."""
        places = codes + self.offsets
        chosen = self.factors[places]
        together = chosen.sum(1)
        pairs = ((together**2).sum(1) - (chosen**2).sum((1, 2))) / 2
        found: Floats = self.bias + self.weights[places].sum(1) + pairs
        return found


class Settings(NamedTuple):
    """What a search may choose."""

    dimensions: int = 8
    rate: float = 0.05
    """Of learning."""
    l2: float = 8.0
    """Times half of the squares of the weights is added to the loss in sum."""
    l2_factors: float = 30.0
    rounds: int = 5
    """Times through all rows."""
    spread: float = 0.01
    """Of the factors at first."""


def fit(
    codes: NDArray[np.int64],
    clicked: NDArray[np.bool_],
    sizes: list[int],
    settings: Settings,
    seed: int,
) -> Machine:
    """Return a machine fitted to the rows; `sizes` says how many codes each column has."""
    dice = np.random.default_rng(seed)
    offsets = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64)
    places, wanted = codes + offsets, clicked.astype(np.float64)
    rate = (wanted.sum() + 1) / (len(wanted) + 2)
    total = sum(sizes)
    bias = float(np.log(rate / (1 - rate)))
    weights, factors = (
        np.zeros(total),
        dice.normal(0, settings.spread, (total, settings.dimensions)),
    )
    views = np.bincount(places.ravel(), minlength=total)
    seen, seen_factors, seen_bias = np.zeros(total), np.zeros_like(factors), 0.0
    for _ in range(settings.rounds):
        order = dice.permutation(len(wanted))
        for start in range(0, len(order), _BATCH):
            rows = order[start : start + _BATCH]
            batch = places[rows]
            chosen = factors[batch]
            together = chosen.sum(1)
            pairs = ((together**2).sum(1) - (chosen**2).sum((1, 2))) / 2
            log_odds = bias + weights[batch].sum(1) + pairs
            error = 1.0 / (1.0 + np.exp(-log_odds)) - wanted[rows]
            codes_here, inverse, times = np.unique(batch, return_inverse=True, return_counts=True)
            inverse = inverse.reshape(batch.shape)
            slope = np.bincount(inverse.ravel(), np.repeat(error, batch.shape[1]), len(codes_here))
            share = (
                times / views[codes_here]
            )  # of the pull to 0 that a round through all rows makes
            slope += settings.l2 * share * weights[codes_here]
            each = error[:, None, None] * (together[:, None, :] - chosen)
            slopes = np.zeros((len(codes_here), factors.shape[1]))
            np.add.at(slopes, inverse.ravel(), each.reshape(-1, factors.shape[1]))
            slopes += settings.l2_factors * share[:, None] * factors[codes_here]
            seen[codes_here] += slope**2
            seen_factors[codes_here] += slopes**2
            weights[codes_here] -= settings.rate * slope / (np.sqrt(seen[codes_here]) + _TINY)
            factors[codes_here] -= (
                settings.rate * slopes / (np.sqrt(seen_factors[codes_here]) + _TINY)
            )
            seen_bias += float(error.sum()) ** 2
            bias -= settings.rate * float(error.sum()) / (np.sqrt(seen_bias) + _TINY)
    return Machine(bias, weights, factors, offsets)
