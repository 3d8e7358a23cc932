"""Hyper-parameters by trial, on request: random ones around those that suit the amount (Bergstra and Bengio 2012)."""

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from models.ctr.boosting import Parameters, boost, shift
from models.ctr.columns import MAX_LEAVES
from models.ctr.dataset import Floats
from models.ctr.evaluate import log_loss
from models.ctr.features import Schema
from models.ctr.judging import raw_log_odds, stacked
from models.progress import Progress, silent

_LEARNED, _TUNED = 0.70, 0.85  # of the rows given, by time; the rest compares


def search(
    matrix: Floats,
    clicked: NDArray[np.bool_],
    start: Parameters,
    tries: int,
    seed: int,
    on_progress: Progress,
    schema: Schema,
    share: float,
) -> Parameters:
    """Return the best of `start` and `tries` others, judged on the latest of these rows, which trees have not seen.

    `start` stays unless another is better. Rows without a click are thinned to `share`, for all alike.
    """
    first, second = int(len(clicked) * _LEARNED), int(len(clicked) * _TUNED)
    if not 0 < clicked[second:].sum() < len(clicked) - second:
        return start
    dice = np.random.default_rng(seed)
    tried = [start] + [drawn(start, dice) for _ in range(tries)]
    losses = []
    for number, parameters in enumerate(tried):
        on_progress("searching", number / len(tried))
        trees = boost(
            matrix, clicked, first, second, seed, silent,
            schema=schema, parameters=parameters, share=share,
        )  # fmt: skip
        later = matrix[second:]
        log_odds = stacked(raw_log_odds(trees, later), later, schema) + shift(later, schema, share)
        predicted = np.clip(1.0 / (1.0 + np.exp(-log_odds)), 1e-9, 1.0 - 1e-9)
        losses.append(log_loss(predicted, clicked[second:]))
    return tried[int(np.argmin(losses))]


def drawn(start: Parameters, dice: np.random.Generator) -> Parameters:
    """Return other parameters: each a random step away, trees never more nor larger than may be served."""
    return replace(
        start,
        leaves=int(np.clip(start.leaves * 2 ** dice.uniform(-2, 1), 3, MAX_LEAVES)),
        learning_rate=float(np.clip(start.learning_rate * 2 ** dice.uniform(-1, 1), 0.01, 0.3)),
        min_rows=int(start.min_rows * 2 ** dice.uniform(-1, 2)),
        min_weight=float(start.min_weight * 2 ** dice.uniform(-2, 1)),
        columns=float(dice.choice([0.3, 0.5, 0.8, 1.0])),
        rows=float(dice.choice([0.6, 0.8, 1.0])),
        l2=float(start.l2 * 4 ** dice.uniform(-1, 1)),
        category_rows=int(start.category_rows * 2 ** dice.uniform(-1, 2)),
        category_l2=float(start.category_l2 * 4 ** dice.uniform(-1, 1)),
    )
