"""A multiplier shakes a little, so that a step of the market is a slope to the controller."""

import pytest

from adserver.decision.pacing import SPREAD, shake, shaken

SHAKES = [shake(seed) for seed in range(20_000)]


def test_shakes_are_few_per_cent_and_even_out() -> None:
    assert sum(SHAKES) / len(SHAKES) == pytest.approx(1.0, abs=0.002)
    assert min(SHAKES) >= 1 - SPREAD
    assert sum(each > 1 + 3 * SPREAD for each in SHAKES) / len(SHAKES) < 0.03


def test_nobody_is_shaken_above_one_and_one_stays_one() -> None:
    assert shaken(1.0, max(SHAKES)) == shaken(1.0, min(SHAKES)) == 1.0
    assert shaken(0.99, max(SHAKES)) == 1.0
    assert shaken(0.5, 1.0) == 0.5
    assert shaken(0.0, max(SHAKES)) == 0.0


@pytest.mark.parametrize("pace", [0.30, 0.31, 0.32, 0.33])
def test_a_floor_is_reached_by_a_share_that_grows_by_the_same_factor_with_every_per_cent(
    pace: float,
) -> None:
    """The exponential law: one per cent of the floor more, a share of 1/e^(0.01/0.04) times as many."""

    def reached(multiplier: float) -> float:
        return sum(shaken(multiplier, each) >= 0.34 for each in SHAKES) / len(SHAKES)

    assert reached(pace * 1.01) / reached(pace) == pytest.approx(
        2.718 ** (0.34 / pace * 0.01 / SPREAD), rel=0.15
    )
