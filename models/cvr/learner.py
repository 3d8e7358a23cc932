"""Learn orders per click from clicks of which some will lead to an order yet.

With F(t) the share of orders that come within t (`delays`), a click of age t without an order has one coming with the
probability w = p (1 - F) / (1 - p F). Such a click stands in twice: with weight 1 - w as one without an order and with
weight w as one with (expectation and maximisation; Chapelle 2014, section 4, with trees in place of his linear model). p comes
from the round before, at first from the average. Clicks that are old enough stand in once.
"""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.ctr import calibration
from models.ctr.booster import library
from models.ctr.boosting import boost, by_amount
from models.ctr.dataset import Floats
from models.ctr.encoding import encode
from models.ctr.evaluate import auc, log_loss
from models.ctr.features import Tables
from models.ctr.judging import raw_log_odds
from models.ctr.learner import Parts, smoothing, split
from models.ctr.probability import Calibration
from models.cvr.dataset import Clicked
from models.cvr.delays import Delays
from models.cvr.report import Metrics
from models.measures import losses
from models.progress import Progress

if TYPE_CHECKING:
    import lightgbm

MIN_CLICKS, MIN_ORDERS = 1_000, 50
MIN_ORDERS_TO_JUDGE = 5
"""In each of the two later parts."""
ROUNDS = 3
PROVEN_BY = 2.0
"""Standard errors by which trees must be better than rates on the tuning part, on which they were also calibrated."""
_WORTH_A_ROW = 1e-4
_NEGLIGIBLE = 0.01
"""If fewer orders than this share of those seen are still to come, one round is enough."""
_CALIBRATING = 5
_STEADY_ORDERS = 100.0
"""So many later orders move the trees' level half way: n orders tell a rate to 1 / sqrt(n), and a drift of a tenth between
the parts is usual.
"""


class Learned(NamedTuple):
    """A model and how it was found."""

    tables: Tables
    model: str
    """In LightGBM's text format."""
    trees: int
    rounds: int
    """How often they were grown."""
    calibration: Calibration
    parts: Parts
    matrix: Floats
    """All rows, as the trees see them."""
    log_odds: Floats
    """Of all rows, by the trees alone."""
    better: bool
    """Whether the trees served the tuning part better than smoothed rates per line item, beyond doubt."""
    metrics: Metrics


class _Grown(NamedTuple):
    """Trees of one round."""

    booster: "lightgbm.Booster"
    log_odds: Floats
    line: Calibration
    likely: Floats
    """Orders per click in the end, of all rows."""


def lacking(clicked: Clicked) -> str:
    """Return what is missing for learning, or nothing."""
    ordered = clicked.data.clicked
    clicks, orders = len(ordered), int(ordered.sum())
    if clicks < MIN_CLICKS or orders < MIN_ORDERS:
        return (
            f"{clicks} clicks with their bid, {orders} of them with an order; "
            f"at least {MIN_CLICKS} and {MIN_ORDERS} are needed"
        )
    if orders == clicks:
        return f"{clicks} clicks that all led to an order; both kinds are needed"
    first, second = split(ordered)
    later = int(ordered[first:second].sum()), int(ordered[second:].sum())
    if min(later) < MIN_ORDERS_TO_JUDGE:
        return (
            f"{later[0]} and {later[1]} orders in its two latest parts; "
            f"at least {MIN_ORDERS_TO_JUDGE} in each are needed"
        )
    if ordered[first:second].all() or ordered[second:].all():
        return "a later part in which every click led to an order; both kinds are needed"
    return ""


