"""Thompson sampling: its probabilities against drawing, its regret, and what can be learned from its log."""

from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adserver.domain.arms import HALF_LIFE_S, ArmCounts
from adserver.domain.bandit import EXPLORED, MAX_ARMS, Arm, shares
from adserver.domain.dice import mixed

counts = st.builds(
    lambda seen, rate: Arm(float(seen), seen * rate), st.integers(0, 10**7), st.floats(0, 0.3)
)


@settings(max_examples=150, deadline=None)
@given(st.lists(counts, min_size=2, max_size=8))
def test_every_arm_keeps_its_minimum_and_all_sum_to_one(arms: list[Arm]) -> None:
    found = shares(arms)
    assert sum(found) == pytest.approx(1.0, abs=1e-9)
    assert min(found) >= EXPLORED / len(arms) - 1e-12


@pytest.mark.parametrize(
    "arms",
    [
        [Arm(1_000, 10), Arm(1_000, 5)],
        [Arm(0, 0), Arm(100_000, 1_000)],
        [Arm(1e6, 1e4), Arm(1e6, 1.01e4), Arm(50, 0)],
        [Arm(100, 1), Arm(5_000, 20), Arm(300, 9), Arm(20, 0), Arm(9_000, 99)],
    ],
)
def test_probabilities_are_those_of_drawing_from_the_posteriors(arms: list[Arm]) -> None:
    weight = (sum(arm.impressions for arm in arms) + 200) / (sum(arm.clicks for arm in arms) + 1)
    dice = np.random.default_rng(1)
    draws = np.array(
        [dice.beta(1 + arm.clicks, weight + arm.impressions - arm.clicks, 200_000) for arm in arms]
    )
    expected = np.bincount(draws.argmax(0), minlength=len(arms)) / 200_000
    assert shares(arms, explored=0.0) == pytest.approx(list(expected), abs=0.01)


def test_nothing_counted_means_nothing_preferred() -> None:
    assert shares([Arm()] * 4) == pytest.approx([0.25] * 4)
    assert len(shares([Arm(10.0, 1.0)] * MAX_ARMS)) == MAX_ARMS


def _rewards(rates: list[float], rounds: int, seed: int, *, learned: bool) -> int:
    """Return the clicks of so many impressions, when counts arrive every 100 of them."""
    dice = Random(seed)
    seen, clicked = [0] * len(rates), [0] * len(rates)
    chances = [1 / len(rates)] * len(rates)
    for number in range(rounds):
        if learned and number % 100 == 0:
            chances = shares([Arm(n, c) for n, c in zip(seen, clicked, strict=True)])
        arm = dice.choices(range(len(rates)), chances)[0]
        seen[arm] += 1
        clicked[arm] += dice.random() < rates[arm]
    return sum(clicked)


def test_regret_is_a_fraction_of_that_of_even_turns() -> None:
    """Ten seeded worlds of four arms: learning loses less than half of what even turns lose against the best arm."""
    rates, rounds = [0.02, 0.03, 0.025, 0.05], 12_000
    best = max(rates) * rounds
    even = [best - _rewards(rates, rounds, seed, learned=False) for seed in range(10)]
    learned = [best - _rewards(rates, rounds, seed, learned=True) for seed in range(10)]
    assert sum(learned) < 0.5 * sum(even)
    assert all(one < other for one, other in zip(learned, even, strict=True))


def test_the_log_evaluates_another_policy_without_bias() -> None:
    """Inverse propensities of a log of learned turns find what always showing one arm would have earned."""
    rates = [0.06, 0.10, 0.08]
    target = 2  # a policy that was never run: always the third
    estimates = []
    for seed in range(40):
        dice = Random(seed)
        seen, clicked = [0] * 3, [0] * 3
        chances, total, rounds = [1 / 3] * 3, 0.0, 2_000
        for number in range(rounds):
            if number % 100 == 0:
                chances = shares([Arm(n, c) for n, c in zip(seen, clicked, strict=True)])
            point, arm = mixed(seed, number) / (1 << 64), 0
            while arm < 2 and point >= sum(chances[: arm + 1]):
                arm += 1
            reward = dice.random() < rates[arm]
            seen[arm] += 1
            clicked[arm] += reward
            if arm == target:
                total += reward / chances[arm]
        estimates.append(total / rounds)
    mean = float(np.mean(estimates))
    error = float(np.std(estimates, ddof=1) / np.sqrt(len(estimates)))
    assert abs(mean - rates[target]) < 3 * error
    assert error < 0.01


def test_old_contacts_count_less_and_are_forgotten_in_the_end() -> None:
    arms = ArmCounts()
    for _ in range(8):
        arms.count(1, (7, 8), "impression", 1_000)
    arms.count(1, (7,), "click", 1_000)
    arms.count(1, (7,), "win", 1_000)
    assert arms.of(1, 1_000) == {7: Arm(8.0, 1.0), 8: Arm(8.0, 0.0)}
    assert arms.of(1, 1_000 + HALF_LIFE_S)[7] == Arm(4.0, 0.5)
    arms.count(1, (7,), "impression", 1_000 + HALF_LIFE_S)
    assert arms.of(1, 1_000 + HALF_LIFE_S)[7].impressions == pytest.approx(5.0)
    arms.count(1, (7,), "impression", 5)  # the clock was set back
    assert arms.of(1, 1_000 + HALF_LIFE_S)[7].impressions == pytest.approx(6.0)
    again = ArmCounts(arms.tallies())
    assert again.of(1, 9_999) == arms.of(1, 9_999)
    assert arms.changed == {1}
    arms.prune(1_000 + 20 * HALF_LIFE_S)
    assert arms.line_items() == []
