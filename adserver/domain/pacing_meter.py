"""One line item's flow, as its workers report it, and the multiplier that follows from it."""

from math import exp, log
from typing import Protocol

from adserver.domain.money import Nanos
from adserver.domain.pacing_response import Response
from adserver.domain.unbilled import Unbilled

HITS = 100.0
"""The share of requests that are chances is that of about so many sampled ones that were."""
ENOUGH_BIDS = 6.0
"""So many bids, or that so many are missing, tell something about the multiplier."""
TOO_FAST = 0.8
FEW = 0.5
"""What stands for no bids at all where bids were expected."""
SURE = 0.0004
"""However many bids there were, the level is not known better than within 2 %."""


class Counted(Protocol):
    """What a worker counted of a line item."""

    @property
    def chances(self) -> float:
        """Estimated for all requests."""

    @property
    def bids(self) -> int:
        """How many were sent."""

    @property
    def claimed(self) -> Nanos:
        """Their full price."""

    @property
    def free(self) -> Nanos:
        """What is left in the lease."""


class Meter:
    """What is known of a line item's chances, bids and bills."""

    def __init__(self, number: int, unit: Nanos, share: float) -> None:
        """Begin with the dearest price of a bid (nanos) and the share of others' claims that is billed."""
        self.number = number
        self.price = float(unit)
        """What a bid claims, about; nanos."""
        self.unbilled = Unbilled(share, unit)
        self.response = Response()
        self.controlled_s = 0.0
        self.pending = 0.0
        """As of the last look, nanos."""
        self.rate = 0.0
        """Expected spend as of the last look, nanos a second."""
        self._chance_share: float | None = None
        """Of all requests, those that are chances; more than 1 where requests have several."""
        self._requests = self._samples = 0.0
        """Of all workers, from their beginning to that of this block."""
        self._chances = self._bids = self._claimed = self._log_pace = self._covered_s = 0.0
        self.starved = False
        """A worker had no money for another bid at the end of the last block."""
        self._starved = False
        self._before = 1.0
        """The multiplier before the last one."""

    @property
    def pace(self) -> float:
        """Return the multiplier in use."""
        return self.response.pace

    @property
    def is_busy(self) -> bool:
        """Tell whether it bid since it was controlled last, or is held back."""
        return self._bids > 0 or self.pace < 1.0

    def skip(self, requests: float, samples: float) -> None:
        """Begin the next block: there were no bids, and nothing is held back."""
        self._requests, self._samples = requests, samples
        self._chances = self._log_pace = self._covered_s = 0.0

    def flowed(self, begins_s: float, ends_s: float, counted: Counted) -> None:
        """Take in what one worker counted."""
        log_pace = self._mean_log_pace(begins_s, ends_s)
        self.unbilled.bid(begins_s, ends_s, counted.claimed, exp(log_pace))
        self._chances += counted.chances
        self._bids += counted.bids
        self._claimed += counted.claimed
        self._log_pace += log_pace * (ends_s - begins_s)
        self._covered_s += ends_s - begins_s
        if counted.bids:
            price = counted.claimed / counted.bids
            self.price += (price - self.price) * min(1.0, counted.bids / ENOUGH_BIDS)
        self._starved |= counted.free < self.price

    def learn(self, requests: float, samples: float) -> None:
        """Learn from the block since the last time, if it is enough; of all requests and samples so far."""
        new_requests, new_samples = requests - self._requests, samples - self._samples
        if new_requests <= 0 or self._covered_s <= 0:
            return
        share = self._chances / new_requests
        if self._chance_share is None:
            self._chance_share = share
        else:
            hits = max(share, self._chance_share) * new_samples
            self._chance_share += (share - self._chance_share) * min(1.0, hits / HITS)
        pace = exp(self._log_pace / self._covered_s)
        chances = max(self._chance_share * new_requests, self._bids)
        bill = self.price * self.unbilled.share(pace)
        if chances > 0:
            expected = self.response.spend() * chances / bill
            if max(self._bids, expected) < ENOUGH_BIDS and (self.response.known or not self._bids):
                return  # wait for more of this block
            # With more money there would have been more bids, so how few they were says nothing.
            if not self._starved or self._bids > expected:
                bids = max(self._bids, FEW)
                hits = min(HITS, max(1.0, self._chance_share * new_samples))
                self.response.observe(pace, bids * bill, chances, 1.0 / bids + 1.0 / hits + SURE)
        self.starved = self._starved
        self._requests, self._samples = requests, samples
        self._chances = self._bids = self._claimed = self._log_pace = self._covered_s = 0.0
        self._starved = False

    def look(self, heard_s: float, requests_per_s: float) -> None:
        """Reckon anew what is pending and what is spent a second."""
        self.pending = self.unbilled.pending(heard_s)
        self.rate = self.response.spend() * self.chances_per_s(requests_per_s)

    def chances_per_s(self, requests_per_s: float) -> float:
        """Return chances a second at so many requests a second."""
        return (self._chance_share or 0.0) * requests_per_s

    def aim(
        self,
        wanted: float,
        requests_per_s: float,
        now_s: float,
        *,
        too_fast: bool = False,
        is_over: bool = False,
    ) -> None:
        """Choose the multiplier that spends so many nanos a second; without chances it stays.

        If the plan is overrun and only the end of the money stopped it, the multiplier is lower than before. When all
        should have been spent, bids that lose hold what is left: only winning more of them sets it free.
        """
        chances = self.chances_per_s(requests_per_s)
        if chances > 0:
            self._before = self.pace
            self.response.aim(wanted / chances)
            if too_fast and self.starved:
                self.response.move(min(self.pace, self._before * TOO_FAST))
            elif is_over and self.starved:
                self.response.move(1.0)
            self.controlled_s = now_s

    def _mean_log_pace(self, begins_s: float, ends_s: float) -> float:
        """Return the mean logarithm of the multipliers in use in a span."""
        new = (ends_s - max(begins_s, self.controlled_s)) / (ends_s - begins_s)
        new = min(1.0, max(0.0, new))
        return log(self.pace) * new + log(self._before) * (1.0 - new)
