"""How fast a budget should be spent now, so that it is spent by the plan, and the rest of it evenly if that failed."""

from adserver.domain.money import Nanos
from adserver.domain.pacing_plan import Plan
from adserver.domain.week import HOUR_S

LOOK_S = 60.0
"""The plan's rate is that of the next minute."""
REPAIR_S = 60.0
"""What is missing or too much is made good in about so long."""
REPAIR_BILLS = 8.0
"""... or in the time of so many bills, if they are rarer: one bill is no error."""
SLACK_S = 60.0
SLACK_BILLS = 5.0
"""Further behind than that, the rest is spread over all that is left: what half an hour without traffic left over
is not poured into the minute after it."""
LAST_PARTS = 3.0
"""Towards the end repairs take a third of the time that is left."""
SOONEST_S = 5.0
EARLY_S = 30.0
EARLY_SHORT_S = 400.0
EARLY_SHARE = 0.12
"""What bids hold when a budget ends is left of it, so it should be spent a little before: that long, and as much
longer as it is shorter (at one hour by the second, by its square), but at most this share of its time."""


class Aim:
    """One budget's way to its end, for one line item."""

    __slots__ = ("_at_s", "_before", "_plan", "_reference")

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._reference: float | None = None
        """What should be spent by `_at_s`, nanos: the plan, less what could not be spent in time."""
        self._at_s = 0.0
        self._before = 0.0
        """The progress of then."""

    def reference(self, limit: Nanos, spent_before: Nanos, now_s: float) -> float:
        """Return what should be spent by a moment, nanos.

        `limit` is the budget, of which `spent_before` was spent before the plan's stretch began.
        """
        gone = self._progress(now_s)
        if self._reference is None or now_s < self._at_s:
            return spent_before + max(0, limit - spent_before) * gone
        left = (1.0 - gone) / (1.0 - self._before) if self._before < 1.0 else 0.0
        return limit - max(0.0, limit - self._reference) * left

    def is_over(self, now_s: float) -> bool:
        """Tell whether all should have been spent by now."""
        return self._progress(now_s) >= 1.0

    def rate(
        self, limit: Nanos, spent_before: Nanos, spent: float, bill: float, now_s: float
    ) -> float:
        """Return nanos a second to spend now.

        `spent` includes what bids under way will cost. `bill` is what one costs that is billed.
        """
        plan = self._plan
        reference = self.reference(limit, spent_before, now_s)
        gone, soon = self._progress(now_s), self._progress(now_s + LOOK_S)
        left_s = plan.moments[-1] - now_s
        part = (soon - gone) / (1.0 - gone) if gone < 1.0 else 1.0
        even = max(0.0, limit - reference) * part / max(SOONEST_S, min(LOOK_S, left_s))
        if gone < 1.0:
            reference = min(reference, spent + max(even * SLACK_S, SLACK_BILLS * bill))
        self._reference, self._at_s, self._before = reference, now_s, gone
        repair_s = max(REPAIR_S, REPAIR_BILLS * bill / even) if even else REPAIR_S
        if plan.is_last:
            repair_s = min(repair_s, max(SOONEST_S, left_s / LAST_PARTS))
        return max(0.0, even + (reference - spent) / repair_s)

    def _progress(self, now_s: float) -> float:
        """Return the plan's progress, a little early where it ends."""
        plan = self._plan
        if not plan.is_last:
            return plan.progress(now_s)
        begins_s, ends_s = plan.moments[0], plan.moments[-1]
        part = min(1.0, max(0.0, (now_s - begins_s) / (ends_s - begins_s)))
        return plan.progress(now_s + part * early_s(ends_s - begins_s))


def early_s(span_s: float) -> float:
    """Return how long before its end a budget of so many seconds should be spent."""
    return min(EARLY_SHARE * span_s, EARLY_S + EARLY_SHORT_S * (HOUR_S / span_s) ** 2)
