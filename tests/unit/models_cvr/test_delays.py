"""How long orders take, from a log that ends too early."""

import numpy as np
import pytest

from adserver.domain.attribution import CLICK_WINDOW_S
from models.cvr.delays import FEWEST, Delays, learn

DAY = 86_400.0
LAWS = {
    "exponential": lambda dice, n: dice.exponential(DAY, n),
    "at once or days later": lambda dice, n: np.where(
        dice.random(n) < 0.6, dice.exponential(600, n), dice.normal(3 * DAY, DAY / 4, n)
    ),
    "uniform": lambda dice, n: dice.uniform(0, 4 * DAY, n),
}


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("seed", range(3))
def test_the_curve_is_that_of_all_orders_though_late_ones_of_young_clicks_are_not_seen(
    law: str, seed: int
) -> None:
    dice = np.random.default_rng(seed)
    span, count = 7 * DAY, 6_000
    ages = dice.uniform(0, span, count)
    delays = np.abs(LAWS[law](dice, count))
    seen = delays <= ages
    curve = learn(delays[seen], ages[seen])
    at = np.array([600.0, DAY / 4, DAY, 2 * DAY, 4 * DAY])
    within = delays[delays <= span]
    truth = np.array([(within <= age).mean() for age in at])
    naive = np.array([(delays[seen] <= age).mean() for age in at])
    error, naive_error = np.abs(curve.share(at) - truth).max(), np.abs(naive - truth).max()
    assert error < 0.035
    assert error < naive_error, "counting what was seen makes orders too fast"


def test_few_orders_are_taken_to_come_at_once() -> None:
    for count in (0, FEWEST - 1):
        curve = learn(np.full(count, DAY), np.full(count, 2 * DAY))
        assert curve.share(np.array([0.0, 1e9])).tolist() == [1.0, 1.0]


def test_shares_rise_to_one_and_are_never_zero() -> None:
    dice = np.random.default_rng(1)
    curve = learn(dice.exponential(DAY, 500), np.full(500, 60 * DAY))
    shares = curve.share(np.linspace(0, 2 * CLICK_WINDOW_S, 2_000))
    assert (np.diff(shares) >= 0).all()
    assert shares[0] > 0
    assert shares[-1] == 1.0
    assert curve.by(0.5) == pytest.approx(DAY * np.log(2), rel=0.15)
    assert Delays().by(0.9) == 0.0


@pytest.mark.parametrize("delay", [0.0, 7.0])
def test_all_alike_is_a_step(delay: float) -> None:
    curve = learn(np.full(50, delay), np.linspace(delay, 99.0, 50))
    assert curve.share(np.array([delay + 1e-6, 100.0])).tolist() == pytest.approx([1.0, 1.0])


def test_a_single_late_order_of_the_oldest_click_does_not_void_the_others() -> None:
    delays = np.append(np.full(60, 100.0), 6 * DAY)
    ages = np.append(np.linspace(200.0, 2 * DAY, 60), 7 * DAY)
    assert learn(delays, ages).share(np.array([200.0]))[0] > 0.4
