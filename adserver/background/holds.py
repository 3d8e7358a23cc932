"""What bids in flight hold, and how much of what held money once may still be billed."""

from collections.abc import Iterator
from heapq import heappop, heappush

import msgspec

from adserver.background.leases import Lease
from adserver.domain.money import Nanos

SOON_S = 7
"""The owner lets go five seconds before us; and what is told once a second may be two seconds old."""
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
    """By bid, and by the second in which they end."""

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

    def __iter__(self) -> Iterator[Hold]:
        """Return all holds."""
        return iter(self.of_bid.values())

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

    def expire(self, now_s: float) -> Iterator[Hold]:
        """End what is due, and yield it. What lets go before its life is over is exposed until then."""
        while self._due_order and self._due_order[0] < now_s:
            for bid in self._due.pop(heappop(self._due_order)):
                hold = self.of_bid.pop(bid)
                if hold.life_s > hold.until_s:
                    self._expose(hold)
                yield hold
        for second in [each for each in self._exposed_until if each < now_s]:
            for key, amount in self._exposed_until.pop(second).items():
                self.exposed[key] -= amount
                if not self.exposed[key]:
                    del self.exposed[key]

    def exposed_soon(self, now_s: float) -> dict[int, Nanos]:
        """Return by key the full price of bids that hold nothing any more and may still be billed. Those that let go in
        a few seconds count, too: by the owner's clock it may be now.
        """
        found = dict(self.exposed)
        for second in self._due_order:
            if second <= now_s + SOON_S:
                for hold in map(self.of_bid.__getitem__, self._due[second]):
                    if hold.life_s > hold.until_s:
                        key = hold.places[0][0].key
                        found[key] = found.get(key, 0) + hold.amount
        return found

    def clock_set_forward(self, by_s: int) -> None:
        """Hold as long as before, or longer."""
        self._due = {until_s + by_s: bids for until_s, bids in self._due.items()}
        self._due_order = [until_s + by_s for until_s in self._due_order]
        self._exposed_until = {s + by_s: amounts for s, amounts in self._exposed_until.items()}
        for bid, hold in self.of_bid.items():
            self.of_bid[bid] = Hold(
                hold.until_s + by_s, hold.amount, hold.places, hold.life_s + by_s
            )

    def clear(self) -> None:
        """Nothing of all that is ours any more; what is exposed stays so."""
        self.of_bid.clear()
        self._due.clear()
        self._due_order.clear()

    def _expose(self, hold: Hold) -> None:
        key = hold.places[0][0].key
        self.exposed[key] = self.exposed.get(key, 0) + hold.amount
        ending = self._exposed_until.setdefault(hold.life_s, {})
        ending[key] = ending.get(key, 0) + hold.amount
