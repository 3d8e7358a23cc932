"""From the trees' log odds to the probability that is served."""

from collections.abc import Iterable
from math import exp

import msgspec

LOWEST, HIGHEST = 1e-6, 0.5
"""What may be served: beyond this a model says more than it can know."""
_LEAST_LOG_ODDS = -13.815509557963774  # of LOWEST, so that exp() cannot overflow


class Calibration(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Platt's line: calibrated log odds = slope x log odds + intercept."""

    slope: float
    intercept: float

    def probabilities(self, log_odds: Iterable[float]) -> list[float]:
        """Return served probabilities, within `LOWEST` and `HIGHEST`."""
        slope, intercept = self.slope, self.intercept
        served = []
        for raw in log_odds:
            line = slope * raw + intercept
            if line >= 0.0:
                served.append(HIGHEST)
            elif line > _LEAST_LOG_ODDS:
                served.append(1.0 / (1.0 + exp(-line)))
            else:
                served.append(LOWEST)
        return served


def clipped(probability: float) -> float:
    """Return the nearest probability that may be served."""
    return min(max(probability, LOWEST), HIGHEST)
