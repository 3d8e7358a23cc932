"""Prices that move, seen by how many bids win."""

import random

import pytest

from adserver.domain.drift import Drift


def _simulate(level: float, bids: int, seed: int) -> Drift:
    """Bid as if the level were known, in a market where what it takes is spread evenly up to twice its middle."""
    dice = random.Random(seed)
    drift = Drift()
    for now_s in range(bids):
        if not drift.level:
            break
        chance = dice.uniform(0.2, 0.6)  # as learned: a price of so much of the dearest
        won = chance * drift.level >= dice.uniform(0, level)
        drift.came(now_s, now_s + 0.5, chance, won=won)
    return drift


@pytest.mark.parametrize("level", [0.7, 1.4, 1.7])
def test_a_level_that_moved_is_found(level: float) -> None:
    found = [_simulate(level, 4_000, seed).level for seed in range(5)]
    assert all(each == pytest.approx(level, rel=0.15) for each in found), found


def test_chance_is_not_taken_for_drift() -> None:
    moved = [_simulate(1.0, 4_000, seed).level for seed in range(10)]
    assert sum(level != 1.0 for level in moved) <= 2
    assert all(0.8 < level < 1.25 for level in moved), moved


@pytest.mark.parametrize("level", [0.2, 10.0])
def test_a_level_beyond_all_bounds_refutes_what_was_learned(level: float) -> None:
    assert _simulate(level, 6_000, 1).level == 0.0


def test_bids_made_at_an_earlier_level_do_not_count_twice() -> None:
    drift = Drift()
    moved_at = next(at for at in range(1_000) if drift.came(at, at + 100, 0.5, won=False))
    level = drift.level
    assert level > 1.0
    for at in range(moved_at + 1, moved_at + 100):  # before anybody could know
        assert not drift.came(at, at + 100, 0.5, won=False)
    assert (drift.level, drift.bids) == (level, 0)
