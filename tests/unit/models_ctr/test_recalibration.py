"""Corrections from counts: none without evidence, bounded, partly pooled."""

from math import inf, nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.ctr.recalibration import factor, factors

counts = st.floats(0, 1e9)


@given(counts, counts)
def test_a_factor_lies_between_no_correction_and_what_was_counted(
    predicted: float, clicks: float
) -> None:
    found = factor(predicted, clicks)
    counted = min(max(clicks / predicted if predicted else inf, 0.2), 5.0)
    assert min(1.0, counted) - 1e-9 <= found <= max(1.0, counted) + 1e-9


@pytest.mark.parametrize(
    ("predicted", "clicks"), [(0, 0), (nan, 1), (1, inf), (-1, 3), (3, -1), (50, 50)]
)
def test_without_evidence_nothing_is_corrected(predicted: float, clicks: float) -> None:
    assert factor(predicted, clicks) == 1.0


def test_evidence_wins_in_the_end() -> None:
    assert factor(2, 3) < 1.1
    assert factor(20_000, 30_000) == pytest.approx(1.5, rel=1e-3)
    assert factor(1e6, 1) == pytest.approx(0.2)


def test_parts_share_what_all_of_them_need() -> None:
    """A part that nobody has seen yet is corrected as the others are together, a large one by itself."""
    found = factors({"a": (10_000.0, 15_000.0), "b": (10_000.0, 25_000.0), "new": (0.0, 0.0)})
    assert found["a"] == pytest.approx(1.5, rel=0.01)
    assert found["b"] == pytest.approx(2.5, rel=0.01)
    assert found["new"] == pytest.approx(2.0, rel=0.01)


def test_pooling_is_nearer_to_the_truth_than_either_extreme() -> None:
    """Against parts whose true factors are known: none of their own, and only their own."""
    dice = np.random.default_rng(4)
    errors = np.zeros(3)
    for _ in range(200):
        truth = np.exp(dice.normal(0.3, 0.15, 12))
        predicted = dice.choice([3.0, 30.0, 300.0], 12)
        clicks = dice.poisson(predicted * truth)
        found = factors(dict(enumerate(zip(predicted.tolist(), clicks.tolist(), strict=True))))
        whole = clicks.sum() / predicted.sum()
        own = np.maximum(clicks / predicted, 0.2)
        for place, guess in enumerate((np.array(list(found.values())), whole, own)):
            errors[place] += float(((np.log(guess) - np.log(truth)) ** 2).sum())
    assert errors[0] < errors[1:].min()
