"""How much of a budget should be spent by now: by the share of the line item's own supply that has come by then."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Literal

import msgspec

from adserver.domain.money import Nanos, share
from adserver.domain.supply_profile import EVEN
from adserver.domain.week import HOUR_S, HOURS_PER_WEEK, hour_of_week

Pacing = Literal["even", "ahead", "asap"]
QUARTER_S = 900
"""Dayparts begin and end at quarters of an hour, whatever the zone."""
WEEK_S = HOURS_PER_WEEK * HOUR_S
_PARTS = 1_000_000_000


class Plan(msgspec.Struct, frozen=True):
    """Shares of a budget's window by moment, over one stretch of it: today, or all of it.

    It is made before the stretch begins and follows nothing that is spent in it.
    """

    pacing: Pacing
    moments: tuple[float, ...]
    """Where the weight of supply changes, seconds since the epoch, ascending."""
    weights: tuple[float, ...]
    """Supply from the window's beginning to each of them."""
    total: float
    """Supply of the whole window."""

    @property
    def is_last(self) -> bool:
        """Tell whether the window has no supply after the stretch."""
        return self.weights[-1] >= self.total

    def share(self, now_s: float) -> float:
        """Return the share of the whole budget that may be spent by now, in [0, 1].

        `even` is the share of the supply. `ahead` follows 2s - s^2 of that share s: it starts at twice the
        even rate and runs out evenly (half is spent after 29 % of the supply). `asap` plans everything at once.
        """
        if self.pacing == "asap":
            return 1.0
        return self._curve(self._supply(now_s))

    def progress(self, now_s: float) -> float:
        """Return the share of what was left when the stretch began that may be spent by now, in [0, 1]."""
        if self.pacing == "asap":
            return 1.0
        before = self._curve(self.weights[0])
        if before >= 1.0:
            return 1.0
        return (self._curve(self._supply(now_s)) - before) / (1.0 - before)

    def planned(self, amount: Nanos, now_s: float, spent_before: Nanos = 0) -> Nanos:
        """Return what may be spent by now of an amount (nanos), of which some was before the stretch began."""
        left = max(0, amount - spent_before)
        return amount - left + share(left, int(self.progress(now_s) * _PARTS), _PARTS)

    def _supply(self, now_s: float) -> float:
        moments, weights = self.moments, self.weights
        if now_s <= moments[0]:
            return weights[0]
        if now_s >= moments[-1]:
            return weights[-1]
        index = bisect_right(moments, now_s)
        since_s, weight = moments[index - 1], weights[index - 1]
        part = (now_s - since_s) / (moments[index] - since_s)
        return weight + (weights[index] - weight) * part

    def _curve(self, supply: float) -> float:
        part = supply / self.total
        return part * (2.0 - part) if self.pacing == "ahead" else part


def plan(
    pacing: Pacing,
    window: tuple[int, int],
    stretch: tuple[int, int],
    rates: Sequence[float] = EVEN,
    is_active: Callable[[int], bool] | None = None,
    weekly: Sequence[float] | None = None,
) -> Plan:
    """Return the plan of a window, in detail over a stretch of it; both in seconds since the epoch, half-open.

    `rates` is the supply by hour of the week (UTC). `is_active` tells whether dayparts leave the quarter of an
    hour that begins at a moment; `weekly` is what they leave of each hour of the week, for the rest of the window.
    A stretch without any supply is planned by the clock.
    """
    start_s, end_s = max(window[0], stretch[0]), min(window[1], stretch[1])
    end_s = max(end_s, start_s + 1)
    moments = [start_s, *range((start_s // QUARTER_S + 1) * QUARTER_S, end_s, QUARTER_S), end_s]
    parts = [
        _rate(rates, (begin + end) / 2) * (end - begin)
        if is_active is None or is_active(begin // QUARTER_S * QUARTER_S)
        else 0.0
        for begin, end in zip(moments, moments[1:], strict=False)
    ]
    hours = rates if weekly is None else [a * b for a, b in zip(rates, weekly, strict=True)]
    before = _between(hours, window[0], start_s)
    after = _between(hours, end_s, window[1])
    if before + sum(parts) + after <= 0.0:
        parts = [float(end - begin) for begin, end in zip(moments, moments[1:], strict=False)]
    weights = tuple(accumulate(parts, initial=before))
    return Plan(pacing, tuple(map(float, moments)), weights, weights[-1] + after)


def _rate(rates: Sequence[float], at_s: float) -> float:
    """Return supply a second, from the middle of one hour straight to that of the next: no jumps between hours."""
    middle = at_s - HOUR_S / 2
    hour = hour_of_week(middle)
    part = middle % HOUR_S / HOUR_S
    return rates[hour] * (1.0 - part) + rates[(hour + 1) % HOURS_PER_WEEK] * part


def _between(rates: Sequence[float], start_s: int, end_s: int) -> float:
    """Return the supply of a span, whole hours of the week each at its rate."""
    if end_s <= start_s:
        return 0.0
    weeks, rest_s = divmod(end_s - start_s, WEEK_S)
    supply = weeks * sum(rates) * HOUR_S
    at_s, end_s = start_s, start_s + rest_s
    while at_s < end_s:
        next_s = min((at_s // HOUR_S + 1) * HOUR_S, end_s)
        supply += rates[hour_of_week(at_s)] * (next_s - at_s)
        at_s = next_s
    return supply
