"""What an order is worth here, against what its line item's orders are usually worth: trees, if they prove better than 1.

Gamma regression with a logarithmic link (McCullagh and Nelder 1989, chapter 8): worth is positive and spread in
proportion to its mean, and it is the mean that a return on spend is made of. The line item's smoothed mean is the offset, so
the trees learn factors.
"""

from collections.abc import Iterable
from math import exp, log
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.ctr.boosting import by_amount
from models.ctr.dataset import Floats
from models.ctr.features import SERVED
from models.ctr.probability import Calibration
from models.cvr.baseline import PRIOR_ORDERS
from models.cvr.dataset import Clicked
from models.cvr.learner import PROVEN_BY, Learned

Places = NDArray[np.int64]
GAMMA = "gamma"
FEWEST = 500
"""Orders with a worth, before trees are tried."""
MOST_TIMES = 5.0
"""No factor is larger, or smaller than 1 over it."""
_PATIENCE = 20


class Factors(Calibration, frozen=True, forbid_unknown_fields=True):
    """From the sum of the leaves to a factor, in place of a probability: exp(slope x sum + intercept), within bounds."""

    def probabilities(self, log_odds: Iterable[float]) -> list[float]:
        """Return factors."""
        slope, intercept, most = self.slope, self.intercept, log(MOST_TIMES)
        return [exp(min(max(slope * raw + intercept, -most), most)) for raw in log_odds]


class Worth(NamedTuple):
    """What was found."""

    orders: int
    """With a worth."""
    model: str | None = None
    """Trees in LightGBM's text format; none: the line item's mean is as good."""
    factors: Factors = Factors(1.0, 0.0)
    deviance: float = 0.0
    """Mean gamma deviance of the tuning part by the trees, and by the means alone."""
    means_deviance: float = 0.0

    def __str__(self) -> str:
        if self.deviance == 0.0:
            return f"the line item's smoothed mean ({self.orders} orders told theirs, {FEWEST} are needed for more)"
        which = "trees" if self.model is not None else "the line item's smoothed mean"
        return (
            f"{which} (deviance of {self.deviance:.3f} by trees, {self.means_deviance:.3f} by means;"
            f" {self.orders} orders)"
        )


def learn_worth(clicked: Clicked, learned: Learned, *, seed: int) -> Worth:
    """Learn factors from the orders before the tuning part, judge them on it.

    Raises `Unavailable` if LightGBM cannot run here.
    """
    told = np.flatnonzero(np.isfinite(clicked.worth))
    first, second = learned.parts
    past, after = told[told < first], told[(told >= first) & (told < second)]
    if len(past) < FEWEST or len(after) < FEWEST // 10:
        return Worth(len(told))
    line_items = learned.matrix[:, learned.tables.schema.columns.index("line_item")].astype(
        np.int64
    )
    usual = _means(clicked.worth, line_items, past)[line_items]
    trees, raw = _boost(learned.matrix, clicked.worth, usual, past, after, seed)
    # By definition of the mean, factors are 1 on the average: weighted by what orders are usually worth.
    both = np.concatenate((past, after))
    level = float((usual[both] * np.exp(raw[both])).sum() / usual[both].sum())
    factors = Factors(1.0, -log(level))
    by_trees = _deviance(clicked.worth[after], usual[after] * factors.probabilities(raw[after]))
    by_means = _deviance(clicked.worth[after], usual[after])
    gain = by_means - by_trees
    better = gain.mean() > PROVEN_BY * gain.std() / np.sqrt(len(gain))
    return Worth(
        len(told),
        trees if better else None,
        factors,
        float(by_trees.mean()),
        float(by_means.mean()),
    )


def _means(worth: Floats, line_items: Places, rows: Places) -> Floats:
    """Return smoothed means by the line item's code."""
    size = int(line_items.max()) + 1
    orders = np.bincount(line_items[rows], minlength=size)
    sums = np.bincount(line_items[rows], worth[rows], size)
    whole = float(worth[rows].mean())
    means: Floats = (sums + PRIOR_ORDERS * whole) / (orders + PRIOR_ORDERS)
    return means


def _boost(
    matrix: Floats, worth: Floats, usual: Floats, past: Places, after: Places, seed: int
) -> tuple[str, Floats]:
    import lightgbm  # noqa: PLC0415 - a second, 40 MB, and fatal at import where libgomp is missing

    told = by_amount(len(past)).told(seed)
    learned = lightgbm.Dataset(
        matrix[past],
        worth[past] / usual[past].mean(),
        init_score=np.log(usual[past] / usual[past].mean()),
        feature_name=list(SERVED.columns),
        categorical_feature=list(SERVED.words),
    )
    tuned = learned.create_valid(
        matrix[after],
        worth[after] / usual[past].mean(),
        init_score=np.log(usual[after] / usual[past].mean()),
    )
    booster = lightgbm.train(
        told | {"objective": GAMMA},
        learned,
        200,
        valid_sets=[tuned],
        callbacks=[lightgbm.early_stopping(_PATIENCE, verbose=False)],
    )
    raw = np.asarray(booster.predict(matrix, raw_score=True), np.float64)
    return booster.model_to_string(num_iteration=booster.best_iteration), raw


def _deviance(worth: Floats, expected: Floats) -> Floats:
    ratio = worth / expected
    found: Floats = 2.0 * (ratio - 1.0 - np.log(ratio))
    return found
