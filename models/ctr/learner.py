"""Learn from rows by time: trees from the past, tuned and calibrated on what followed, judged on the rest."""

from typing import NamedTuple

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from models.ctr import calibration
from models.ctr.booster import library
from models.ctr.boosting import MAX_TREES, Parameters, boost, by_amount, shift
from models.ctr.dataset import Dataset, Floats
from models.ctr.encoding import SMOOTHING, Smoothing, encode
from models.ctr.evaluate import Metrics, evaluate
from models.ctr.features import Tables
from models.ctr.judging import raw_log_odds, stacked
from models.ctr.probability import Calibration
from models.ctr.search import search
from models.ctr.thinning import thinning
from models.progress import Progress

MIN_IMPRESSIONS, MIN_CLICKS = 2_000, 50
MIN_CLICKS_TO_JUDGE = 3
"""In each of the two later parts."""
_SHARE, _LEAST_SHARE, _CLICKS_WANTED = 0.15, 0.05, 1_000
_CLICKS_FOR_PAIRS = 200
_CLICKS_OF_DOUBT = 1.0
"""A word's rate begins with as many impressions as bring one click on the average."""


class Parts(NamedTuple):
    """Rows by time: learned from before `first`, tuned and calibrated on before `second`, judged on after."""

    first: int
    second: int


class Learned(NamedTuple):
    """A model and how it was found."""

    tables: Tables
    model: str
    """In LightGBM's text format."""
    trees: int
    calibration: Calibration
    parameters: Parameters
    share: float
    """Of the rows without a click that were learned from."""
    parts: Parts
    matrix: Floats
    """All rows, as the trees see them."""
    log_odds: Floats
    """Of all rows, by the trees alone."""
    predicted: Floats
    """What would be served for the rows that are judged on."""
    metrics: Metrics


def split(clicked: NDArray[np.bool_]) -> Parts:
    """Return the parts: the later two have 15 % of the rows each, or less where that is plenty of clicks."""
    share = min(max(_CLICKS_WANTED / max(1, int(clicked.sum())), _LEAST_SHARE), _SHARE)
    rows = len(clicked)
    return Parts(int(rows * (1 - 2 * share)), int(rows * (1 - share)))


def lacking(clicked: NDArray[np.bool_]) -> str:
    """Return what is missing for learning, or nothing."""
    impressions, clicks = len(clicked), int(clicked.sum())
    if impressions < MIN_IMPRESSIONS or clicks < MIN_CLICKS:
        return (
            f"{impressions} measured impressions with {clicks} clicks; "
            f"at least {MIN_IMPRESSIONS} and {MIN_CLICKS} are needed"
        )
    if clicks == impressions:
        return f"{impressions} measured impressions that were all clicked; both kinds are needed"
    first, second = split(clicked)
    tuning, judging = clicked[first:second], clicked[second:]
    if min(tuning.sum(), judging.sum()) < MIN_CLICKS_TO_JUDGE:
        return (
            f"{tuning.sum()} and {judging.sum()} clicks in its two latest parts of {len(tuning)} impressions; "
            f"at least {MIN_CLICKS_TO_JUDGE} in each are needed"
        )
    if tuning.all() or judging.all():
        return "a later part in which every impression was clicked; both kinds are needed"
    return ""


def learn(
    data: Dataset,
    *,
    seed: int,
    on_progress: Progress,
    parameters: Parameters | None = None,
    trees: int = MAX_TREES,
    searched: int = 0,
) -> Learned:
    """Learn from rows that lack nothing. The same rows and seed give the same model.

    `parameters` are those that suit the amount unless given, with at most `trees`. `searched`: how many other parameters are tried first, on the rows before `first` alone. Raises `Unavailable` if LightGBM
    cannot run here.
    """
    library()  # says what to install, where importing the package would only fail
    clicked = data.clicked
    first, second = parts = split(clicked)
    on_progress("encoding", 0.0)
    clicks = int(clicked[:first].sum())
    linear = seed if clicks >= _CLICKS_FOR_PAIRS else None
    tables, matrix = encode(data, first, smoothing(clicked[:first]), linear=linear)
    share = thinning(clicks, first)
    chosen = parameters or replace(by_amount(clicks), trees=trees)
    if searched:
        chosen = search(
            matrix[:first], clicked[:first], chosen, searched, seed, on_progress, data.schema, share
        )
    booster = boost(
        matrix, clicked, first, second, seed, on_progress,
        schema=data.schema, parameters=chosen, share=share,
    )  # fmt: skip
    log_odds = raw_log_odds(booster, matrix)
    whole = stacked(log_odds, matrix, data.schema)
    moved = shift(matrix, data.schema, share)
    line = calibration.fit(whole[first:second] + moved, clicked[first:second])
    line = Calibration(line.slope, line.intercept + line.slope * moved)
    on_progress("judging", 0.0)
    predicted = np.array(line.probabilities(whole[second:].tolist()))
    return Learned(
        tables=tables,
        model=booster.model_to_string(num_iteration=booster.best_iteration),
        trees=booster.best_iteration,
        calibration=line,
        parameters=chosen,
        share=share,
        parts=parts,
        matrix=matrix,
        log_odds=log_odds,
        predicted=predicted,
        metrics=evaluate(predicted, clicked[second:], float(clicked[:first].mean())),
    )


def smoothing(clicked: NDArray[np.bool_]) -> Smoothing:
    """Return how firmly rates begin at the average rate: with as many impressions as bring a click."""
    rate = (float(clicked.sum()) + 1.0) / (len(clicked) + 1.0 / SMOOTHING.prior_rate)
    return Smoothing(strength=_CLICKS_OF_DOUBT / rate, prior_rate=rate)
