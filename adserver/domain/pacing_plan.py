"""How much of a budget should be spent by now, and how hard to hold back to stay there."""

from typing import Literal

from adserver.domain.money import Nanos, share

LOWEST = 0.05
"""A line item is never held back entirely: without bids nothing is learned about its prices."""
STEP_UP = 1.05
STEP_DOWN = 0.8
"""Slow up, quick down: underspending can be made good, overspending cannot."""
AHEAD_PPM = 2_000_000
PPM = 1_000_000


def planned(
    pacing: Literal["even", "ahead", "asap"],
    amount: Nanos,
    start_s: int,
    end_s: int,
    now_s: float,
) -> Nanos:
    """Return what may be spent of `amount` (nanos) by `now_s` of a window, seconds since the epoch.

    `even` is linear. `ahead` follows 2t - t^2 of the window's share t: it starts at twice the even
    rate and runs out evenly (half is spent after 29 % of the time). `asap` plans everything at once.
    """
    if pacing == "asap" or now_s >= end_s:
        return amount
    if now_s <= start_s:
        return 0
    elapsed_ppm = int((now_s - start_s) * PPM / (end_s - start_s))
    if pacing == "ahead":
        elapsed_ppm = elapsed_ppm * (AHEAD_PPM - elapsed_ppm) // PPM
    return share(amount, elapsed_ppm, PPM)


def multiplier(previous: float, plan: Nanos, spent: Nanos, amount: Nanos) -> float:
    """Return the share of its chances that a line item should take, in [0.05, 1]; called every second.

    Multiplicative: behind plan it rises by 5 % a call, ahead of it falls by 20 %, and faster the
    further ahead, so that the plan is neither left far behind nor overrun. Within a thousandth of the
    budget it stays. The hard stop is not here but in the grants, which end at the plan.
    """
    band = amount // 1_000
    if spent > plan + band:
        over = (spent - plan) / max(plan, 1)
        return max(LOWEST, previous * STEP_DOWN / (1.0 + min(over, 1.0)))
    if spent < plan - band:
        return min(1.0, previous * STEP_UP)
    return previous
