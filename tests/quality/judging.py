"""A model's probabilities against an oracle's, on the same impressions: gaps with an interval, resampled by person."""

from typing import NamedTuple

import numpy as np

from loadtest.market.chance import Floats, Whole
from loadtest.market.people import Truths

ROUNDS = 100
LEVEL = 0.05


class Judged(NamedTuple):
    """By impression."""

    model: Floats
    wire: Floats
    """The oracle that sees no more than the model."""
    click: Floats
    """The one that sees everything."""
    clicked: Truths
    people: Whole


class Gap(NamedTuple):
    """How far the model is from the oracle; normalised entropy relative to the oracle's."""

    auc: float
    auc_wire: float
    auc_click: float
    auc_gap: float
    auc_low: float
    auc_high: float
    entropy: float
    entropy_wire: float
    entropy_click: float
    entropy_gap: float
    entropy_low: float
    entropy_high: float


def compare(judged: Judged, seed: int) -> Gap:
    """Return the gaps; an interval holds 95 % of those of resampled people, all their impressions together."""
    ones = np.ones(len(judged.clicked))
    rows = [_Ranked(each, judged.clicked) for each in judged[:3]]
    auc, wire, click = (row.auc(ones) for row in rows)
    entropy, low, least = (row.entropy(ones) for row in rows)
    _, person = np.unique(judged.people, return_inverse=True)
    dice = np.random.default_rng(seed)
    aucs, entropies = [], []
    for _ in range(ROUNDS):
        weights = dice.poisson(1.0, person.max() + 1)[person].astype(np.float64)
        aucs.append(rows[1].auc(weights) - rows[0].auc(weights))
        entropies.append(rows[0].entropy(weights) / rows[1].entropy(weights) - 1)
    bounds = [LEVEL / 2, 1 - LEVEL / 2]
    auc_low, auc_high = np.quantile(aucs, bounds).tolist()
    entropy_low, entropy_high = np.quantile(entropies, bounds).tolist()
    return Gap(
        auc, wire, click, wire - auc, auc_low, auc_high,
        entropy, low, least, entropy / low - 1, entropy_low, entropy_high,
    )  # fmt: skip


class _Ranked:
    """Probabilities in order, so that many weightings are cheap."""

    def __init__(self, chances: Floats, clicked: Truths) -> None:
        self._order = np.argsort(chances, kind="stable")
        ordered = chances[self._order]
        self._clicked = clicked
        self._begins = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
        self._losses = -np.where(clicked, np.log(chances), np.log1p(-chances))

    def auc(self, weights: Floats) -> float:
        """Return how often a clicked impression was thought likelier than another, ties half."""
        weights = weights[self._order]
        clicked = self._clicked[self._order]
        yes = np.add.reduceat(weights * clicked, self._begins)
        no = np.add.reduceat(weights * ~clicked, self._begins)
        below = np.cumsum(no) - no
        return float((yes * (below + no / 2)).sum() / (yes.sum() * no.sum()))

    def entropy(self, weights: Floats) -> float:
        """Return the log loss over that of the constant that fits best (He et al. 2014)."""
        rate = float((weights * self._clicked).sum() / weights.sum())
        constant = -(rate * np.log(rate) + (1 - rate) * np.log1p(-rate))
        return float((weights * self._losses).sum() / weights.sum() / constant)
