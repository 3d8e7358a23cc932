"""What bids under way will still cost: at a win rate of one in ten, nine tenths of what they hold is not spent.

How much of the claimed money is ever billed, and how long that takes, is learned from the bills themselves. A bill
that has not come yet and a bid that lost look alike, so bids count as tried only as far as bills had time to come
(after Chapelle 2014, "Modeling delayed feedback in display advertising").
"""

from bisect import bisect_left
from collections import deque
from itertools import accumulate

import msgspec

from adserver.domain.money import Nanos

BOUNDS_S = (1, 2, 3, 5, 8, 12, 20, 30, 50, 80, 130, 200, 350, 600, 1_000, 2_000, 3_600, 7_200, 14_400, 43_200, 86_400)  # fmt: skip
"""Bills are counted by delays shorter than these, and longer."""
PRIOR_BILLS = 20.0
PRIOR_DELAYS = 4
"""Before there are bills they are taken to come within so many of the shortest bounds, as many in each."""
PRIOR_SHARE = 0.3
MEMORY_BILLS = 400.0
"""What is learned follows about so many of the last bills."""
COME = 0.998
"""When so many of its bills must have come, a batch of bids is history."""
MAX_BATCHES = 64
NEVER = 1e-4
"""No share is taken to be smaller."""


class Batch(msgspec.Struct):
    """Bids of the same few seconds."""

    begins_s: float
    at_s: float
    """Their middle."""
    claimed: float
    """Their full price, nanos."""
    pace: float
    billed: float = 0.0


class Unbilled:
    """Claims and bills of one line item."""

    def __init__(self, share: float = PRIOR_SHARE, unit: Nanos = 1) -> None:
        """Begin with the share that others' claims are billed, and the price of one bid (nanos)."""
        self.bill = 0.0
        """What one bill costs, about; nanos, 0 before the first."""
        self._prior_share = share
        self._prior = PRIOR_BILLS * unit
        self._batches: deque[Batch] = deque()
        self._tried = 0.0
        """Claimed money of history times its pace: the share grows with the pace, as the win rate does."""
        self._billed = 0.0
        self._bills = 0.0
        self._delays = [0.0] * (len(BOUNDS_S) + 1)
        self._delays[:PRIOR_DELAYS] = [PRIOR_BILLS / PRIOR_DELAYS] * PRIOR_DELAYS
        self._heard_s = 0.0

    def bid(self, begins_s: float, ends_s: float, claimed: float, pace: float) -> None:
        """Take in the bids of a few seconds by their full price (nanos), and the pace they were made at."""
        if claimed <= 0:
            return
        if len(self._batches) == MAX_BATCHES:  # bills take hours here: seconds do not matter
            old = list(self._batches)
            pairs = zip(old[::2], old[1::2], strict=True)
            self._batches = deque(_merged(earlier, later) for earlier, later in pairs)
        self._batches.append(Batch(begins_s, (begins_s + ends_s) / 2, claimed, pace))

    def billed(self, at_s: float, delay_s: float, amount: Nanos) -> None:
        """Take in a bill of now for a bid of so long ago."""
        delays = self._delays
        delays[bisect_left(BOUNDS_S, delay_s + 1)] += 1.0
        if sum(delays) > 2 * MEMORY_BILLS:
            self._delays = [each / 2 for each in delays]
        self._bills += 1.0
        self.bill += (amount - self.bill) / min(self._bills, MEMORY_BILLS)
        for batch in reversed(self._batches):
            if batch.begins_s <= at_s - delay_s:
                batch.billed += amount
                return
        self._billed += amount

    def share(self, pace: float) -> float:
        """Return the share of claimed money that is billed at a pace, in (0, 1]."""
        tried, billed = self._known(self._law())
        return _share(tried, billed, pace)

    def pending(self, heard_s: float) -> float:
        """Return what the bids under way will still cost, nanos, if bills from before `heard_s` had time to come.

        That is the moment of the last bill, not now: while none comes at all, from nobody, bids do not age.
        """
        self._heard_s = heard_s
        law = self._law()
        while self._batches and _come(law, heard_s - self._batches[0].at_s) >= COME:
            batch = self._batches.popleft()
            self._tried += batch.claimed * batch.pace
            self._billed += batch.billed
            if self._bills > MEMORY_BILLS:
                keep = MEMORY_BILLS / self._bills
                self._bills = MEMORY_BILLS
                self._tried *= keep
                self._billed *= keep
        tried, billed = self._known(law)
        return sum(
            batch.claimed
            * _share(tried, billed, batch.pace)
            * (1.0 - _come(law, heard_s - batch.at_s))
            for batch in self._batches
        )

    def _law(self) -> list[float]:
        """Return the share of bills that come within each bound."""
        counted = list(accumulate(self._delays))
        return [each / counted[-1] for each in counted]

    def _known(self, law: list[float]) -> tuple[float, float]:
        """Return what was tried and had time to be billed, times its pace, and what was; the prior included."""
        tried = self._tried + self._prior
        billed = self._billed + self._prior * self._prior_share
        for batch in self._batches:
            tried += batch.claimed * batch.pace * _come(law, self._heard_s - batch.at_s)
            billed += batch.billed
        return tried, billed


def _share(tried: float, billed: float, pace: float) -> float:
    return min(1.0, max(NEVER, billed / tried * pace))


def _merged(earlier: Batch, later: Batch) -> Batch:
    claimed = earlier.claimed + later.claimed
    part = earlier.claimed / claimed
    return Batch(
        earlier.begins_s,
        earlier.at_s * part + later.at_s * (1 - part),
        claimed,
        earlier.pace * part + later.pace * (1 - part),
        earlier.billed + later.billed,
    )


def _come(law: list[float], age_s: float) -> float:
    """Return the share of bills that have come after so long, by a straight line between the bounds."""
    if age_s <= 0:
        return 0.0
    index = bisect_left(BOUNDS_S, age_s)
    if index == len(BOUNDS_S):
        return 1.0
    since_s, come = (BOUNDS_S[index - 1], law[index - 1]) if index else (0, 0.0)
    return come + (law[index] - come) * (age_s - since_s) / (BOUNDS_S[index] - since_s)
