"""Tells when somebody sets the machine's clock: it moves otherwise than the one that cannot be set."""

import time
from collections.abc import Callable

import structlog

from adserver.metrics import CLOCK_SET
from adserver.ports import Clock

TOLERANCE_S = 1.0
"""Smaller steps change nothing that matters; what NTP does every day is far below."""

_log = structlog.get_logger()


class ClockWatch:
    """Compares two clocks; call `step` several times a second."""

    def __init__(self, clock: Clock, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._monotonic = monotonic
        self.wall_s, self.steady_s = clock.now(), monotonic()
        """What both said at the last step."""

    def step(self) -> tuple[float, float]:
        """Return what the clock would say now, and by how many seconds it was set since the last call: mostly 0.

        A machine that slept looks as if its clock had been set forward, and is to be treated so.
        """
        wall_s, steady_s = self._clock.now(), self._monotonic()
        expected_s = self.wall_s + steady_s - self.steady_s
        self.wall_s, self.steady_s = wall_s, steady_s
        by_s = wall_s - expected_s
        if abs(by_s) < TOLERANCE_S:
            return wall_s, 0.0
        CLOCK_SET.inc()
        _log.warning("clock_set", by_s=round(by_s, 3))
        return expected_s, by_s
