"""How far off predictions are in each part of what is served, from counts, with as much correction as there is evidence."""

from collections.abc import Mapping
from math import exp, isfinite, log
from typing import TypeVar

DOUBT = 20.0
"""A part's own clicks count for half as soon as so many were predicted; below, the whole's correction rules."""
_WIDEST = log(5.0)
"""No correction goes beyond five times or a fifth: then something else is wrong than the calibration."""
_Part = TypeVar("_Part")


def factor(predicted: float, clicks: float, doubt: float = DOUBT) -> float:
    """Return what to multiply the odds by, given the clicks that were predicted and those that came.

    (clicks + doubt) / (predicted + doubt): the mean of the gamma posterior of actual per predicted, with a prior around 1
    that is worth `doubt` clicks. 1 without evidence, and for counts that are none.
    """
    if not (isfinite(predicted) and isfinite(clicks)) or predicted < 0 or clicks < 0:
        return 1.0
    return exp(_held(log((clicks + doubt) / (predicted + doubt))))


def factors(
    counts: Mapping[_Part, tuple[float, float]], doubt: float = DOUBT
) -> dict[_Part, float]:
    """Return one factor per part, from (predicted, actual) clicks: partly pooled.

    First the correction that all parts share, then what each still needs beside it. `predicted` are clicks that were
    expected before any correction.
    """
    whole = factor(
        sum(predicted for predicted, _ in counts.values()),
        sum(clicks for _, clicks in counts.values()),
        doubt,
    )
    return {
        part: exp(_held(log(whole) + log(factor(whole * predicted, clicks, doubt))))
        for part, (predicted, clicks) in counts.items()
    }


def _held(logarithm: float) -> float:
    return min(max(logarithm, -_WIDEST), _WIDEST)
