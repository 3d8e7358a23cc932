"""The plan is a curve from nothing to everything; the multiplier stays near it."""

from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adserver.domain.pacing_plan import LOWEST, multiplier, planned


@pytest.mark.parametrize(
    ("pacing", "quarter", "half"), [("even", 250, 500), ("ahead", 438, 750), ("asap", 1_000, 1_000)]
)
def test_plan_by_quarter_and_half(
    pacing: Literal["even", "ahead", "asap"], quarter: int, half: int
) -> None:
    assert planned(pacing, 1_000, 0, 400, 100) == quarter
    assert planned(pacing, 1_000, 0, 400, 200) == half
    assert planned(pacing, 1_000, 0, 400, 400) == planned(pacing, 1_000, 0, 400, 9_999) == 1_000


@given(
    st.sampled_from(["even", "ahead"]),
    st.integers(0, 10**15),
    st.lists(st.floats(-10, 100_000), min_size=2, max_size=2).map(sorted),
)
def test_plan_never_falls_and_never_exceeds_the_budget(
    pacing: Literal["even", "ahead"], amount: int, moments: list[float]
) -> None:
    earlier, later = (planned(pacing, amount, 0, 86_400, at) for at in moments)
    assert 0 <= earlier <= later <= amount


@given(st.floats(LOWEST, 1.0), *[st.integers(0, 10**12)] * 3)
def test_multiplier_stays_in_its_range(previous: float, plan: int, spent: int, amount: int) -> None:
    assert LOWEST <= multiplier(previous, plan, spent, amount) <= 1.0


@pytest.mark.parametrize("supply", [2.0, 10.0, 15.0])
def test_controller_follows_an_even_plan_and_recovers_from_a_gap(supply: float) -> None:
    """Supply at full pace is a multiple of what the plan needs, and fails for a while."""
    amount, seconds = 10_000_000, 3_600
    pace, spent, worst = 1.0, 0, 0.0
    for now_s in range(1, seconds + 1):
        plan = planned("even", amount, 0, seconds, now_s)
        pace = multiplier(pace, plan, spent, amount)
        if not 1_000 <= now_s < 1_100:
            spent += int(pace * supply * amount / seconds)
        if now_s > 300:
            worst = max(worst, (spent - plan) / amount)
    assert worst < 0.02
    assert spent > 0.97 * amount
