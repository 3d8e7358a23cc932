"""Growing trees: what suits the amount, thinning and its exact correction."""

import numpy as np
import pytest

from models.ctr.boosting import Parameters, boost, by_amount, prove
from models.ctr.columns import MAX_LEAVES
from models.ctr.features import Schema
from models.ctr.search import drawn, search
from models.ctr.thinning import thinned, thinning

NUMBERS = Schema(context_numbers=("a", "b"))


def made(rows: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return rows, clicks and the true log odds."""
    dice = np.random.default_rng(seed)
    matrix = dice.normal(size=(rows, 2))
    truth = -4.0 + matrix[:, 0]
    return matrix, dice.random(rows) < 1 / (1 + np.exp(-truth)), truth


def silent(stage: str, done: float) -> None:
    assert stage
    assert 0 <= done <= 1


def test_trees_grow_with_the_clicks_up_to_what_serves() -> None:
    for amounts in ((0, 500, 2_000, 4_999), (5_000, 50_000, 10**6)):
        leaves = [by_amount(clicks).leaves for clicks in amounts]
        assert leaves == sorted(leaves)
        assert leaves[-1] == MAX_LEAVES
    assert by_amount(5_000).min_rows > by_amount(4_999).min_rows
    assert by_amount(10**6).trees == 200


def test_every_click_stays_and_its_share_of_the_others() -> None:
    _, clicked, _ = made(50_000)
    kept = thinned(clicked, 0.1, 3)
    assert clicked[kept].sum() == clicked.sum()
    assert (~clicked[kept]).sum() == pytest.approx(0.1 * (~clicked).sum(), rel=0.05)
    assert np.array_equal(kept, thinned(clicked, 0.1, 3))
    assert len(thinned(clicked, 1.0, 3)) == len(clicked)
    assert thinning(100, 10_000) == 1.0
    assert thinning(10, 20_010) == pytest.approx(0.1)
    assert thinning(0, 0) == 0.0


def test_thinned_rows_give_the_same_odds_after_the_correction() -> None:
    """Against the truth: log(share) is all that is missing."""
    matrix, clicked, truth = made(60_000)
    errors = []
    for share in (1.0, 0.2):
        trees = boost(matrix, clicked, 45_000, 60_000, 1, silent, schema=NUMBERS, share=share)
        found = np.asarray(trees.predict(matrix, raw_score=True)) + np.log(share)
        errors.append(float((found - truth).mean()))
        assert np.corrcoef(found, truth)[0, 1] > 0.9
    assert np.abs(errors).max() < 0.15


def test_weights_count_as_rows() -> None:
    matrix, clicked, _ = made(4_000)
    weights = np.where(clicked, 2.0, 1.0)
    trees = boost(matrix, clicked, 3_000, 4_000, 1, silent, schema=NUMBERS, weights=weights)
    plain = boost(matrix, clicked, 3_000, 4_000, 1, silent, schema=NUMBERS)
    assert np.mean(trees.predict(matrix)) > 1.5 * np.mean(plain.predict(matrix))


def test_constant_columns_give_a_constant() -> None:
    _, clicked, _ = made(4_000)
    trees = boost(np.ones((4_000, 2)), clicked, 3_000, 4_000, 1, silent, schema=NUMBERS)
    found = np.asarray(trees.predict(np.ones((2, 2))))
    assert found == pytest.approx([clicked[:3_000].mean()] * 2, rel=0.05)


class _Liar:
    def log_odds(self, context: list[float], candidates: list[list[float]]) -> list[float]:
        return [0.0]


def test_a_model_that_serves_other_numbers_is_not_published() -> None:
    prove(_Liar(), np.zeros((3, 2)), np.zeros(3), NUMBERS)
    with pytest.raises(RuntimeError, match="a bug of ours"):
        prove(_Liar(), np.zeros((3, 2)), np.ones(3), NUMBERS)


def test_a_search_keeps_what_it_began_with_unless_another_is_better() -> None:
    matrix, clicked, _ = made(6_000)
    told: list[float] = []
    hopeless = Parameters(trees=1, learning_rate=0.001, leaves=3)

    def found(start: Parameters, tries: int) -> Parameters:
        def tell(stage: str, done: float) -> None:
            silent(stage, done)
            told.append(done)

        return search(matrix, clicked, start, tries, 5, tell, NUMBERS, 1.0)

    assert found(hopeless, 0) == hopeless
    better = found(hopeless, 4)
    assert better.learning_rate > hopeless.learning_rate
    assert better == found(hopeless, 4)
    assert told
    none = search(matrix, clicked & False, hopeless, 4, 5, silent, NUMBERS, 1.0)
    assert none == hopeless


def test_what_is_drawn_may_be_served() -> None:
    dice = np.random.default_rng(2)
    for _ in range(200):
        other = drawn(by_amount(10**6), dice)
        assert 3 <= other.leaves <= MAX_LEAVES
        assert other.trees == 200
