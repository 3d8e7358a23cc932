"""Logistic regression over coded columns: the line that every model of ours must beat.

A row is one code per column (one-hot, never written out). Fitted to convergence: the loss is convex, so that there is one answer and no dice.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.ctr.minimum import minimise

Floats = NDArray[np.float64]


class Linear(NamedTuple):
    """Log odds = bias + one weight per column and code."""

    bias: float
    weights: Floats
    offsets: NDArray[np.int64]
    """Where each column's weights begin; codes that were never seen have weight 0."""

    def log_odds(self, codes: NDArray[np.int64]) -> Floats:
        """Return one number per row of codes, which must be within what `fit` was told."""
        found: Floats = self.weights[codes + self.offsets].sum(1) + self.bias
        return found


def fit(
    codes: NDArray[np.int64], clicked: NDArray[np.bool_], sizes: list[int], l2: float
) -> Linear:
    """Return the weights of least log loss (in sum) plus `l2` / 2 times their squares; the bias is free.

    `sizes` says how many codes each column has.
    """
    offsets = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64)
    flat = (codes + offsets).ravel()
    columns, total = codes.shape[1], sum(sizes)
    wanted = clicked.astype(np.float64)

    def loss(point: Floats) -> tuple[float, Floats]:
        weights = point[:-1]
        log_odds = weights[flat].reshape(-1, columns).sum(1) + point[-1]
        error = 1.0 / (1.0 + np.exp(-log_odds)) - wanted
        value = float(np.logaddexp(0.0, log_odds).sum() - log_odds[clicked].sum())
        slope = np.bincount(flat, np.repeat(error, columns), total) + l2 * weights
        return value + l2 / 2 * float(weights @ weights), np.append(slope, error.sum())

    start = np.zeros(total + 1)
    rate = (wanted.sum() + 1) / (len(wanted) + 2)
    start[-1] = np.log(rate / (1 - rate))
    best = minimise(loss, start)
    return Linear(float(best[-1]), best[:-1], offsets)
