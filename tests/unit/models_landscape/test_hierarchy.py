"""Narrow keys lean on broad ones."""

import numpy as np
import pytest

from models.landscape.estimate import Observed
from models.landscape.grid import Bounds, choose, place
from models.landscape.hierarchy import grow


def told(places: list[int]) -> Observed:
    at = np.array(places, np.int64)
    return Observed(np.zeros(len(at), np.int64), at, at, np.ones(len(at)))


def test_a_key_with_little_evidence_leans_on_the_broader_one() -> None:
    exchange = np.zeros(104, np.int64)
    page = np.array([0] * 100 + [1] * 4)
    nodes = grow([exchange, page], told([0] * 100 + [2] * 4), 3, strength=20.0)
    known = {(node.level, node.word): node for node in nodes}
    much, little = known[2, 0].distribution, known[2, 1].distribution
    assert much[0] > 0.99
    assert 4 / 24 < little[2] < 0.25, "four of its own, and twenty as all the others"


def test_the_only_key_below_another_is_not_counted_twice() -> None:
    exchange, page = np.zeros(10, np.int64), np.zeros(10, np.int64)
    nodes = grow([exchange, page], told([0] * 5 + [1] * 5), 3)
    assert nodes[2].distribution is nodes[1].distribution


def test_a_key_with_three_bids_is_none() -> None:
    exchange, page = np.zeros(8, np.int64), np.array([0] * 5 + [1] * 3)
    nodes = grow([exchange, page], told([0] * 8), 2)
    assert [(node.level, node.word, node.bids) for node in nodes] == [
        (0, 0, 8),
        (1, 0, 8),
        (2, 0, 5),
    ]


def test_what_was_told_never_looks_cheaper_than_it_is() -> None:
    prices = np.random.default_rng(2).lognormal(13, 1, 5_000)
    bounds = Bounds(prices, prices)
    grid = choose(bounds)
    first, last = place(bounds, grid)
    assert len(grid) <= 256
    assert (first == last).all()
    assert (grid[first] >= prices).all()
    assert np.median(grid[first] / prices) == pytest.approx(1, abs=0.02)


def test_a_win_lies_up_to_the_price_and_a_loss_beyond_it() -> None:
    grid = np.array([10.0, 20.0, 30.0, 40.0])
    above, up_to = np.array([19.0, 30.0, -1.0]), np.array([30.0, np.inf, 12.0])
    first, last = place(Bounds(above, up_to), grid)
    assert first.tolist() == [1, 3, 0], "from the floor of 20; above 30; anywhere"
    assert last.tolist() == [2, 4, 0], "up to 30; as dear as can be; up to about 10"
