"""How long orders take after their click, learned from a log that ends before all of them have come.

A click of an hour ago that led to no order yet is no click without an order. With p the probability of an order and F(t) the
share of orders that come within t of the click, the order of a click of age t has been seen with probability p F(t): the
model of Chapelle ("Modeling delayed feedback in display advertising", KDD 2014), whose F is exponential. Ours is estimated
without a law: of orders only those are seen whose delay is less than the age of their click, and for such (right-truncated)
delays the most likely F is a product over the delays above t, Kaplan and Meier's estimate in reversed time (Lagakos, Barraj
and De Gruttola, "Nonparametric analysis of truncated survival data", Biometrika 1988).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from adserver.domain.attribution import CLICK_WINDOW_S

Floats = NDArray[np.float64]

FEWEST = 20
"""Orders that a curve is learned from; with fewer, orders count as if they came at once."""
_POINTS = 256
_LEAST = 1e-3
"""A click is never taken for younger than the age at which so much has come."""


class Delays:
    """The share of orders that have come by an age; of those that come within the credit's window, or within the log."""

    def __init__(self, ages_s: Sequence[float] = (), shares: Sequence[float] = ()) -> None:
        """Take rising ages and shares, the last share 1; without any, orders come at once."""
        self._ages = np.array([0.0, *ages_s])
        self._shares = np.array([0.0 if len(ages_s) else 1.0, *shares])

    def share(self, ages_s: Floats) -> Floats:
        """Return the share that has come by each age, above 0 and at most 1; between known ages on straight lines."""
        found: Floats = np.interp(ages_s, self._ages, self._shares)
        return np.clip(found, _LEAST, 1.0)

    def by(self, share: float) -> float:
        """Return the age in seconds by which a share of the orders has come."""
        return float(np.interp(share, self._shares, self._ages))


def learn(delays_s: Floats, ages_s: Floats) -> Delays:
    """Return the curve from the delay of each order, and the age of its click when the log ends.

    What takes longer than the window of the credit, or than the oldest click is old, is not seen by anybody.
    """
    if len(delays_s) < FEWEST:
        return Delays()
    delays = np.clip(delays_s, 0.0, CLICK_WINDOW_S)
    ages = np.maximum(ages_s, delays)
    times, events = np.unique(delays, return_counts=True)
    # At risk at t are orders that had come by t and whose click was old enough to see one at t.
    come = np.searchsorted(np.sort(delays), times, side="right")
    too_young = np.searchsorted(np.sort(ages), times, side="left")
    at_risk = come - too_young
    # One more at risk than there is, so that a single late order among old clicks cannot void all that came before.
    stays = 1.0 - events / (np.maximum(at_risk, events) + 1.0)
    after = np.append(np.cumprod(stays[::-1])[::-1][1:], 1.0)  # of delays above each
    chosen = np.unique(np.linspace(0, len(times) - 1, min(_POINTS, len(times))).astype(np.int64))
    return Delays(times[chosen].tolist(), after[chosen].tolist())
