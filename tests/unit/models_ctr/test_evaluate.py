"""Figures of merit against the obvious computation."""

import numpy as np
import pytest

from models.ctr.evaluate import auc, evaluate, log_loss


def test_auc_counts_pairs_and_halves_ties() -> None:
    dice = np.random.default_rng(1)
    predicted = dice.integers(0, 8, 60) / 10
    clicked = dice.random(60) < 0.4
    pairs = [
        1.0 if up > down else 0.5 if up == down else 0.0
        for up in predicted[clicked]
        for down in predicted[~clicked]
    ]
    assert auc(predicted, clicked) == pytest.approx(sum(pairs) / len(pairs))


def test_the_own_click_rate_as_a_constant_has_entropy_and_calibration_of_one() -> None:
    clicked = np.array([True, False, False, False] * 5)
    metrics = evaluate(np.full(20, 0.25), clicked, constant=0.5)
    assert metrics.normalised_entropy == pytest.approx(1.0)
    assert metrics.calibration == pytest.approx(1.0)
    assert metrics.constant_calibration == pytest.approx(2.0)
    assert metrics.constant_log_loss == pytest.approx(np.log(2))
    assert (metrics.impressions, metrics.clicks, metrics.auc) == (20, 5, 0.5)


def test_log_loss_is_the_mean_surprise() -> None:
    clicked = np.array([True, False])
    assert log_loss(np.array([0.5, 0.75]), clicked) == pytest.approx((np.log(2) + np.log(4)) / 2)
