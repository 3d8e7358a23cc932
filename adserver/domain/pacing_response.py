"""How a line item's spend answers to its multiplier, measured as it goes.

Near the multiplier in use the logarithm of the spend per chance is taken for a straight line in the logarithm of the
multiplier: a level, which drifts, and a slope. Both are followed by a Kalman filter, so that the gain of the
controller is what the market shows: two where prices are spread out, twenty where all floors are alike.
"""

from math import exp, log

LOWEST = 0.05
"""A line item is never held back entirely: without bids nothing is learned about its prices."""
SLOPE = 2.0
SLOPE_SPREAD = 1.0
LEAST_SLOPE, MOST_SLOPE = 1.0, 30.0
"""One: the same bids win, and cost in proportion to the multiplier."""
LEVEL_DRIFT = 0.0015
"""Variance that the level gains from one observation to the next: 4 %."""
SLOPE_DRIFT = 0.003
MOST_SPREAD = 4.0
SURPRISE = 9.0
"""An observation that is three deviations off says that something changed: it is believed."""
DOWN, UP = log(0.5), log(1.5)
"""No step is longer: slow up, quick down, since overspending cannot be made good."""


class Response:
    """The line as it is known near `pace`."""

    __slots__ = ("_both", "_level", "_level_spread", "_slope_spread", "pace", "slope")

    def __init__(self, pace: float = 1.0, slope: float = SLOPE) -> None:
        """Begin at a multiplier, with a guess of the slope; the level is unknown."""
        self.pace = pace
        self.slope = slope
        self._level: float | None = None
        """Logarithm of the spend per chance at `pace`."""
        self._level_spread = 0.0
        """Variances, and the covariance of both."""
        self._slope_spread = SLOPE_SPREAD
        self._both = 0.0

    @property
    def known(self) -> bool:
        """Tell whether anything was ever observed."""
        return self._level is not None

    def spend(self) -> float:
        """Return the expected spend per chance at the multiplier in use; 0 while unknown."""
        return 0.0 if self._level is None else exp(self._level)

    def observe(self, pace: float, spend: float, chances: float, variance: float) -> None:
        """Take in what was spent on so many chances at a multiplier; `variance` is that of the logarithm of their ratio."""
        seen = log(spend / chances)
        if self._level is None:
            self._level, self._level_spread = seen, variance
            self._level += self.slope * log(self.pace / pace)
            return
        self._level_spread += LEVEL_DRIFT
        self._slope_spread = min(MOST_SPREAD, self._slope_spread + SLOPE_DRIFT)
        off = log(pace / self.pace)
        surprise = seen - (self._level + self.slope * off)
        expected = self._level_spread + off * (2 * self._both + off * self._slope_spread) + variance
        if surprise * surprise > SURPRISE * expected:
            self._level_spread += surprise * surprise
            self._slope_spread = MOST_SPREAD
            expected = self._level_spread + off * (2 * self._both + off * MOST_SPREAD) + variance
        level_gain = (self._level_spread + off * self._both) / expected
        slope_gain = (self._both + off * self._slope_spread) / expected
        both = self._both
        self._level += level_gain * surprise
        self.slope = min(MOST_SLOPE, max(LEAST_SLOPE, self.slope + slope_gain * surprise))
        self._both -= level_gain * (both + off * self._slope_spread)
        self._slope_spread -= slope_gain * (both + off * self._slope_spread)
        self._level_spread -= level_gain * (self._level_spread + off * both)

    def aim(self, wanted: float) -> float:
        """Go to the multiplier in [0.05, 1] that spends so much per chance, by a step of bounded length; return it."""
        if self._level is None:
            return self.pace
        step = (log(wanted) - self._level) / self.slope if wanted > 0 else DOWN
        return self.move(self.pace * exp(min(UP, max(DOWN, step))))

    def move(self, pace: float) -> float:
        """Go to a multiplier, kept in [0.05, 1]; return it."""
        pace = min(1.0, max(LOWEST, pace))
        off = log(pace / self.pace)
        if off and self._level is not None:
            self._level += self.slope * off
            self._level_spread += off * (2 * self._both + off * self._slope_spread)
            self._both += off * self._slope_spread
        self.pace = pace
        return pace