def learn(clicked: Clicked, curve: Delays, *, seed: int, on_progress: Progress) -> Learned:
    """Learn from rows that lack nothing. The same rows and seed give the same model.

    Raises `Unavailable` if LightGBM cannot run here.
    """
    library()  # says what to install, where importing the package would only fail
    data = clicked.data
    ordered = data.clicked
    come = curve.share(clicked.ages_s)
    first, second = parts = split(ordered)
    on_progress("encoding", 0.0)
    tables, matrix = encode(data, first, smoothing(ordered[:first]), curve.share)
    likely = np.full(len(ordered), min(0.5, float(ordered.sum() / come.sum())))
    parameters = by_amount(int(ordered[:first].sum()))

    def grow(likely: Floats) -> _Grown:
        rows, labels, weights, edges = _both(coming(likely, come, ordered), ordered, parts)
        booster = boost(
            matrix[rows], labels, *edges, seed, on_progress,
            schema=data.schema, parameters=parameters, weights=weights,
        )  # fmt: skip
        log_odds = raw_log_odds(booster, matrix)
        tuned = slice(first, second)
        line = _calibrated(log_odds[tuned], come[tuned], ordered[tuned], likely[tuned])
        return _Grown(booster, log_odds, line, np.array(line.probabilities(log_odds.tolist())))

    missing = float(coming(likely, come, ordered)[:second].sum())
    rounds = ROUNDS if missing > _NEGLIGIBLE * ordered[:second].sum() else 1
    grown = grow(likely)
    for _ in range(rounds - 1):
        grown = grow(grown.likely)
    booster, log_odds, line, likely = grown
    on_progress("judging", 0.0)
    rated = matrix[:, tables.schema.columns.index("line_item_rate")]
    tuned = slice(first, second)
    by_rates = losses(rated[tuned] * come[tuned], ordered[tuned])
    gain = by_rates - losses(likely[tuned] * come[tuned], ordered[tuned])
    return Learned(
        tables=tables,
        model=booster.model_to_string(num_iteration=booster.best_iteration),
        trees=booster.best_iteration,
        rounds=rounds,
        calibration=line,
        parts=parts,
        matrix=matrix,
        log_odds=log_odds,
        better=bool(gain.mean() > PROVEN_BY * gain.std() / np.sqrt(len(gain))),
        metrics=judge(
            likely[second:],
            rated[second:],
            come[second:],
            ordered[second:],
            float(ordered[:first].sum() / come[:first].sum()),
        ),
    )


def judge(
    likely: Floats, rated: Floats, come: Floats, ordered: NDArray[np.bool_], constant: float
) -> Metrics:
    """Judge predictions by what has been seen so far: an order of a click is expected to have been with p F."""
    seen = np.minimum(likely * come, 1 - 1e-9)
    return Metrics(
        clicks=len(ordered),
        orders=int(ordered.sum()),
        auc=auc(seen, ordered),
        log_loss=log_loss(seen, ordered),
        rates_log_loss=log_loss(np.minimum(rated * come, 1 - 1e-9), ordered),
        constant_log_loss=log_loss(np.minimum(constant * come, 1 - 1e-9), ordered),
        calibration=float(seen.sum() / ordered.sum()),
        naive_calibration=float(likely.sum() / ordered.sum()),
    )


def coming(likely: Floats, come: Floats, ordered: NDArray[np.bool_]) -> Floats:
    """Return the probability that each click without an order has one coming; 0 for those with."""
    found: Floats = np.where(ordered, 0.0, likely * (1.0 - come) / (1.0 - likely * come))
    return found


def _both(
    later: Floats, ordered: NDArray[np.bool_], parts: Parts
) -> tuple[NDArray[np.intp], NDArray[np.bool_], Floats, tuple[int, int]]:
    """Return rows (some of them twice), labels, weights, and where the two parts end now."""
    rows, labels, weights, edges = [], [], [], []
    for start, end in ((0, parts.first), (parts.first, parts.second)):
        part = np.arange(start, end)
        twice = part[later[start:end] > _WORTH_A_ROW]
        rows += [part, twice]
        labels += [ordered[part], np.ones(len(twice), np.bool_)]
        weights += [1.0 - later[part], later[twice]]
        edges.append(sum(map(len, rows)))
    return (
        np.concatenate(rows),
        np.concatenate(labels),
        np.concatenate(weights),
        (edges[0], edges[1]),
    )


def _calibrated(
    log_odds: Floats, come: Floats, ordered: NDArray[np.bool_], likely: Floats
) -> Calibration:
    """Return Platt's line for what will have been ordered in the end, as far as the evidence carries it from none at all."""
    line = Calibration(1.0, 0.0)
    for _ in range(_CALIBRATING):
        line = calibration.fit(log_odds, ordered + coming(likely, come, ordered))
        likely = np.array(line.probabilities(log_odds.tolist()))
    say = float(ordered.sum()) / (float(ordered.sum()) + _STEADY_ORDERS)
    return Calibration(1.0 + say * (line.slope - 1.0), say * line.intercept)
