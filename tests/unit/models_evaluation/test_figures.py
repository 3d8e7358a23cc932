"""Figures of an evaluation against their obvious computation."""

from math import inf

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.ctr.evaluate import auc
from models.ctr.features import Schema
from models.evaluation.bootstrap import paired
from models.evaluation.drift import MOVED, STEADY, drift, stability
from models.evaluation.slices import Slice, poisson, reliability, wilson
from models.measures import Ranked


def sample(seed: int, rows: int = 3_000) -> tuple[np.ndarray, np.ndarray]:
    dice = np.random.default_rng(seed)
    truth = dice.beta(1, 12, rows).clip(0.001, 0.9)
    return truth, dice.random(rows) < truth


def test_a_better_model_is_seen_to_be_and_the_same_is_not() -> None:
    truth, clicked = sample(1)
    worse = np.random.default_rng(2).permutation(truth)
    found = paired(truth, worse, clicked, 3, rounds=200)
    assert found.auc.value == pytest.approx(auc(truth, clicked) - auc(worse, clicked))
    assert found.auc.low > 0
    assert found.entropy.high < 0
    assert found.auc.p == found.entropy.p == 0.0
    same = paired(truth, truth, clicked, 3, rounds=50)
    assert same.auc == same.entropy == (0.0, 0.0, 0.0, 1.0)


def test_a_row_that_weighs_three_counts_as_three_rows() -> None:
    truth, clicked = sample(4, 400)
    said = truth.round(2)  # with ties
    weights = np.random.default_rng(5).integers(0, 4, 400)
    repeated = auc(said.repeat(weights), clicked.repeat(weights))
    assert Ranked(said, clicked).area(weights.astype(np.float64)) == pytest.approx(repeated)
    assert np.isnan(Ranked(said, clicked).area(clicked.astype(np.float64))), "of one kind alone"


def test_the_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    """Two models that are equally good by construction: 95 of 100 intervals should hold 0."""
    held = 0
    for seed in range(60):
        dice = np.random.default_rng(seed)
        truth, clicked = sample(seed, 400)
        one, other = ((truth * np.exp(dice.normal(0, 0.5, 400))).clip(1e-4, 0.99) for _ in range(2))
        found = paired(one, other, clicked, seed, rounds=200).auc
        held += found.low <= 0 <= found.high
    assert held >= 50


def test_rates_with_ties_are_counted_half_in_every_round() -> None:
    _, clicked = sample(4, 300)
    flat = np.full(300, 0.1)
    found = paired(flat, flat.copy(), clicked, 1, rounds=20)
    assert found.auc.value == 0.0


@pytest.mark.parametrize(
    ("clicks", "low", "high"),
    [(0, 0.0, 3.689), (1, 0.0253, 5.572), (10, 4.795, 18.39), (400, 361.8, 441.2)],
)
def test_intervals_of_counts_are_those_of_the_tables(clicks: int, low: float, high: float) -> None:
    assert poisson(clicks) == pytest.approx((low, high), rel=2e-3)


@given(st.integers(0, 50), st.integers(1, 50))
def test_a_rate_lies_in_its_interval(hits: int, more: int) -> None:
    tries = hits + more
    low, high = wilson(hits, tries)
    assert 0 <= low <= hits / tries <= high <= 1


def test_steps_hold_all_impressions_from_low_to_high() -> None:
    truth, clicked = sample(5)
    steps = reliability(truth, clicked)
    assert sum(step.impressions for step in steps) == len(truth)
    assert [step.predicted for step in steps] == sorted(step.predicted for step in steps)
    assert sum(step.low <= step.predicted <= step.high for step in steps) >= 8


def test_a_slice_without_clicks_is_off_only_if_many_were_expected() -> None:
    assert Slice("a", "b", 100, 3.0, 0).inside
    assert not Slice("a", "b", 100, 4.0, 0).inside
    assert Slice("a", "b", 100, 4.0, 0).ratio == inf


def test_what_stays_is_steady_and_what_moves_has_moved() -> None:
    dice = np.random.default_rng(6)
    rows = 4_000
    matrix = np.column_stack(
        [
            dice.integers(0, 5, rows).astype(float),
            dice.normal(size=rows),
            np.where(np.arange(rows) < rows // 2, np.nan, dice.normal(size=rows)),
        ]
    )
    matrix[rows // 2 :, 1] += 1.0
    schema = Schema(context_words=("word",), context_numbers=("moved", "came"))
    found = drift(matrix, schema, rows // 2, rows // 2)
    assert next(iter(found)) == "came"
    assert found["moved"] > MOVED
    assert found["word"] < STEADY


def test_the_index_is_the_formula() -> None:
    then, now = np.array([0] * 60 + [1] * 40), np.array([0] * 30 + [1] * 70)
    shares = [(60.5 / 101, 40.5 / 101), (30.5 / 101, 70.5 / 101)]
    wanted = sum((n - t) * np.log(n / t) for t, n in zip(*shares, strict=True))
    assert stability(then, now) == pytest.approx(wanted)
    assert stability(then, then) == 0.0
