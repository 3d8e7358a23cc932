"""Whoever fails often is left alone, then tried with one question."""

from adapters.profiles.redis_store.breaker import WINDOW, Breaker, State
from tests.unit.adapters_profiles.watch import Watch


def test_it_opens_after_so_many_failures_in_a_row_and_refuses() -> None:
    breaker = Breaker(3, 0.5, Watch())
    for _ in range(2):
        assert breaker.allows()
        breaker.failed()
    assert breaker.allows()
    breaker.failed()
    assert not breaker.allows()


def test_it_opens_when_a_share_fails_with_good_answers_in_between() -> None:
    breaker = Breaker(8, 0.5, Watch())
    for number in range(WINDOW):
        if number % 4:
            breaker.succeeded()
        else:
            breaker.failed()
    assert breaker.state is State.OPEN


def test_failures_that_are_long_past_do_not_count() -> None:
    breaker = Breaker(8, 0.5, Watch())
    for _ in range(10):
        breaker.failed()
        for _ in range(WINDOW - 1):
            breaker.succeeded()
    assert breaker.allows()


def test_after_the_pause_exactly_one_may_try() -> None:
    watch = Watch()
    breaker = Breaker(1, 0.5, watch)
    breaker.failed()
    watch.now_s = 0.499
    assert not breaker.allows()
    watch.now_s = 0.5
    assert [breaker.allows() for _ in range(5)] == [True, False, False, False, False]


def test_a_failed_try_opens_it_for_another_pause_and_a_good_one_closes_it() -> None:
    watch = Watch()
    breaker = Breaker(2, 0.5, watch)
    breaker.failed()
    breaker.failed()
    watch.now_s = 0.6
    assert breaker.allows()
    breaker.failed()
    assert not breaker.allows()
    watch.now_s = 1.2
    assert breaker.allows()
    breaker.succeeded()
    assert breaker.allows()
    breaker.failed()
    assert breaker.allows(), "what failed before the pause is forgotten"


def test_an_old_answer_does_not_close_it() -> None:
    breaker = Breaker(1, 0.5, Watch())
    breaker.failed()
    breaker.succeeded()
    assert not breaker.allows()
