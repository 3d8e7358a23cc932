"""Why a model says what it says: how much each column helped in training, and what each adds to one prediction."""

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


def contributions(trees: lightgbm.Booster, row: Floats, schema: Schema) -> dict[str, float]:
    """Return what each column adds to the log odds of one row, largest first, and `everything else`: the average.

    Shapley values over the trees (Lundberg et al. 2020); they sum to the row's log odds.
    """
    (parts,) = np.asarray(trees.predict(row.reshape(1, -1), pred_contrib=True))
    named = dict(zip((*schema.columns, "everything else"), parts.tolist(), strict=True))
    return dict(sorted(named.items(), key=lambda each: -abs(each[1])))
