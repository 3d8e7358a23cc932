"""Thompson sampling, with the probabilities worked out: how likely each of some arms is the best one.

What is chosen is drawn with exactly these probabilities, so that they can be written down with the choice and a later
evaluation of another policy on the log is unbiased (inverse propensities). A draw from each posterior, the textbook's
way, chooses by the same probabilities, and does not know them.
"""

from collections.abc import Sequence
from itertools import pairwise
from math import exp, lgamma, log, sqrt
from typing import NamedTuple

from adserver.domain.gamma import digamma, trigamma

EXPLORED = 0.1
"""This share of a line item's turns goes to all arms evenly, however bad they look: each keeps 0.1 / arms at least."""
MAX_ARMS = 20
"""So many are told apart; it takes their square in time."""
_POINTS, _FEWEST = 24, 8
"""Around each arm, for two of them; fewer for many, which lie the closer together."""
_REACH = 5.0
"""Standard deviations to either side of a posterior's middle that are looked at."""
_PRIOR_IMPRESSIONS = 200.0


class Arm(NamedTuple):
    """How often something was seen and clicked, the older the less."""

    impressions: float = 0.0
    clicks: float = 0.0


class _Beta(NamedTuple):
    a: float
    b: float
    middle: float
    """Of the logit of the click rate, as the next."""
    spread: float
    constant: float

    def density(self, logit: float) -> float:
        """Return the density at a logit of the click rate."""
        soft = logit if logit > 0 else 0.0
        both = soft + log(exp(-soft) + exp(logit - soft))  # log(1 + e^logit), whatever its size
        return exp(self.a * logit - (self.a + self.b) * both - self.constant)


def shares(arms: Sequence[Arm], explored: float = EXPLORED) -> list[float]:
    """Return the probability of choosing each arm; they sum to 1, and none is below `explored / len(arms)`.

    Before anything was clicked all are alike. Beta posteriors over a prior of one click at the rate of all arms
    together; the integral over the click rate is a sum over a few points around every arm's own middle.
    """
    clicks = sum(min(arm.clicks, arm.impressions) for arm in arms)
    impressions = sum(arm.impressions for arm in arms)
    weight = (impressions + _PRIOR_IMPRESSIONS) / (clicks + 1.0)
    best = _best([_posterior(arm, weight) for arm in arms])
    floor = explored / len(arms)
    return [floor + (1.0 - explored) * each for each in best]


def _posterior(arm: Arm, weight: float) -> _Beta:
    clicks = min(arm.clicks, arm.impressions)
    a = 1.0 + clicks
    b = weight + arm.impressions - clicks
    spread = sqrt(trigamma(a) + trigamma(b))
    return _Beta(a, b, digamma(a) - digamma(b), spread, lgamma(a) + lgamma(b) - lgamma(a + b))


def _best(arms: Sequence[_Beta]) -> list[float]:
    """Return how likely each is the highest: its density times all others' distributions, summed over points."""
    count = max(_FEWEST, min(_POINTS, 4 * _POINTS // len(arms)))
    steps = [_REACH * (2 * point / (count - 1) - 1) for point in range(count)]
    points = sorted({arm.middle + arm.spread * step for arm in arms for step in steps})
    below = [0.0] * len(arms)
    before = [arm.density(points[0]) for arm in arms]
    won = [0.0] * len(arms)
    for left, right in pairwise(points):
        half = (right - left) / 2
        here = [arm.density(right) for arm in arms]
        masses = [(x + y) * half for x, y in zip(before, here, strict=True)]
        middle = [x + mass / 2 for x, mass in zip(below, masses, strict=True)]
        for arm, mass in enumerate(masses):
            if mass > 0.0:
                chance = mass
                for other, lower in enumerate(middle):
                    if other != arm:
                        chance *= lower
                won[arm] += chance
        below = [x + mass for x, mass in zip(below, masses, strict=True)]
        before = here
    total = sum(won)
    return [each / total for each in won] if total > 0.0 else [1.0 / len(arms)] * len(arms)
