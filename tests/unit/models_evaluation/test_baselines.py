"""Linear and factorised models against what must be true of them."""

import numpy as np
import pytest

from models.ctr.evaluate import auc
from models.ctr.minimum import minimise
from models.evaluation import fm, linear
from models.evaluation.baselines import chances


def pairs(rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return two columns of codes whose clicks depend on whether they agree, and on nothing else."""
    dice = np.random.default_rng(seed)
    codes = dice.integers(1, 9, (rows, 2))
    return codes, dice.random(rows) < np.where(codes[:, 0] % 2 == codes[:, 1] % 2, 0.5, 0.1)


def test_a_quadratic_has_its_least_value_where_it_should() -> None:
    scale = np.array([1.0, 10.0, 100.0])
    wanted = np.array([3.0, -2.0, 0.5])
    found = minimise(
        lambda at: (float((scale * (at - wanted) ** 2).sum()), 2 * scale * (at - wanted)),
        np.zeros(3),
    )
    assert found == pytest.approx(wanted, abs=1e-5)


def test_at_the_linear_model_the_loss_has_no_slope() -> None:
    """The sum of errors of every code equals what the penalty pulls; of the bias it is 0."""
    codes, clicked = pairs(2_000, 1)
    model = linear.fit(codes, clicked, [9, 9], 3.0)
    error = chances(model.log_odds(codes)) - clicked
    assert error.sum() == pytest.approx(0.0, abs=1e-3)
    for column in range(2):
        for code in range(1, 9):
            weight = model.weights[model.offsets[column] + code]
            assert error[codes[:, column] == code].sum() == pytest.approx(-3.0 * weight, abs=1e-3)


def test_a_code_that_was_never_seen_weighs_nothing() -> None:
    codes, clicked = pairs(500, 1)
    model = linear.fit(codes, clicked, [9, 9], 3.0)
    assert model.log_odds(np.array([[0, 0]]))[0] == pytest.approx(model.bias)


def test_the_machine_knows_pairs_and_the_linear_model_does_not() -> None:
    codes, clicked = pairs(4_000, 1)
    later, truth = pairs(2_000, 2)
    settings = fm.Settings(dimensions=4, rate=0.2, l2=1.0, l2_factors=0.5, rounds=25, spread=0.3)
    machine = fm.fit(codes, clicked, [9, 9], settings, 1)
    line = linear.fit(codes, clicked, [9, 9], 3.0)
    assert auc(machine.log_odds(later), truth) > 0.7
    assert auc(line.log_odds(later), truth) < 0.55
    again = fm.fit(codes, clicked, [9, 9], settings, 1)
    assert np.array_equal(again.factors, machine.factors)


def test_pairs_in_linear_time_are_the_pairs() -> None:
    dice = np.random.default_rng(3)
    factors = dice.normal(size=(12, 3))
    weights = dice.normal(size=12)
    machine = fm.Machine(0.3, weights, factors, np.array([0, 4, 8]))
    codes = dice.integers(0, 4, (20, 3))
    for row, found in zip(codes.tolist(), machine.log_odds(codes).tolist(), strict=True):
        places = [code + offset for code, offset in zip(row, (0, 4, 8), strict=True)]
        wanted = 0.3 + sum(weights[place] for place in places)
        wanted += sum(
            factors[one] @ factors[other] for one in places for other in places if one < other
        )
        assert found == pytest.approx(wanted)
