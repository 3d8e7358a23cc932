"""Log odds of the trees made into probabilities that come true: Platt's line on later data."""

import numpy as np
from numpy.typing import NDArray

from models.ctr.dataset import Floats
from models.ctr.probability import Calibration

_DOUBT = 10.0
"""How firmly the slope is held at 1, so that a few clicks cannot turn it."""
_LEAST_SLOPE, _MOST_SLOPE = 0.1, 10.0
"""Rising, so that calibrating never changes who is ranked above whom."""
_STEPS, _LONGEST_STEP, _CLOSE_ENOUGH = 100, 1.0, 1e-10


def fit(log_odds: Floats, clicked: NDArray[np.bool_] | Floats) -> Calibration:
    """Return the most likely line, by Newton steps in one coordinate at a time (it is convex).

    Predicted and actual clicks of the given rows then agree in sum. `clicked` may be probabilities.
    """
    centre = float(log_odds.mean())
    spread = log_odds - centre  # centred, the two coordinates hardly depend on each other
    slope, level = 1.0, centre
    for _ in range(_STEPS):
        error, weight = _error_and_weight(slope * spread + level, clicked)
        pull = float((error * spread).sum()) + _DOUBT * (slope - 1)
        step = pull / (float((weight * spread**2).sum()) + _DOUBT)
        moved = float(np.clip(slope - step, _LEAST_SLOPE, _MOST_SLOPE))
        error, weight = _error_and_weight(moved * spread + level, clicked)
        shift = float(np.clip(error.sum() / weight.sum(), -_LONGEST_STEP, _LONGEST_STEP))
        level -= shift
        change, slope = abs(moved - slope) + abs(shift), moved
        if change < _CLOSE_ENOUGH:
            break
    return Calibration(slope, level - slope * centre)


def _error_and_weight(
    log_odds: Floats, clicked: NDArray[np.bool_] | Floats
) -> tuple[Floats, Floats]:
    probability = 1.0 / (1.0 + np.exp(-log_odds))
    return probability - clicked, probability * (1.0 - probability)
