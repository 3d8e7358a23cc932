"""The owner's wall clock: whoever asks it hears first that it was set, if it was."""

from collections.abc import Callable

from adserver.background.clock_watch import ClockWatch
from adserver.ports import Clock


class OwnerClock:
    """A `Clock` that is never read before what was set is known: nobody judges by it what it was not yet told of."""

    def __init__(
        self,
        clock: Clock,
        monotonic: Callable[[], float],
        when_set: Callable[[float, float, float], None],
    ) -> None:
        """`when_set` is called with what the clock would say now, by how many seconds it was set, and what it says."""
        self._watch = ClockWatch(clock, monotonic)
        self._when_set = when_set

    def now(self) -> float:
        """Return seconds since the epoch."""
        before_s, by_s = self._watch.step()
        if by_s:
            self._when_set(before_s, by_s, self._watch.wall_s)
        return self._watch.wall_s
