"""Trees from rows by LightGBM: as many and as large as the amount of data can teach."""

from typing import TYPE_CHECKING, Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from models.ctr.columns import MAX_LEAVES
from models.ctr.dataset import Floats
from models.ctr.encoding import beneath
from models.ctr.features import AFFINITY, SERVED, Schema
from models.ctr.thinning import thinned
from models.progress import Progress

if TYPE_CHECKING:
    import lightgbm

MAX_TREES = 200
"""What serving is measured with (P7); more only on request."""
_CLICKS_PER_LEAF, _FEWEST_LEAVES = 50, 7
_MANY_CLICKS, _MANY_PER_LEAF, _FEWEST_OF_MANY = 5_000, 2_000, 15
_ROWS_FOR_TWO = 200_000
_PROVEN_ROWS, _PROVEN_WITHIN = 256, 1e-9


class Parameters(msgspec.Struct, frozen=True):
    """How trees are grown; LightGBM's names in `told`."""

    trees: int = MAX_TREES
    leaves: int = MAX_LEAVES
    learning_rate: float = 0.05
    min_rows: int = 50
    """In each leaf."""
    min_weight: float = 10.0
    """In each leaf, about so many expected clicks."""
    columns: float = 0.8
    """The share of them that each tree may split."""
    rows: float = 1.0
    """The share of them that each tree sees."""
    l2: float = 5.0
    category_rows: int = 50
    """A category of fewer rows is not split on its own."""
    category_l2: float = 10.0
    patience: int = 20
    """Growing ends when so many trees in a row have not helped on later rows."""

    def told(self, seed: int, rows: int = 0) -> dict[str, object]:
        """Return them as LightGBM wants them: the same rows and seed grow the same trees."""
        return {
            "objective": "binary",
            "num_leaves": self.leaves,
            "learning_rate": self.learning_rate,
            "min_data_in_leaf": self.min_rows,
            "min_sum_hessian_in_leaf": self.min_weight,
            "feature_fraction": self.columns,
            "bagging_fraction": self.rows,
            "bagging_freq": int(self.rows < 1.0),
            "lambda_l2": self.l2,
            "min_data_per_group": self.category_rows,
            "cat_l2": self.category_l2,
            "seed": seed,
            "deterministic": True,
            "force_row_wise": True,  # without it LightGBM times both ways, which is not repeatable
            "num_threads": 1 if rows < _ROWS_FOR_TWO else 2,  # few rows wait more than they work
            "verbosity": -1,
        }


class LogOdds(Protocol):
    """A compiled model, as far as it is proven here."""

    def log_odds(self, context: list[float], candidates: list[list[float]]) -> list[float]:
        """Return the trees' own log odds."""


def by_amount(clicks: int) -> Parameters:
    """Return what suits so many clicks: few cannot fill many leaves, large trees would only learn them by heart."""
    if (
        clicks >= _MANY_CLICKS
    ):  # the linear stage has found most by then: what trees add must be seen in many rows
        return Parameters(
            leaves=min(max(clicks // _MANY_PER_LEAF, _FEWEST_OF_MANY), MAX_LEAVES),
            min_rows=1_000,
            min_weight=30.0,
            columns=1.0,
            l2=50.0,
            category_rows=1_000,
            category_l2=200.0,
        )
    return Parameters(leaves=min(max(clicks // _CLICKS_PER_LEAF, _FEWEST_LEAVES), MAX_LEAVES))


def boost(
    matrix: Floats,
    labels: NDArray[np.bool_] | Floats,
    first: int,
    second: int,
    seed: int,
    on_progress: Progress,
    *,
    schema: Schema = SERVED,
    parameters: Parameters | None = None,
    weights: Floats | None = None,
    share: float = 1.0,
) -> "lightgbm.Booster":
    """Return trees learned from the rows before `first`, as many as served those from `first` to `second` best.

    Where the rows bring the log odds of a linear stage, trees begin there, never split its column, and add to it. `share` thins
    what is not clicked, in both parts: the odds of trees that begin at nothing are then those of the thinned rows (see `shift`).
    """
    import lightgbm  # noqa: PLC0415 - a second, 40 MB, and fatal at import where libgomp is missing

    chosen = parameters or by_amount(int(np.count_nonzero(labels[:first])))
    clicked = np.asarray(labels[:second], np.float64) > 0
    kept = thinned(clicked, share, seed)
    learned, tuned = kept[kept < first], kept[kept >= first]
    rows, begins = upon(matrix[learned], schema)
    later, later_begins = upon(matrix[tuned], schema)
    thinner = float(np.log(share))
    past = lightgbm.Dataset(
        rows,
        labels[learned],
        weight=None if weights is None else weights[learned],
        init_score=None if begins is None else begins - thinner,
        feature_name=list(schema.columns),
        categorical_feature=list(schema.words),
    )
    after = past.create_valid(
        later,
        labels[tuned],
        weight=None if weights is None else weights[tuned],
        init_score=None if later_begins is None else later_begins - thinner,
    )

    def tell(state: "lightgbm.callback.CallbackEnv") -> None:
        on_progress("growing trees", (state.iteration + 1) / chosen.trees)

    return lightgbm.train(
        chosen.told(seed, len(learned)),
        past,
        chosen.trees,
        valid_sets=[after],
        callbacks=[lightgbm.early_stopping(chosen.patience, verbose=False), tell],
    )


def shift(matrix: Floats, schema: Schema, share: float) -> float:
    """Return what to add to log odds that were learned from thinned rows."""
    return float(np.log(share)) if beneath(matrix, schema) is None else 0.0


def upon(rows: Floats, schema: Schema) -> tuple[Floats, Floats | None]:
    """Return what trees may split of rows, and the log odds at which they begin; the rows are the caller's to be changed."""
    begins = beneath(rows, schema)
    if begins is not None:
        begins = begins.copy()
        rows[:, schema.columns.index(AFFINITY)] = np.nan
    return rows, begins


def prove(model: LogOdds, rows: Floats, expected: Floats, schema: Schema = SERVED) -> None:
    """Publish nothing that serves other numbers than LightGBM predicts."""
    context = len(schema.context)
    for row, log_odds in zip(rows[:_PROVEN_ROWS].tolist(), expected.tolist(), strict=False):
        (served,) = model.log_odds(row[:context], [row[context:]])
        if abs(served - log_odds) > _PROVEN_WITHIN:
            raise RuntimeError(f"compiled trees say {served}, LightGBM {log_odds}: a bug of ours")
