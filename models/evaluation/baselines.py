"""What a learner must beat: a constant, logistic regression and a factorisation machine, tuned on the same rows."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.ctr.dataset import Dataset, Floats
from models.ctr.evaluate import log_loss
from models.evaluation import fm, linear

_STRENGTHS = (1.0, 3.0, 10.0, 30.0)
_MACHINES = (
    fm.Settings(dimensions=4, rate=0.02, l2=10.0, l2_factors=10.0, rounds=6, spread=0.03),
    fm.Settings(dimensions=8, rate=0.02, l2=10.0, l2_factors=30.0, rounds=10),
    fm.Settings(dimensions=8, rate=0.05, l2=3.0, l2_factors=10.0, rounds=4),
    fm.Settings(dimensions=16, rate=0.02, l2=20.0, l2_factors=30.0, rounds=10),
)
_FEW = 64
"""A number with no more values than that is coded as it is, another by its quantiles."""
_QUANTILES = 16


class Coded(NamedTuple):
    """One code per row and column, 0 for rare and unknown; how many codes each column has."""

    codes: NDArray[np.int64]
    sizes: list[int]


def coded(data: Dataset, until: int, least: int = 2) -> Coded:
    """Return all words and numbers of a table as codes; values seen in fewer than `least` rows before `until` share one."""
    columns = [data.words[:, place].astype(np.int64) for place in range(data.words.shape[1])]
    columns += [_binned(data.numbers[:, place], until) for place in range(data.numbers.shape[1])]
    found, sizes = [], []
    for column in columns:
        views = np.bincount(column[:until], minlength=int(column.max(initial=0)) + 1)
        kept = np.flatnonzero(views >= least)
        code_of = np.zeros(len(views), np.int64)
        code_of[kept] = np.arange(1, len(kept) + 1)
        found.append(code_of[column])
        sizes.append(len(kept) + 1)
    return Coded(np.stack(found, 1), sizes)


def tuned_linear(table: Coded, clicked: NDArray[np.bool_], first: int, second: int) -> Floats:
    """Return log odds of all rows by the logistic regression, learned before `first`, that is best from there to `second`."""
    best: tuple[float, Floats] | None = None
    for l2 in _STRENGTHS:
        model = linear.fit(table.codes[:first], clicked[:first], table.sizes, l2)
        best = _better(best, model.log_odds(table.codes), clicked, first, second)
    assert best is not None  # noqa: S101 - there are strengths
    return best[1]


def tuned_machine(
    table: Coded, clicked: NDArray[np.bool_], first: int, second: int, seed: int
) -> Floats:
    """Return the same by the best factorisation machine."""
    best: tuple[float, Floats] | None = None
    for settings in _MACHINES:
        model = fm.fit(table.codes[:first], clicked[:first], table.sizes, settings, seed)
        best = _better(best, model.log_odds(table.codes), clicked, first, second)
    assert best is not None  # noqa: S101 - there are settings
    return best[1]


def chances(log_odds: Floats) -> Floats:
    """Return probabilities, none so sure that being wrong would cost without end."""
    found: Floats = np.clip(1.0 / (1.0 + np.exp(-np.clip(log_odds, -30, 30))), 1e-7, 1.0 - 1e-7)
    return found


def _better(
    best: tuple[float, Floats] | None,
    log_odds: Floats,
    clicked: NDArray[np.bool_],
    first: int,
    second: int,
) -> tuple[float, Floats]:
    loss = log_loss(chances(log_odds[first:second]), clicked[first:second])
    return best if best is not None and best[0] <= loss else (loss, log_odds)


def _binned(values: Floats, until: int) -> NDArray[np.int64]:
    """Return a code per value; missing ones have their own."""
    known = values[:until][~np.isnan(values[:until])]
    edges = np.unique(known)
    if len(edges) > _FEW:
        edges = np.unique(np.quantile(known, np.linspace(0, 1, _QUANTILES + 1)))
    found: NDArray[np.int64] = np.searchsorted(edges, values, side="left").astype(np.int64)
    found[np.isnan(values)] = len(edges) + 1
    return found
