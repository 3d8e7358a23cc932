"""One lease from one pot, as the worker that spends it sees it."""

from adserver.catalog.bits import Run
from adserver.domain.money import Nanos

MARGIN_S = 0.5
"""A pot is left this long before its window ends, so that no bid is dated into the next window."""
SLOW = 10
"""A grant that lasted so many times longer than need be was twice too large."""


class Lease:
    """Money for one key: a line item or a ceiling."""

    __slots__ = ("_came_s", "_size", "asked", "free", "key", "low", "pot", "run", "until_s")

    def __init__(self, key: int) -> None:
        self.key = key
        self.free: Nanos = 0
        self.low: Nanos = 0
        """Below this more is asked for."""
        self.pot = 0
        """0: none yet."""
        self.until_s = 0
        self.asked = False
        """A question is under way; one is enough."""
        self.run = Run(0, 0)
        """The candidates that this pays for; none for a ceiling."""
        self._came_s = 0.0
        self._size: Nanos = 0

    def want(self, now_s: float, ahead_s: float) -> Nanos:
        """Return how much to ask for: twice the last grant if half of that went in less than `ahead_s`; 0: as usual."""
        lasted_s = now_s - self._came_s
        if lasted_s < ahead_s:
            return self._size * 2
        return self._size // 2 if lasted_s > SLOW * ahead_s else self._size

    def grant(self, pot: int, amount: Nanos, until_s: int, now_s: float) -> None:
        """Take in money; of another pot only after the old one has been emptied."""
        self.asked = False
        self.pot, self.until_s = pot, until_s
        self.free += amount
        self.low = self.free // 2
        self._came_s, self._size = now_s, amount

    def empty(self) -> tuple[int, Nanos]:
        """Give up the pot: return it and what is free, to hand back."""
        pot, free = self.pot, self.free
        self.pot = self.free = self.low = self.until_s = 0
        self.asked = False
        return pot, free
