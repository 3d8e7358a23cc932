"""How long exchanges take to bill, counted: so long a bid needs its money, and seldom longer."""

from bisect import bisect_left
from collections.abc import Mapping

BOUNDS_S = tuple(
    sorted({round(1.25**power) for power in range(70)})
)  # up to two months, in steps of a quarter
EVIDENCE = 1_000
"""Fewer bills than that tell little of one in a hundred."""
MUCH = 50_000
"""With so many all count half: an exchange may become slower or quicker."""
LATE_PPM = 10_000
"""One bill in a hundred may come after the money has been let go of: budgets nearly always have enough for it."""
PPM = 1_000_000


class Delays:
    """Bills by exchange and delay; changed by `count` only, so that a replay gives the same."""

    def __init__(self, counts: Mapping[str, list[int]] | None = None) -> None:
        self.counts = {name: list(each) for name, each in (counts or {}).items()}
        """By exchange: how many bills came within each of `BOUNDS_S`, and later."""

    def count(self, exchange: str, delay_s: int) -> None:
        """Count a bill that came so long after its bid."""
        counts = self.counts.get(exchange)
        if counts is None:
            counts = self.counts[exchange] = [0] * (len(BOUNDS_S) + 1)
        counts[bisect_left(BOUNDS_S, delay_s)] += 1
        if sum(counts) >= MUCH:
            counts[:] = [each // 2 for each in counts]

    def usual_s(self, exchange: str) -> int | None:
        """Return how long bills take but one in a hundred; `None` while too few have come."""
        counts = self.counts.get(exchange, ())
        total = sum(counts)
        if total < EVIDENCE:
            return None
        later = 0
        for index in range(len(counts) - 1, -1, -1):
            later += counts[index]
            if later * PPM > total * LATE_PPM:
                if index == len(BOUNDS_S):
                    return None  # later than anything we tell apart
                return BOUNDS_S[index]
        return None
