"""What was asked for and is not there yet: how long to wait for enough of it."""

from math import inf

from adserver.processes.owner.wishes import GATHER_S, Wish

SINCE_S = 1_000.0
WISH = Wish(want=5_000, least=700, since_s=SINCE_S)


def test_less_than_is_of_use_is_granted_when_no_more_came_for_a_while() -> None:
    assert WISH.least_at(SINCE_S, -inf) == 700
    assert WISH.least_at(SINCE_S + GATHER_S - 0.1, -inf) == 700
    assert WISH.least_at(SINCE_S + GATHER_S, -inf) == 0
    assert WISH.least_at(SINCE_S - 1.0, -inf) == 0, "a clock that was set back makes nobody wait"


def test_when_somebody_got_a_rest_the_next_ones_are_gathered_anew() -> None:
    assert WISH.least_at(SINCE_S + 50.0, SINCE_S + 45.0) == 700
    assert WISH.least_at(SINCE_S + 45.0 + GATHER_S, SINCE_S + 45.0) == 0
    assert WISH.least_at(SINCE_S + 1.0, SINCE_S - 20.0) == 700
