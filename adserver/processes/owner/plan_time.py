"""The time that plans go by: a clock that is set forward does not make the plan of an hour due at once."""

import time
from collections.abc import Callable


class PlanTime:
    """Behind the clock by what it was set forward, within each window, and catching up at twice the pace.

    So a window that was half over when the clock was set into it is spent evenly over its other half.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._set_to_s = 0.0
        """What the clock said when it had been set forward last."""
        self._lag_s = 0.0
        """How far behind plans were then."""
        self._at = 0.0

    def clock_set(self, now_s: float, by_s: float) -> None:
        """Take note that the clock was set by so many seconds and says `now_s` now."""
        self._lag_s = max(0.0, self._left_s(self._lag_s) + by_s)
        self._set_to_s, self._at = now_s, self._monotonic()

    def of(self, start_s: int, now_s: float) -> float:
        """Return the time that the plan of a window goes by, which began at `start_s`."""
        if not self._lag_s:
            return now_s
        return now_s - self._left_s(min(self._lag_s, max(0.0, self._set_to_s - start_s)))

    def _left_s(self, lag_s: float) -> float:
        return max(0.0, lag_s - (self._monotonic() - self._at))
