"""Given models on given rows, with nothing learned: how a champion and a challenger compare on the same impressions."""

from typing import TYPE_CHECKING

import numpy as np

from models.ctr.booster import library
from models.ctr.dataset import Dataset, Floats
from models.ctr.encoding import apply, beneath
from models.ctr.features import Schema, Tables
from models.ctr.probability import Calibration

if TYPE_CHECKING:
    import lightgbm


def log_odds(data: Dataset, tables: Tables, model: str) -> Floats:
    """Return the log odds of each row, as serving would have found them, before calibration.

    The rows must have at least the columns of the model. Raises `Unavailable` without LightGBM's library, and whatever LightGBM
    raises of a damaged text.
    """
    matrix = apply(tables, data)
    return stacked(raw_log_odds(booster(model), matrix), matrix, tables.schema)


def probabilities(data: Dataset, tables: Tables, calibration: Calibration, model: str) -> Floats:
    """Return what would have been served for each row."""
    return np.array(calibration.probabilities(log_odds(data, tables, model).tolist()))


def booster(model: str) -> "lightgbm.Booster":
    """Return LightGBM's trees of a text. Raises `Unavailable` without its library."""
    library()  # says what to install, where importing the package would only fail
    import lightgbm  # noqa: PLC0415 - a second, 40 MB, and fatal at import where libgomp is missing

    return lightgbm.Booster(model_str=model)


def raw_log_odds(trees: "lightgbm.Booster", matrix: Floats) -> Floats:
    """Return by row what the trees add up to, without that on which they stand."""
    return np.asarray(trees.predict(matrix, raw_score=True), np.float64)


def stacked(trees: Floats, matrix: Floats, schema: Schema) -> Floats:
    """Return the whole log odds of rows: the trees' and those at which they begin."""
    begins = beneath(matrix, schema)
    return trees if begins is None else trees + begins
