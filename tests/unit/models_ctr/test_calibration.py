"""The line through the log odds: found again, held back, always rising."""

import numpy as np
import pytest

from models.ctr.calibration import fit
from models.ctr.probability import HIGHEST, LOWEST, Calibration, clipped


def _sample(slope: float, intercept: float) -> tuple[np.ndarray, np.ndarray]:
    dice = np.random.default_rng(3)
    log_odds = dice.normal(-2.5, 1.0, 40_000)
    truth = 1 / (1 + np.exp(-(slope * log_odds + intercept)))
    return log_odds, dice.random(40_000) < truth


@pytest.mark.parametrize(("slope", "intercept"), [(1.0, 0.0), (0.6, -1.0), (1.4, 0.8)])
def test_the_true_line_is_found(slope: float, intercept: float) -> None:
    log_odds, clicked = _sample(slope, intercept)
    line = fit(log_odds, clicked)
    assert line.slope == pytest.approx(slope, abs=0.08)
    predicted = 1 / (1 + np.exp(-(line.slope * log_odds + line.intercept)))
    assert predicted.sum() == pytest.approx(clicked.sum(), rel=1e-3)


def test_clicks_against_the_order_do_not_turn_the_line() -> None:
    log_odds, clicked = _sample(-1.0, -6.0)
    assert fit(log_odds, clicked).slope > 0


def test_few_rows_hardly_move_the_slope() -> None:
    log_odds, clicked = _sample(0.2, -1.0)
    few, many = (fit(log_odds[:rows], clicked[:rows]).slope for rows in (40, 40_000))
    assert many == pytest.approx(0.2, abs=0.05)
    assert few > 2 * many


def test_served_probabilities_stay_within_bounds_and_in_order() -> None:
    served = Calibration(1.0, 0.0).probabilities([-1e308, -20.0, -3.0, -2.0, 0.0, 3.0, 1e308])
    assert served == sorted(served)
    assert served[0] == LOWEST
    assert served[-1] == HIGHEST
    assert [clipped(0.0), clipped(1.0), clipped(0.1)] == [LOWEST, HIGHEST, 0.1]
