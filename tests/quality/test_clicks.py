"""The bars of click models tell better from worse, and calibrated from not."""

import numpy as np

from models.evaluation.baselines import chances
from tests.quality.calibration import halves
from tests.quality.clicks import EARLY, LATE, MEMBERS, compare


def made(seed: int, rows: int = 3_000) -> tuple[np.ndarray, np.ndarray]:
    """Return the true log odds of rows, and what was clicked."""
    dice = np.random.default_rng(seed)
    truth = dice.normal(-2.0, 1.0, rows)
    return truth, dice.random(rows) < chances(truth)


def test_a_better_model_meets_the_bar_and_a_worse_one_does_not() -> None:
    truth, clicked = made(1)
    blurred = truth + np.random.default_rng(2).normal(0, 0.8, len(truth))
    good, bad = chances(truth), chances(blurred)
    others = dict.fromkeys(MEMBERS, bad)
    won = compare({"ours": good, "linear": bad, "factorised": bad, **others}, clicked, 7, 100)
    lost = compare({"ours": bad, "linear": good, "factorised": good, **others}, clicked, 7, 100)
    same = compare({"ours": good, "linear": good, "factorised": good, **others}, clicked, 7, 100)
    assert [each.met for each in won] == [True] * 5
    assert [each.met for each in lost] == [each.met for each in same] == [False] * 4 + [True]


def test_what_was_chosen_by_and_what_is_judged_on_are_other_days() -> None:
    assert max(EARLY) < min(LATE)


def test_predictions_that_are_off_come_true_after_the_first_half() -> None:
    truth, clicked = made(3)
    logged, recalibrated, parts = halves("x", truth + 0.7, clicked, np.arange(len(truth)) % 3)
    assert (
        "predicted / actual 1.5" in logged.measured or "predicted / actual 1.6" in logged.measured
    )
    assert recalibrated.met
    assert parts.met


def test_predictions_that_turn_round_do_not_come_true() -> None:
    truth, clicked = made(4)
    turned = np.where(np.arange(len(truth)) < len(truth) // 2, truth, truth + 1.0)
    assert not halves("x", turned, clicked)[1].met
