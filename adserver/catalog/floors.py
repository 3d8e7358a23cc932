"""Who can reach a floor at all, so that a high floor does not cost a look at everybody below it."""

from bisect import bisect_right
from collections.abc import Sequence

from adserver.domain.bits import bits
from adserver.domain.money import Nanos

STEPS = 64


class FloorIndex:
    """Candidates by their highest bid, in steps that grow by the same factor."""

    def __init__(self, bounds: Sequence[Nanos]) -> None:
        """`bounds` is the highest bid of each candidate, by index."""
        self.steps: list[Nanos] = [0]
        positive = [bound for bound in bounds if bound > 0]
        if positive:
            lowest, highest = min(positive), max(positive)
            ratio = (highest / lowest) ** (1 / STEPS)
            self.steps += sorted({int(lowest * ratio**step) for step in range(STEPS + 1)})
        self._reaching = [
            bits((i for i, bound in enumerate(bounds) if bound >= step), len(bounds))
            for step in self.steps
        ]

    def reaching(self, floor: Nanos) -> int:
        """Return everybody whose bound is at or above the floor, and perhaps some just below it."""
        return self._reaching[bisect_right(self.steps, max(floor, 0)) - 1]
