"""Moments before a clock was set are as long ago as they were."""

from adserver.domain.set_forward import KEEP, SetForward


def test_only_moments_before_are_moved() -> None:
    clock = SetForward()
    assert not clock
    clock.note(1_000, 3_600)
    assert clock
    assert [clock.since(at_s) for at_s in (0, 1_000, 4_600, 5_000)] == [3_600, 3_600, 0, 0]
    clock.note(5_000, 60)
    assert [clock.since(at_s) for at_s in (0, 4_600, 5_000, 5_060)] == [3_660, 60, 60, 0]


def test_what_was_said_while_it_was_ahead_is_from_before() -> None:
    clock = SetForward()
    clock.note(10_000, -3_600)
    clock.note(6_400, 86_400)
    assert clock.since(9_999) == 86_400
    assert clock.since(6_400 + 86_400) == 0


def test_setting_it_back_takes_back_what_was_set_forward_last() -> None:
    clock = SetForward()
    clock.note(1_000, 3_600)
    clock.note(5_000, 60)
    clock.note(6_000, -100)
    assert clock.since(0) == 3_560
    clock.note(7_000, -10_000)
    assert not clock
    clock.note(8_000, -10)
    assert clock.since(0) == 0


def test_it_remembers_a_bounded_number() -> None:
    clock = SetForward()
    for number in range(10 * KEEP):
        clock.note(number, 1)
    assert clock.since(0) == KEEP


def test_setting_it_back_by_as_much_takes_one_step_back_and_no_other() -> None:
    clock = SetForward()
    clock.note(1_000, 3_600)
    clock.note(5_000, 60)
    clock.note(6_000, -60)
    assert clock.since(0) == 3_600
    assert clock._jumps == [(1_000, 3_600)], "nothing is kept of what was taken back"


def test_fractions_of_a_second_count() -> None:
    clock = SetForward()
    clock.note(1_000, 0.75)
    assert clock.since(0) == 0.75
    clock.note(2_000, -0.25)
    assert clock.since(0) == 0.5
    clock.note(3_000, 0)
    assert clock._jumps == [(1_000, 0.5)]
