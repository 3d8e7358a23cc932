"""A pulse stands still when its child does, and not when its parent did not look."""

from adserver.processes.pulse import MOST_S, Pulse

NOW = 1_000.0


def test_silence_grows_while_nobody_beats_and_ends_with_a_beat() -> None:
    pulse = Pulse()
    assert [pulse.silent_s(NOW + second) for second in range(4)] == [0, 1, 2, 3]
    pulse.beat()
    assert [pulse.silent_s(NOW + second) for second in (4, 5)] == [0, 1]


def test_who_never_beat_has_not_begun() -> None:
    pulse = Pulse()
    assert not pulse.has_begun
    pulse.beat()
    assert pulse.has_begun


def test_time_in_which_nobody_looked_counts_little() -> None:
    pulse = Pulse()
    pulse.beat()
    pulse.silent_s(NOW)
    assert pulse.silent_s(NOW + 3_600) == MOST_S
