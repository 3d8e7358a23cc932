"""Logistic regression whose weights are held to zero as firmly as the data asks: each group of them has a width of its own.

The prior of a group is a Student's t: a few of its weights may be large while noise stays small. Its width is found from the data by
MacKay's fixed point (*Bayesian interpolation*, 1992), its tails by the usual scale mixture (West 1987, Tipping 2001), in turns with
the weights.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.ctr.dataset import Floats
from models.ctr.minimum import minimise
from models.ctr.pairs import Design
from models.ctr.shapes import Shaped

Loss = Callable[[Floats], tuple[float, Floats]]

_FREEDOM = 2.0
"""Of Student's t."""
_ROUNDS, _STEPS = 8, 20
_CLOSE, _CLOSER = 0.2, 0.05
"""Of a parameter's own uncertainty; closer where nothing of what was begun with may remain."""
_FIRST_HELD, _LEAST_HELD, _MOST_HELD = 100.0, 0.1, 1e6
_LEAST_WIDTH, _MOST_WIDTH = 1e-6, 10.0


class Fitted(NamedTuple):
    """Parameters, the bias last, how firmly each is held, and how wide each group of them is."""

    point: Floats
    held: Floats
    width: Floats


def summed(design: Design, weights: Floats) -> Floats:
    """Return the log odds of the rows; the last weight is the bias."""
    found = np.full(design.plain.shape[1], weights[-1])
    for ids in design.plain:
        found += weights[ids]
    found += np.bincount(design.rows, weights[design.ids], len(found))
    return np.asarray(found, np.float64)


def fit(
    design: Design,
    clicked: NDArray[np.bool_],
    shaped: Shaped,
    begun: Fitted | None = None,
    rounds: int = _ROUNDS,
) -> Fitted:
    """Return what the rows teach. With `begun`, from there on; in one round alone, held as firmly as that says."""
    wanted = clicked.astype(np.float64)
    groups = shaped.groups
    point, held, width = begun or _beginning(wanted, groups)

    def added(each: Floats) -> Floats:
        """Return what rows have, added up by weight."""
        total = np.zeros(shaped.weights_count)
        total += np.bincount(design.ids, each[design.rows], len(total))
        for ids in design.plain:
            total += np.bincount(ids, each, len(total))
        return total

    def loss(point: Floats) -> tuple[float, Floats]:
        log_odds = summed(design, shaped.weights(point))
        error = 1.0 / (1.0 + np.exp(-log_odds)) - wanted
        value = float(np.logaddexp(0.0, log_odds).sum() - log_odds[clicked].sum())
        value += float((held * point[:-1] ** 2).sum()) / 2
        return value, np.append(shaped.slopes(added(error)) + held * point[:-1], error.sum())

    for turn in range(rounds):
        chance = 1.0 / (1.0 + np.exp(-summed(design, shaped.weights(point))))
        each = chance * (1 - chance)
        curvature = shaped.curvatures(added(each))
        if turn:
            doubt = 1.0 / (curvature + held)
            square = point[:-1] ** 2 + doubt
            loose = (_FREEDOM + 1) / (_FREEDOM + square / width[groups])
            seen = np.bincount(groups, 1 - held * doubt)  # as many parameters as the data tells
            width = np.bincount(groups, loose * point[:-1] ** 2) / np.maximum(seen, 1e-12)
            width = np.clip(width, _LEAST_WIDTH, _MOST_WIDTH)
            held = (_FREEDOM + 1) / (_FREEDOM * width[groups] + square)
            held = np.clip(held, _LEAST_HELD, _MOST_HELD)
        # In units of each one's own uncertainty the ground is round, and few steps lead down.
        unit = 1.0 / np.sqrt(np.append(curvature + held, each.sum()))
        point = _least(loss, point, unit, _CLOSE if rounds > 1 else _CLOSER)
    return Fitted(point, held, width)


def _beginning(wanted: Floats, groups: NDArray[np.int64]) -> Fitted:
    rate = (wanted.sum() + 1) / (len(wanted) + 2)
    return Fitted(
        np.append(np.zeros(len(groups)), np.log(rate / (1 - rate))),
        np.full(len(groups), _FIRST_HELD),
        np.full(int(groups.max()) + 1, 1 / _FIRST_HELD),
    )


def _least(loss: Loss, point: Floats, unit: Floats, close: float) -> Floats:
    def scaled(place: Floats) -> tuple[float, Floats]:
        value, slope = loss(place * unit)
        return value, slope * unit

    return minimise(scaled, point / unit, close, _STEPS) * unit
