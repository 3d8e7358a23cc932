"""Why a model says what it says: how far each column moves it, and what each adds to one prediction."""

import lightgbm
import numpy as np

from models.ctr.dataset import Floats
from models.ctr.features import Schema


def importances(trees: lightgbm.Booster, schema: Schema) -> dict[str, float]:
    """Return each column's share of the loss that all splits took away, largest first; columns never split are left out."""
    gains = np.asarray(trees.feature_importance("gain"), np.float64)
    total = float(gains.sum()) or 1.0
    shares = dict(zip(schema.columns, (gains / total).tolist(), strict=True))
    return dict(
        sorted(
            ((name, share) for name, share in shares.items() if share > 0),
            key=lambda each: -each[1],
        )
    )


def weights(stage: dict[str, Floats]) -> dict[str, float]:
    """Return how far each part of the linear stage moves log odds from row to row, its standard deviation, largest first."""
    moved = {name: float(part.std()) for name, part in stage.items()}
    return dict(
        sorted(
            ((name, far) for name, far in moved.items() if far > 0),
            key=lambda each: -each[1],
        )
    )


def contributions(
    trees: lightgbm.Booster, row: Floats, schema: Schema, stage: dict[str, float]
) -> dict[str, float]:
    """Return what each column adds to the log odds of one row, largest first, and `everything else`: the average.

    What it adds in the linear stage, and its Shapley values over the trees (Lundberg et al. 2020); together they sum to the row's log odds
    but for the base of the stage, which is in `everything else`, too.
    """
    (parts,) = np.asarray(trees.predict(row.reshape(1, -1), pred_contrib=True))
    named = dict(zip((*schema.columns, "everything else"), parts.tolist(), strict=True))
    for name, added in stage.items():
        named[name] = named.get(name, 0.0) + added
    return dict(sorted(named.items(), key=lambda each: -abs(each[1])))
