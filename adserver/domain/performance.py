"""Whether one line item really brings more for its money than another, or has been lucky so far.

Events (clicks, orders) are taken to come at a rate per money spent. Of all events of two line items, each is the first one's with
probability `r m / (r m + n)`, where m and n is what each spent and r how many times better the first is. The odds are the
likelihood of what was seen, averaged over several r above 1, against r = 1. If both are equally good, these odds
never reach X with a probability of more than 1/X, however often somebody looks (Ville 1939; Robbins 1970, "Statistical
methods related to the law of the iterated logarithm"): so that a step every 15 minutes does not turn noise into a finding.
"""

from math import exp, log
from typing import NamedTuple

from adserver.domain.money import Nanos

TIMES_BETTER = (1.15, 1.3, 1.6, 2.0, 3.0, 5.0)
"""What is looked for: less than 15 % is not worth moving money for."""
LARGEST = 700.0
"""Logarithms above this are as good as certain, and `exp` would overflow."""


class Record(NamedTuple):
    """What a line item brought, and what it cost."""

    events: int
    """What its goal pays for: clicks, orders."""
    money: Nanos
    """Spent on them, fees included."""


def odds(better: Record, worse: Record) -> float:
    """Return the odds that the first brings more per money than the second, against that they are alike; 1: no evidence.

    Without money spent by both there is none.
    """
    if better.money <= 0 or worse.money <= 0:
        return 1.0
    events = better.events + worse.events
    part = better.money / (better.money + worse.money)
    each = (
        better.events * log(times) - events * log(times * part + 1.0 - part)
        for times in TIMES_BETTER
    )
    return sum(exp(min(value, LARGEST)) for value in each) / len(TIMES_BETTER)
