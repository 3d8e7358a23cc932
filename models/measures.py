"""How good probabilities are, by what came: the surprise of each row, and how well rows are ranked."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def losses(predicted: Floats, came: NDArray[np.bool_]) -> Floats:
    """Return the log loss of each row in nats, of probabilities within (0, 1)."""
    found: Floats = -np.log(np.where(came, predicted, 1.0 - predicted))
    return found


class Ranked:
    """Rows in the order of their probabilities, once for any number of weights."""

    def __init__(self, predicted: Floats, came: NDArray[np.bool_]) -> None:
        self._order = np.argsort(predicted, kind="stable")
        _, self._starts = np.unique(predicted[self._order], return_index=True)
        self._came = came[self._order]

    def area(self, weights: Floats) -> float:
        """Return the weighted area under the ROC curve, ties counted half; NaN where all that weighs is of one kind."""
        here = weights[self._order]
        hits = np.add.reduceat(here * self._came, self._starts)
        others = np.add.reduceat(here * ~self._came, self._starts)
        below = np.cumsum(others) - others / 2
        pairs = hits.sum() * others.sum()
        return float((hits @ below) / pairs) if pairs else float("nan")
