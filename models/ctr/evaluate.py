"""How good predicted probabilities are, against the best constant and against what happened."""

import msgspec
import numpy as np
from numpy.typing import NDArray

from models.ctr.dataset import Floats
from models.measures import losses


class Metrics(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Measured on the latest part of the log, which neither training nor calibration saw."""

    impressions: int
    clicks: int
    auc: float
    """How often a clicked impression is ranked above one that was not; 0.5 is chance."""
    log_loss: float
    """Mean, in nats."""
    normalised_entropy: float
    """Log loss over that of this part's own click rate as a constant; below 1 is worth having."""
    calibration: float
    """Clicks predicted per click that happened."""
    constant_log_loss: float
    constant_calibration: float
    """The same two for the training part's click rate as a constant."""


def evaluate(predicted: Floats, clicked: NDArray[np.bool_], constant: float) -> Metrics:
    """Judge predictions; there must be both impressions with and without a click."""
    clicks = int(clicked.sum())
    loss = log_loss(predicted, clicked)
    return Metrics(
        impressions=len(clicked),
        clicks=clicks,
        auc=auc(predicted, clicked),
        log_loss=loss,
        normalised_entropy=loss / log_loss(np.full(len(clicked), clicked.mean()), clicked),
        calibration=float(predicted.sum()) / clicks,
        constant_log_loss=log_loss(np.full(len(clicked), constant), clicked),
        constant_calibration=constant * len(clicked) / clicks,
    )


def log_loss(predicted: Floats, clicked: NDArray[np.bool_]) -> float:
    """Return the mean negative log likelihood in nats."""
    return float(losses(predicted, clicked).mean())


def auc(predicted: Floats, clicked: NDArray[np.bool_]) -> float:
    """Return the area under the ROC curve, ties counted half."""
    _, group, sizes = np.unique(predicted, return_inverse=True, return_counts=True)
    mean_rank = np.cumsum(sizes) - (sizes - 1) / 2
    positives = int(clicked.sum())
    rank_sum = float(mean_rank[group][clicked].sum())
    return (rank_sum - positives * (positives + 1) / 2) / (positives * (len(clicked) - positives))
