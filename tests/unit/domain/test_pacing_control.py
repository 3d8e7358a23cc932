"""What bids will cost, how spend answers to the multiplier, and how fast to spend: each against what it should find."""

from math import exp
from random import Random
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adserver.domain.pacing_aim import EARLY_SHARE, Aim, early_s
from adserver.domain.pacing_meter import Meter
from adserver.domain.pacing_plan import plan
from adserver.domain.pacing_response import LOWEST, MOST_SLOPE, Response
from adserver.domain.unbilled import Unbilled

HOUR_S = 3_600


class Counted(NamedTuple):
    """What a worker counted in five seconds."""

    chances: float
    bids: int
    claimed: int
    free: int


def market(share: float, delay_s: float, seconds: int) -> Unbilled:
    """Bids of 100 nanos ten times a second, billed after an exponential time; return what was learned."""
    dice = Random(1)
    unbilled = Unbilled(unit=100)
    coming: list[tuple[float, float]] = []
    heard_s = 0.0
    for second in range(seconds):
        for _ in range(10):
            if dice.random() < share:
                at = second + dice.random()
                coming.append((at + dice.expovariate(1 / delay_s), at))
        if second % 5 == 4:
            unbilled.bid(second - 4, second + 1, 5_000, 1.0)
        for comes, at in [each for each in coming if each[0] <= second + 1]:
            coming.remove((comes, at))
            unbilled.billed(second + 1, int(comes) - int(at), 100)
            heard_s = second + 1
        if second % 5 == 4:
            unbilled.pending(heard_s)
    return unbilled


@pytest.mark.parametrize(("share", "delay_s"), [(0.1, 2.0), (0.1, 60.0), (0.8, 5.0), (0.5, 600.0)])
def test_share_and_pending_are_found(share: float, delay_s: float) -> None:
    unbilled = market(share, delay_s, 3_600)
    assert unbilled.share(1.0) == pytest.approx(share, rel=0.25)
    assert unbilled.pending(3_600) == pytest.approx(1_000 * share * delay_s, rel=0.2, abs=300)
    assert unbilled.bill == pytest.approx(100)


def test_bids_do_not_age_while_no_bill_comes() -> None:
    """An exchange that stopped to bill has not stopped to sell."""
    unbilled = market(0.1, 2.0, 600)
    for begins in range(600, 900, 5):
        unbilled.bid(begins, begins + 5, 5_000, 1.0)
    assert unbilled.pending(600) == pytest.approx(300 * 1_000 * unbilled.share(1.0), rel=0.05)


def test_a_lower_multiplier_wins_less() -> None:
    unbilled = market(0.4, 2.0, 600)
    assert unbilled.share(0.5) == pytest.approx(unbilled.share(1.0) / 2, rel=0.05)


@pytest.mark.parametrize("slope", [1.0, 2.0, 5.0, 20.0])
def test_response_reaches_what_is_wanted(slope: float) -> None:
    """Spend per chance is a power of the multiplier, seen through noise."""
    dice, response = Random(3), Response()
    spends = []
    for _ in range(200):
        truth = response.pace**slope
        response.observe(response.pace, truth * exp(dice.gauss(0, 0.15)), 1.0, 0.03)
        response.aim(0.1)
        spends.append(response.pace**slope)
    late = spends[100:]
    assert sum(late) / len(late) == pytest.approx(0.1, rel=0.15)
    assert max(late) < 0.2


@given(st.lists(st.tuples(st.floats(1e-9, 1e9), st.floats(0, 1e9)), max_size=50))
def test_multiplier_stays_in_its_range(seen: list[tuple[float, float]]) -> None:
    response = Response()
    for spend, wanted in seen:
        response.observe(response.pace, spend, 1.0, 0.1)
        assert LOWEST <= response.aim(wanted) <= 1.0
        assert 1.0 <= response.slope <= MOST_SLOPE


def test_without_knowledge_it_stays() -> None:
    response = Response()
    assert response.aim(1.0) == 1.0
    assert not response.known


def spend_through(aim: Aim, rates: dict[int, float], seconds: int, budget: int) -> list[float]:
    """Spend as wished where supply is there (a factor by second, else 1); return the rates."""
    spent, found = 0.0, []
    for second in range(seconds):
        wished = aim.rate(budget, 0, spent, 0.0, float(second))
        got = wished * rates.get(second, 1.0)
        spent += got
        found.append(got)
    return found


def test_an_even_aim_is_even_and_spends_all_a_little_early() -> None:
    hour = (0, HOUR_S)
    got = spend_through(Aim(plan("even", hour, hour)), {}, HOUR_S, 3_600_000)
    assert sum(got) == pytest.approx(3_600_000, rel=0.001)
    assert max(got) <= 1_000 * (1 + 2 * EARLY_SHARE)


def test_what_a_gap_left_over_is_spread_and_not_poured() -> None:
    hour = (0, HOUR_S)
    gap = dict.fromkeys(range(600, 1_200), 0.0)
    got = spend_through(Aim(plan("even", hour, hour)), gap, HOUR_S, 3_600_000)
    assert sum(got) == pytest.approx(3_600_000, rel=0.001)
    assert max(got) < 2_500 / (1 - EARLY_SHARE), (
        "a quarter more for the rest, twice as much for a minute at most"
    )
    assert sum(got[1_500:3_000]) / 1_500 == pytest.approx(1_250 * (1 + EARLY_SHARE), rel=0.06)


def test_when_all_should_be_spent_and_money_is_short_more_of_the_bids_win() -> None:
    aim = Aim(plan("even", (0, HOUR_S), (0, HOUR_S)))
    early = HOUR_S / (1 + early_s(HOUR_S) / HOUR_S)
    assert [aim.is_over(early + beside) for beside in (-1.0, 1.0)] == [False, True]
    paces = []
    for free, is_over in ((0, True), (0, False), (5_000, True)):
        meter = Meter(1, 1_000, 0.1)
        for end in (5.0, 10.0, 15.0):
            meter.flowed(end - 5.0, end, Counted(100.0, 50, 50_000, free))
            meter.learn(20 * end, 20 * end)
            meter.aim(10.0, 20.0, end, is_over=is_over)
        paces.append(meter.pace)
    assert paces[0] == 1.0
    assert max(paces[1:]) < 0.5, "there is money, or time"


def test_an_error_is_made_good_in_minutes() -> None:
    """What was spent too much by a spike is held back soon after."""
    hour = (0, HOUR_S)
    spike = dict.fromkeys(range(600, 605), 20.0)
    got = spend_through(Aim(plan("even", hour, hour)), spike, HOUR_S, 3_600_000)
    assert sum(got[:1_200]) == pytest.approx(
        1_200 * 1_000 * (1 + early_s(HOUR_S) / HOUR_S), rel=0.01
    )
