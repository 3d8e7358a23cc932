"""Noise is no finding, however often somebody looks; a real difference is one before long."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adserver.domain.performance import Record, odds

UNIT = 10**9


def looks(seed: int, ratio: float, steps: int, events_a_step: float) -> float:
    """Return the highest odds that the first of two is better, looking after each step."""
    dice = Random(seed)
    counts, money = [0, 0], [0, 0]
    highest = 1.0
    for _ in range(steps):
        share = dice.choice((0.2, 0.5, 0.7))
        for place, part, times in ((0, share, ratio), (1, 1 - share, 1.0)):
            spent = int(part * UNIT)
            money[place] += spent
            rate = events_a_step * times * spent / UNIT
            counts[place] += sum(dice.random() < rate / 20 for _ in range(20))
        highest = max(highest, odds(Record(counts[0], money[0]), Record(counts[1], money[1])))
    return highest


def test_of_two_alike_one_seems_better_in_one_run_of_twenty_at_most() -> None:
    found = [looks(seed, 1.0, 400, 0.5) for seed in range(300)]
    assert sum(each >= 20 for each in found) <= 0.05 * len(found)
    assert sum(each >= 4 for each in found) <= 0.25 * len(found)


def test_twice_as_good_is_found_and_never_the_wrong_way_round() -> None:
    assert all(looks(seed, 2.0, 800, 0.5) >= 40 for seed in range(50))
    assert sum(looks(seed, 0.5, 400, 0.5) >= 20 for seed in range(100)) <= 1


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        (Record(0, 0), Record(5, UNIT)),
        (Record(5, UNIT), Record(0, 0)),
        (Record(0, UNIT), Record(0, UNIT)),
        (Record(9, -5), Record(1, UNIT)),
    ],
)
def test_without_events_or_money_there_is_no_evidence(better: Record, worse: Record) -> None:
    assert odds(better, worse) == pytest.approx(1.0)


records = st.builds(Record, st.integers(0, 10**7), st.integers(1, 10**18))


@given(records, records)
def test_both_cannot_be_better(one: Record, other: Record) -> None:
    assert odds(one, other) >= 0.0
    assert not (odds(one, other) > 20.0 and odds(other, one) > 20.0)


@given(records, records, st.integers(1, 1_000))
def test_only_shares_of_money_matter(one: Record, other: Record, times: int) -> None:
    scaled = [Record(each.events, each.money * times) for each in (one, other)]
    assert odds(*scaled) == pytest.approx(odds(one, other), rel=1e-6)
