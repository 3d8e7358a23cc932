"""What was asked for and is not there yet: how long to wait for enough of it."""

from math import inf

from adserver.processes.owner.wishes import AGAIN_AT_ONCE, GATHER_S, TRIED_AT_ONCE, Wish, Wishes

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


def test_what_is_asked_for_is_tried_once_and_part_by_part() -> None:
    wishes = Wishes()
    assert wishes.ask(((key, 5) for key in range(TRIED_AT_ONCE)), {1: 3}, SINCE_S)
    assert not wishes.ask([(TRIED_AT_ONCE, 7)], {}, SINCE_S + 1), "whoever tries them is called"
    part = wishes.new()
    assert list(part) == list(range(TRIED_AT_ONCE))
    assert part[0] == Wish(5, 0, SINCE_S)
    assert part[1] == Wish(5, 3, SINCE_S)
    assert (len(part), wishes.has_new) == (TRIED_AT_ONCE, True)
    rest = wishes.new()
    assert (rest, wishes.has_new) == ({TRIED_AT_ONCE: Wish(7, 0, SINCE_S + 1)}, False)
    assert wishes.new() == wishes.waiting() == {}
    assert not wishes.ask([], {}, SINCE_S)
    assert wishes.ask([(1, 5)], {}, SINCE_S), "once more"


def test_of_those_that_wait_each_has_its_turn() -> None:
    wishes = Wishes()
    for key in range(AGAIN_AT_ONCE + 2):
        wishes.wait(key, WISH)
    wishes.granted(0)
    wishes.granted(99_999)
    part = wishes.waiting()
    assert list(part) == list(range(1, AGAIN_AT_ONCE + 1))
    assert part[1] == WISH
    wishes.wait(5, WISH)
    assert list(wishes.waiting()) == [AGAIN_AT_ONCE + 1, 5]
    assert wishes.waiting() == {}
