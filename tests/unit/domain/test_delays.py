"""How long bills take, told from those that came."""

from bisect import bisect_left
from itertools import pairwise
from random import Random

import pytest

from adserver.domain.delays import BOUNDS_S, EVIDENCE, LATE_PPM, MUCH, PPM, Delays


def told(*delays_s: int, exchange: str = "north") -> Delays:
    made = Delays()
    for delay_s in delays_s:
        made.count(exchange, delay_s)
    return made


def test_nothing_is_usual_before_there_is_evidence() -> None:
    few = told(*[1] * (EVIDENCE - 1))
    assert few.usual_s("north") is None
    few.count("north", 1)
    assert few.usual_s("north") == 1
    assert few.usual_s("south") is None, "each exchange has its own ways"


def test_one_bill_in_a_hundred_may_come_later_and_no_more() -> None:
    soon, late = BOUNDS_S[10], BOUNDS_S[30]
    assert told(*[soon] * 990, *[late] * 10).usual_s("north") == soon
    assert told(*[soon] * 989, *[late] * 11).usual_s("north") == late


def test_what_is_usual_is_the_delay_below_which_all_but_so_many_come() -> None:
    """The oracle sorts all delays."""
    dice = Random(7)
    for _ in range(20):
        delays_s = [int(dice.lognormvariate(4, 1.5)) for _ in range(3_000)]
        late = sorted(delays_s)[-(len(delays_s) * LATE_PPM // PPM) - 1]
        usual_s = told(*delays_s).usual_s("north")
        assert usual_s == BOUNDS_S[bisect_left(BOUNDS_S, late)]


def test_bounds_rise_by_a_quarter_up_to_two_months() -> None:
    assert BOUNDS_S[:8] == (1, 2, 3, 4, 5, 6, 7, 9)
    assert all(later <= earlier * 1.25 + 1 for earlier, later in pairwise(BOUNDS_S))  # fmt: skip
    assert 56 * 86_400 < BOUNDS_S[-1] < 63 * 86_400


@pytest.mark.parametrize(
    ("delay_s", "usual_s"), [(-5, 1), (0, 1), (1, 1), (2, 2), (8, 9), (9, 9), (10, 12)]
)
def test_a_delay_counts_with_the_next_longer_one_that_is_told_apart(
    delay_s: int, usual_s: int
) -> None:
    """A clock that was set may make it negative."""
    assert told(*[delay_s] * EVIDENCE).usual_s("north") == usual_s


def test_bills_later_than_anything_told_apart_leave_nothing_usual() -> None:
    assert told(*[1] * 2_000, *[10**9] * 30).usual_s("north") is None
    assert told(*[BOUNDS_S[-1]] * 2_000).usual_s("north") == BOUNDS_S[-1]


def test_old_bills_count_less_when_there_are_many() -> None:
    early, late = bisect_left(BOUNDS_S, 5), bisect_left(BOUNDS_S, 9)
    many = [0] * (len(BOUNDS_S) + 1)
    many[early], many[late] = MUCH - 3, 1
    made = Delays({"north": many})
    made.count("north", 9)
    assert sum(made.counts["north"]) == MUCH - 1
    made.count("north", 9)
    wanted = [0] * len(many)
    wanted[early], wanted[late] = (MUCH - 3) // 2, 1
    assert made.counts["north"] == wanted


def test_going_on_from_counts_leaves_those_alone() -> None:
    before = told(5).counts
    kept = {name: list(counts) for name, counts in before.items()}
    after = Delays(before)
    after.count("north", 5)
    after.count("south", 5)
    assert {len(counts) for counts in after.counts.values()} == {len(BOUNDS_S) + 1}, "and later"
    assert before == kept
    assert sum(after.counts["north"]) == 2
