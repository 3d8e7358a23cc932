"""What flows through one worker, counted at next to no cost: requests, chances of line items, bids at full price."""

from collections.abc import Callable, Mapping

from adserver.background.money_messages import Flow, LineFlow
from adserver.domain.money import Nanos

EVERY_S = 5.0
SAMPLE_S = 0.1
"""One request is looked at, and stands for all since the one before."""
PART = 500
"""Of so many line items it tells at once: of a large catalog they are ten thousand, and bids wait meanwhile."""


class FlowCounter:
    """Counted by the endpoint, told to the owner by `due`."""

    def __init__(
        self, numbers: list[int], free: Callable[[int], Nanos], monotonic: Callable[[], float]
    ) -> None:
        """Know line items by index; `free` returns what the purse has for one."""
        self._numbers = numbers
        self._free = free
        self._begins_s = monotonic()
        self.sample_at = self._begins_s
        """The next request from then on is to be sampled, by the steady clock."""
        self.requests = 0
        """Decided on, but for those that were reported."""
        self._sampled = 0
        """`requests` when one was sampled last: those after it belong to the next sample."""
        self._samples = 0
        self._chances: dict[int, float] = {}
        self._bids: dict[int, int] = {}
        self._claimed: dict[int, Nanos] = {}
        self._elapsed_s = 0.0
        """What follows is of the last report, which took so long."""
        self._told = self._chances, self._bids, self._claimed
        self._untold: list[int] = []

    def sample(self, chances: Mapping[int, float], at_s: float) -> None:
        """Take in the chances of the latest request, by line item index."""
        weight = self.requests - self._sampled
        for index, number in chances.items():
            self._chances[index] = self._chances.get(index, 0.0) + number * weight
        self._sampled = self.requests
        self._samples += 1
        self.sample_at = at_s + SAMPLE_S

    def booked(self, line_item: int, amount: Nanos) -> None:
        """Take in a bid that was sent, at its full price (nanos)."""
        self._bids[line_item] = self._bids.get(line_item, 0) + 1
        self._claimed[line_item] = self._claimed.get(line_item, 0) + amount

    def due(self, at_s: float) -> Flow | None:
        """Return the report if it is time for one, or what is left to tell of the last one."""
        if self._untold:
            return Flow(self._elapsed_s, 0, 0, self._part(), is_more=True)
        if at_s < self._begins_s + EVERY_S:
            return None
        self._elapsed_s = at_s - self._begins_s
        self._told = self._chances, self._bids, self._claimed
        self._untold = list(self._chances.keys() | self._claimed.keys())
        report = Flow(self._elapsed_s, self._sampled, self._samples, self._part())
        self._begins_s = at_s
        self.requests -= self._sampled
        self._sampled = self._samples = 0
        self._chances, self._bids, self._claimed = {}, {}, {}
        return report

    def _part(self) -> tuple[LineFlow, ...]:
        chances, bids, claimed = self._told
        part = self._untold[-PART:]
        del self._untold[-PART:]
        return tuple(
            LineFlow(
                self._numbers[index],
                chances.get(index, 0.0),
                bids.get(index, 0),
                claimed.get(index, 0),
                self._free(index),
            )
            for index in part
        )
