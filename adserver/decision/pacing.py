"""A multiplier shakes a little from request to request, so that spend answers to it smoothly.

Where all floors are alike, a line item that is held back either reaches all of them or none: no multiplier spends a
tenth. Shaken by an exponential law the share of requests on which it reaches a floor falls by the same factor with
every per cent that it is held back, so the controller meets a slope and not a step.
"""

from math import log

SPREAD = 0.04
"""Mean shake, as a share of the multiplier: from 4 % below it, seldom more than 12 % above."""
_LEVELS = 1 << 10
_MASK = _LEVELS - 1

_SHAKES = tuple(
    1.0 + SPREAD * (-log(1.0 - (level + 0.5) / _LEVELS) - 1.0) for level in range(_LEVELS)
)


def shake(seed: int) -> float:
    """Return what every multiplier below 1 is multiplied by for this request; its mean is 1.

    Seeds are checksums: their low bits are dice already, and those of others are mixed anew.
    """
    return _SHAKES[seed & _MASK]


def shaken(pace: float, by: float) -> float:
    """Return a multiplier as it holds for a request: never more than 1, and 1 if it is 1."""
    if pace == 1.0:
        return pace
    pace *= by
    return min(1.0, pace)
