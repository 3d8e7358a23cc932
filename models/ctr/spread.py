"""How much a model's answers depend on who meets whom, and so how many candidates it has to be asked about.

If a candidate's click probability were its usual one times something that all candidates share, the few that usually are best would be
the best always. What is left is the spread: the wider it is, the further down the best may stand.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from models.ctr.dataset import Dataset
    from models.ctr.features import Tables

LEAST, MOST = 8, 48
_PER_SQUARE = 50.0
"""At a spread of 0.4 the best eight lose less than 1 % of value to scoring all, at 1.0 the best 48 do: see `tests/quality/shortlisted.py`."""
CONTEXTS, CANDIDATES = 200, 32
_FEWEST = 4
_ONE_IN, _REACHES = 0.01, 2.326

Floats = NDArray[np.float64]
LogOdds = Callable[[Sequence[float], Sequence[Sequence[float]]], list[float]]
"""What trees add up to, from the columns of a context and those of several candidates."""


def breadth(spread: float) -> int:
    """Return how many of those who promise most to ask about."""
    return int(min(max(_PER_SQUARE * spread * spread, LEAST), MOST))


def spread(log_odds: LogOdds, data: "Dataset", tables: "Tables") -> float:
    """Return the spread over some contexts and candidates of the later half, each context with each candidate.

    0 where there are too few of them to tell.
    """
    contexts, candidates = _some(data)
    if min(len(contexts), len(candidates)) < _FEWEST:
        return 0.0
    from models.ctr.encoding import apply, beneath  # noqa: PLC0415 - serving only asks for `breadth`

    matrix = apply(tables, _crossed(data, contexts, candidates))
    first = len(tables.schema.context)
    found = np.array(
        [
            log_odds(rows[0, :first].tolist(), rows[:, first:].tolist())
            for rows in matrix.reshape(len(contexts), len(candidates), -1)
        ]
    )
    begins = beneath(matrix, tables.schema)
    return upward(found if begins is None else found + begins.reshape(found.shape))


def upward(found: Floats) -> float:
    """Return how far a table of log odds, by context and candidate, reaches above what the means of both explain.

    The deviation of the normal distribution that reaches as far with one in a hundred: it is the rare large ones that are missed.
    """
    left = found - found.mean(0) - found.mean(1, keepdims=True) + found.mean()
    return max(float(np.quantile(left, 1 - _ONE_IN)) / _REACHES, 0.0)


def _some(data: "Dataset") -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return rows for their contexts, and rows for their candidates, none of those twice."""
    latest = np.arange(len(data.at) // 2, len(data.at))
    first = len(data.schema.context_words)
    _, kinds = np.unique(data.words[latest, first:], axis=0, return_index=True)
    candidates = latest[kinds]
    return (
        latest[:: max(1, len(latest) // CONTEXTS)][:CONTEXTS],
        candidates[:: max(1, len(candidates) // CANDIDATES)][:CANDIDATES],
    )


def _crossed(
    data: "Dataset", contexts: NDArray[np.intp], candidates: NDArray[np.intp]
) -> "Dataset":
    """Return a row for each context with each candidate; what a person saw of a candidate is not known."""
    rows = data.take(np.repeat(contexts, len(candidates)))
    others = data.words[np.tile(candidates, len(contexts))]
    first = len(data.schema.context_words)
    numbers = rows.numbers.copy()
    numbers[:, len(data.schema.context_numbers) :] = np.nan
    return replace(
        rows, words=np.column_stack([rows.words[:, :first], others[:, first:]]), numbers=numbers
    )
