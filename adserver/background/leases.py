"""One lease from one pot, as the worker that spends it sees it."""

from adserver.domain.bits import Run
from adserver.domain.money import Nanos

MARGIN_S = 0.5
"""A pot is left this long before its window ends, so that no bid is dated into the next window."""
SHORTEST_S = 0.05
MS = 1_000
AGAIN_S = 20.0
"""So long a rest that was too little for a bid is kept before all rests are gathered once more."""
SETTLED_S = 5.0
"""So long claims are counted before they tell how fast money goes."""
MOST_GROWTH = 64
"""A moment of heavy traffic is no reason to take all that there is."""


class Lease:
    """Money for one key: a line item or a ceiling."""

    __slots__ = (
        "_came_s", "_size", "asked", "free", "key", "least", "low", "partial", "pot", "price", "run", "taken",
        "until_s", "wanted",
    )  # fmt: skip

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
        self.least: Nanos = 0
        """The cheapest claim that what is free was too little for; 0: none was."""
        self.price: Nanos = 0
        """The latest claim; 0: nobody has bid yet."""
        self.taken: Nanos = 0
        """Claimed since the last grant."""
        self.partial = False
        """Less than that was granted: it is all that there is, for whatever is cheaper."""
        self.wanted: Nanos = 0
        """What was asked for last."""
        self._came_s = 0.0
        self._size: Nanos = 0

    def want(self, now_s: float, ahead_s: float) -> Nanos:
        """Return how much to ask for: what would last `ahead_s` and as long again at the rate of claims since the last
        grant, but not much more than that was; 0: as usual.

        What bids let go of is not reckoned with: when the log is away, nothing comes back.
        """
        self.wanted = min(self._lasting(now_s, 2 * ahead_s), MOST_GROWTH * self._size)
        return self.wanted

    def is_thin(self, now_s: float, ahead_s: float) -> bool:
        """Tell whether what is free will not last `ahead_s` if nothing comes back, and more may be had: while bids let go of
        what they held, it may never fall so low that more is asked for.
        """
        is_all = self._size < self.wanted
        if self.asked or is_all or now_s - self._came_s < SETTLED_S:
            return False
        return self.free < self._lasting(now_s, ahead_s)

    def _lasting(self, now_s: float, seconds: float) -> Nanos:
        lasted_ms = round(max(now_s - self._came_s, SHORTEST_S) * MS)
        return self.taken * round(seconds * MS) // lasted_ms

    def part(self, now_s: float) -> Nanos:
        """Return how much to leave to others who have none: half. What is no use in halves is kept for a bid, or goes whole if none came."""
        half = self.free // 2
        if half >= self.price > 0:
            return half
        kept = self.free >= self.price > 0 and now_s - self._came_s < AGAIN_S
        return 0 if kept else self.free

    def starve(self, amount: Nanos) -> bool:
        """A claim was more than is free; tell whether to go on with what is left, for cheaper ones."""
        self.price = amount
        if not self.partial:
            self.least = min(self.least or amount, amount)
        return self.partial

    def ask_again(self, now_s: float) -> bool:
        """Tell whether what is left is to be asked for anew: others may have given theirs back meanwhile."""
        if now_s - self._came_s < AGAIN_S:
            return False
        self.partial = False
        return True

    def grant(self, pot: int, amount: Nanos, until_s: int, now_s: float) -> None:
        """Take in money; of another pot only after the old one has been emptied."""
        self.asked = False
        self.pot, self.until_s = pot, until_s
        self.free += amount
        self.low = self.free // 2
        self.partial, self.least = self.free < self.least, 0
        self._came_s, self._size, self.taken = now_s, amount, 0

    def empty(self) -> tuple[int, Nanos]:
        """Give up the pot: return it and what is free, to hand back."""
        pot, free = self.pot, self.free
        self.pot = self.free = self.low = self.until_s = self.least = 0
        self.asked = self.partial = False
        return pot, free
