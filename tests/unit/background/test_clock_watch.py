"""A clock that is set is noticed; one that is only corrected is not."""

import pytest
import structlog.testing

from adserver.background.clock_watch import ClockWatch


class Clocks:
    """One that can be set and one that cannot."""

    def __init__(self) -> None:
        self.wall_s, self.steady_s = 1_790_000_000.0, 50.0

    def now(self) -> float:
        """Return what the first says."""
        return self.wall_s

    def pass_(self, seconds: float, *, by_s: float = 0.0) -> None:
        """Let time pass, and set the first by so much."""
        self.steady_s += seconds
        self.wall_s += seconds + by_s


@pytest.mark.parametrize("by_s", [3_600.0, -3_600.0, 86_400.0, -86_400.0, 1.5])
def test_a_set_clock_is_told_once_with_what_it_would_have_said(by_s: float) -> None:
    clocks = Clocks()
    watch = ClockWatch(clocks, lambda: clocks.steady_s)
    clocks.pass_(0.5)
    assert watch.step()[1] == 0
    with structlog.testing.capture_logs() as told:
        clocks.pass_(0.02, by_s=by_s)
        assert watch.step() == pytest.approx((1_790_000_000.52, by_s), abs=1e-6)
        clocks.pass_(1_000)
        assert watch.step()[1] == 0
    assert [(line["event"], line["by_s"]) for line in told] == [("clock_set", by_s)]


def test_small_corrections_are_not_worth_a_word() -> None:
    clocks = Clocks()
    watch = ClockWatch(clocks, lambda: clocks.steady_s)
    for by_s in (0.1, -0.4, 0.9, -0.9):
        clocks.pass_(0.02, by_s=by_s)
        assert watch.step()[1] == 0
