"""How much of a budget should be spent by now: by the share of the line item's own supply that has come by then."""

from bisect import bisect_right
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate
from typing import Literal

import msgspec

from adserver.domain.money import Nanos, share
from adserver.domain.supply_profile import EVEN
from adserver.domain.week import HOUR_S, HOURS_PER_WEEK

Pacing = Literal["even", "ahead", "asap"]
HALF_S = HOUR_S // 2
WEEK_S = HOURS_PER_WEEK * HOUR_S
MONDAY_S = 4 * 24 * HOUR_S
"""The first one since the epoch."""
NOTHING = 1e-9
"""Less than this share of a week's supply is what rounding leaves of none."""
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
        return self.weights[-1] >= self.total * (1.0 - NOTHING)

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
        part = min(1.0, supply / self.total)
        return part * (2.0 - part) if self.pacing == "ahead" else part


def plan(
    pacing: Pacing,
    window: tuple[int, int],
    stretch: tuple[int, int],
    rates: Sequence[float] = EVEN,
    open_halves: Sequence[float] | None = None,
) -> Plan:
    """Return the plan of a window, in detail over a stretch of it; both in seconds since the epoch, half-open.

    `rates` is the supply by hour of the week (UTC). `open_halves` is the share of each half hour of the week that
    dayparts leave; `None`: all. A window without any supply is planned by the clock.
    """
    halves = None if open_halves is None else tuple(open_halves)
    return _plan(pacing, window, stretch, tuple(rates), halves)


@lru_cache(maxsize=1_024)
def _plan(
    pacing: Pacing,
    window: tuple[int, int],
    stretch: tuple[int, int],
    rates: tuple[float, ...],
    open_halves: tuple[float, ...] | None,
) -> Plan:
    """Many line items share a plan: those without a supply of their own that is known, and with the same window."""
    start_s, end_s = max(window[0], stretch[0]), min(window[1], stretch[1])
    end_s = max(end_s, start_s + 1)
    moments = [start_s, *range((start_s // HALF_S + 1) * HALF_S, end_s, HALF_S), end_s]
    week = _week(rates, open_halves)
    begins_s, ends_s = min(window[0], start_s), max(window[1], end_s)
    begins = _until(week, begins_s)
    weights = [_until(week, moment) - begins for moment in moments]
    total = _until(week, ends_s) - begins
    if total <= NOTHING * week[-1]:
        weights = [float(moment - begins_s) for moment in moments]
        total = float(ends_s - begins_s)
    return Plan(pacing, tuple(map(float, moments)), tuple(weights), total)


@lru_cache(maxsize=64)
def _week(rates: tuple[float, ...], open_halves: tuple[float, ...] | None) -> tuple[float, ...]:
    """Return the supply of a week (from Monday, UTC) until each half hour, the whole last.

    From the middle of one hour supply goes straight to that of the next, so that nothing jumps between hours.
    """
    halves = [
        (3.0 * rate + neighbour) / 4.0 * HALF_S
        for hour, rate in enumerate(rates)
        for neighbour in (rates[hour - 1], rates[(hour + 1) % HOURS_PER_WEEK])
    ]
    if open_halves is not None:
        halves = [supply * part for supply, part in zip(halves, open_halves, strict=True)]
    return tuple(accumulate(halves, initial=0.0))


def _until(week: tuple[float, ...], at_s: float) -> float:
    """Return the supply from some Monday long ago until a moment."""
    weeks, rest_s = divmod(at_s - MONDAY_S, WEEK_S)
    half, part_s = divmod(rest_s, HALF_S)
    before = week[int(half)]
    return weeks * week[-1] + before + (week[int(half) + 1] - before) * part_s / HALF_S
