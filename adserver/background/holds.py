"""What bids in flight hold, and how much of what held money once may still be billed."""

from collections import Counter
from collections.abc import Iterator
from heapq import heappop, heappush

import msgspec

from adserver.background.leases import Lease
from adserver.domain.money import Nanos

Places = tuple[tuple[Lease, int], ...]
"""Leases, each with its pot at the time: money goes back to where it came from."""


class Hold(msgspec.Struct, frozen=True, gc=False):
    """Untracked by the collector: there are as many as bids in flight, and none is part of a cycle."""

    until_s: int
    amount: Nanos
    places: Places
    life_s: int
    """Until when it may be billed; later than `until_s` where bids are not held that long."""


class Holds:
    """By bid, and by the second in which they end. What has ended is kept until somebody lets go of it."""

    def __init__(self) -> None:
        self.of_bid: dict[bytes, Hold] = {}
        self._due: dict[int, set[bytes]] = {}
        """By second: the bids whose holds end then."""
        self._due_order: list[int] = []
        self.exposed: dict[int, Nanos] = {}
        """By key: the full price of bids that hold no money any more and may still be billed."""
        self._exposed_until: dict[int, dict[int, Nanos]] = {}
        """By second and key: what is exposed no longer then."""

    def __len__(self) -> int:
        """Return how many bids hold something."""
        return len(self.of_bid)

    def bids(self) -> tuple[bytes, ...]:
        """Return the bids that hold something."""
        return tuple(self.of_bid)

    def by_pot(self) -> Counter[int]:
        """Return what all hold together, by pot."""
        held: Counter[int] = Counter()
        for hold in self.of_bid.values():
            for _, pot in hold.places:
                held[pot] += hold.amount
        return held

    def add(self, bid: bytes, hold: Hold) -> None:
        """Hold for a bid."""
        self.of_bid[bid] = hold
        due = self._due.get(hold.until_s)
        if due is None:
            due = self._due[hold.until_s] = set()
            heappush(self._due_order, hold.until_s)
        due.add(bid)

    def end(self, bid: bytes) -> Hold | None:
        """Return what a bid held and holds no longer; nothing, if it held nothing."""
        hold = self.of_bid.pop(bid, None)
        if hold is not None:
            due = self._due.get(hold.until_s)
            if due is not None:  # or the bid would be remembered until then for nothing
                due.discard(bid)
        return hold

    def due(self, now_s: float) -> int:
        """Return the latest second before now in which holds end; 0 if none do."""
        order = self._due_order
        while order and order[0] < now_s and not self._due[order[0]]:
            del self._due[heappop(order)]
        return max((each for each in order if each < now_s and self._due[each]), default=0)

    def release(self, until_s: int) -> Iterator[Hold]:
        """End what is due until then, and yield it. What lets go before its life is over is exposed until then."""
        while self._due_order and self._due_order[0] <= until_s:
            for bid in self._due.pop(heappop(self._due_order)):
                hold = self.of_bid.pop(bid)
                if hold.life_s > hold.until_s:
                    self._expose(hold)
                yield hold

    def exposing(self, until_s: int) -> dict[int, Nanos]:
        """Return by key the full price of bids that hold nothing and may still be billed, once all until then let go."""
        found = dict(self.exposed)
        for second in self._due_order:
            if second <= until_s:
                for hold in map(self.of_bid.__getitem__, self._due[second]):
                    if hold.life_s > hold.until_s:
                        key = hold.places[0][0].key
                        found[key] = found.get(key, 0) + hold.amount
        return found

    def fade(self, now_s: float) -> None:
        """Let what is exposed be so no longer when its life is over."""
        for second in [each for each in self._exposed_until if each < now_s]:
            for key, amount in self._exposed_until.pop(second).items():
                self.exposed[key] -= amount
                if not self.exposed[key]:
                    del self.exposed[key]

    def clear(self) -> None:
        """Nothing of all that is ours any more."""
        self.of_bid.clear()
        self._due.clear()
        self._due_order.clear()
        self.exposed.clear()
        self._exposed_until.clear()

    def _expose(self, hold: Hold) -> None:
        key = hold.places[0][0].key
        self.exposed[key] = self.exposed.get(key, 0) + hold.amount
        ending = self._exposed_until.setdefault(hold.life_s, {})
        ending[key] = ending.get(key, 0) + hold.amount
