"""What one worker may spend without asking: leases in memory, claimed from while deciding."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from math import inf

from adserver.background.holds import Hold, Holds, Places
from adserver.background.leases import MARGIN_S, Lease
from adserver.background.protocol import Ask, Hello, Return
from adserver.catalog.bits import Run, bits
from adserver.domain.budget import EVERYWHERE, ceiling_key
from adserver.domain.money import Nanos

RELEASE_AFTER_S = 10
"""Beyond a bid's billing life: the owner takes a notice as timely a few seconds longer than we may."""

IDLE_S = 1.0
AHEAD_S = 1.0

MAX_HOLDS = 1_000_000
"""Bids in flight beyond this are not made: each takes some 500 bytes until it is resolved or too old."""


class LeasedPurse:
    """A `Purse`; also keeps what each bid in flight holds until it is resolved or too old to be billed."""

    def __init__(
        self, runs: Sequence[Run], numbers: Sequence[int], ceilings: Iterable[str] = ()
    ) -> None:
        """Know line items by index: their candidates, their numbers. `ceilings` names the exchanges with an hourly
        ceiling, and `all` if there is one over all.
        """
        self.funded = 0
        self.paces: list[float] = []
        """By line item index: the share of chances to take."""
        self.hold_s: Mapping[str, int] = {}
        """By exchange: how long a bid needs its money; elsewhere as long as it may be billed."""
        self.good_until = inf
        """By the steady clock: without another word of the owner there are no bids after this."""
        self.ahead_s = AHEAD_S
        """So long a lease should last at least, as things go."""
        self._keys: dict[int, Lease] = {}
        self._index: dict[int, int] = {}
        self._leases: list[Lease] = []
        self._low: set[Lease] = set()
        self._holds = Holds()
        self._in_flight = self._holds.of_bid
        self.exposed_soon = self._holds.exposed_soon
        self._places: dict[tuple[int, str], Places] = {}
        """By line item and exchange, shared by all holds since a pot changed last."""
        self._back: Counter[int] = Counter()
        """By pot: to be returned when the owner is next spoken to."""
        self._suspended = self._draining = False
        self._next_end_s = 0.0
        self._over_all: tuple[Lease, ...] = ()
        self._over: dict[str, tuple[Lease, ...]] = {}
        """By exchange: the ceilings that apply; `_over_all` where it has none of its own."""
        self.switch(runs, numbers, ceilings)

    def switch(
        self, runs: Sequence[Run], numbers: Sequence[int], ceilings: Iterable[str] = ()
    ) -> None:
        """Follow a new snapshot: leases stay with their line items, whatever their index is now."""
        names = {name: ceiling_key(name) for name in ceilings}
        wanted = {*numbers, *names.values()}
        paces = {lease.key: pace for lease, pace in zip(self._leases, self.paces, strict=True)}
        for key in [key for key in self._keys if key not in wanted]:
            self._empty(self._keys.pop(key))
        self._places.clear()
        self._leases = [self._lease(number) for number in numbers]
        self._index = {number: index for index, number in enumerate(numbers)}
        self.paces = [paces.get(number, 1.0) for number in numbers]
        by_name = {name: self._lease(key) for name, key in names.items()}
        self._over_all = (by_name.pop(EVERYWHERE),) if EVERYWHERE in by_name else ()
        self._over = {name: (lease, *self._over_all) for name, lease in by_name.items()}
        for lease, run in zip(self._leases, runs, strict=True):
            lease.run = run
        self._refund()

    # --- while deciding ---

    def claim(self, line_item: int, exchange: str, amount: Nanos) -> bool:
        """Take the amount from the line item's lease and the ceilings', or take nothing."""
        if len(self._in_flight) >= MAX_HOLDS:
            return False
        lease = self._leases[line_item]
        if lease.free < amount:
            if not lease.starve(amount):
                self._unfund(lease)
            return False
        places = self._over.get(exchange, self._over_all)
        for place in places:
            if place.free < amount:
                self._low.add(place)
                return False
        for place in places:
            place.free -= amount
            if place.free < place.low:
                self._low.add(place)
        lease.free = free = lease.free - amount
        if free < lease.low:
            self._low.add(lease)
            if not free:
                self._unfund(lease)
        return True

    def hold(
        self, bid: bytes, line_item: int, exchange: str, amount: Nanos, until_s: int, held_s: int = 0
    ) -> None:  # fmt: skip
        """Remember for which bid a claim was; `until_s` ends its billing life, `held_s` (0: the same) what it holds."""
        lease = self._leases[line_item]
        places = self._places.get((line_item, exchange))
        if places is None:
            above = self._over.get(exchange, self._over_all)
            places = tuple([(each, each.pot) for each in (lease, *above)])
            self._places[line_item, exchange] = places
        life_s = until_s + RELEASE_AFTER_S
        ends_s = (held_s or until_s) + RELEASE_AFTER_S
        self._holds.add(bid, Hold(ends_s, amount, places, life_s))

    def put_back(self, line_item: int, exchange: str, amount: Nanos) -> None:
        """Undo a claim whose bid was not sent."""
        for lease in (self._leases[line_item], *self._over.get(exchange, self._over_all)):
            self._credit(lease, lease.pot, amount)

    def left(self, line_item: int) -> Nanos:
        """Return what a line item's lease has free, nanos."""
        return self._leases[line_item].free

    def covers(self, exchange: str, amount: Nanos) -> bool:
        """Tell whether the ceilings leave so much for this exchange now."""
        return all(lease.free >= amount for lease in self._over.get(exchange, self._over_all))

    # --- what the owner says ---

    def granted(self, key: int, pot: int, amount: Nanos, until_s: int, now_s: float) -> None:
        """Take in a grant; one for a line item that is no longer ours goes straight back."""
        lease = self._keys.get(key)
        if lease is None:
            self._back[pot] += amount
            return
        if lease.pot != pot:
            self._places.clear()
            if lease.pot:
                self._empty(lease)
        amount += self._back.pop(pot, 0)
        lease.grant(pot, amount, until_s, now_s)
        self._low.discard(lease)  # claims that failed while this was under way are answered by it
        self._next_end_s = min(self._next_end_s, until_s - MARGIN_S)
        self._fund(lease)

    def resolved(self, bid: bytes, charged: Nanos) -> None:
        """End a hold: what was not charged is free again. A bid unknown here was held by nobody."""
        hold = self._holds.end(bid)
        if hold is not None:
            self._release(hold, charged)

    def recall(self, pots: Iterable[int]) -> None:
        """Give back half of what is free in these pots when the owner is next spoken to: another worker has none. What
        is too little for a bid goes back whole.
        """
        wanted = set(pots)
        for lease in self._keys.values():
            if lease.pot in wanted and lease.free > 0:
                bits = lease.run.bits
                part = lease.free if bits and not self.funded & bits else lease.free // 2
                self._give_back(lease, part)

    def pace(self, multipliers: Mapping[int, float]) -> None:
        """Take in paces by line item number."""
        for number, value in multipliers.items():
            index = self._index.get(number)
            if index is not None:
                self.paces[index] = value

    def expire(self, now_s: float) -> None:
        """Let old holds go and leave closing windows; called several times a second."""
        for hold in self._holds.expire(now_s):
            self._release(hold, 0)
        if now_s < self._next_end_s:
            return
        for lease in self._keys.values():
            if lease.pot and now_s >= lease.until_s - MARGIN_S:
                self._empty(lease)
        ends = (lease.until_s - MARGIN_S for lease in self._keys.values() if lease.pot)
        self._next_end_s = min(ends, default=now_s + IDLE_S)

    def dues(self, now_s: float) -> tuple[Ask | None, Return | None]:
        """Return what to ask the owner for and what to give back; it counts as sent."""
        wants, least = [], {}
        if not self._suspended:
            for lease in self._low:
                if not lease.asked:
                    lease.asked = True
                    wants.append((lease.key, lease.want(now_s, self.ahead_s)))
                    if lease.free < lease.least:
                        least[lease.key] = lease.least
                        self._give_back(lease, lease.free)
            self._low.clear()
        amounts, self._back = tuple(self._back.items()), Counter()
        ask = Ask(tuple(wants), least) if wants else None
        return ask, Return(amounts) if amounts else None

    def suspend(self) -> None:
        """Bid no more: the owner has not been heard of for too long, or the worker drains."""
        if not self._suspended:
            self._suspended = True
            self._refund()

    def renew(self, good_until: float) -> None:
        """Go on until then, by the steady clock."""
        self.good_until = good_until
        if self._suspended and not self._draining:
            self._suspended = False
            self._refund()

    def drain(self) -> None:
        """Stop for good and hand back all that no bid holds when the owner is next spoken to."""
        self._draining = True
        self.suspend()
        for lease in self._keys.values():
            self._empty(lease)

    def hello(self, slot: int, pid: int, lease: int, stamp_s: float = 0.0) -> Hello:
        """Return what to say to the owner after a break: all that we believe to have."""
        believed = Counter(self._back)
        for own in self._keys.values():
            if own.pot:
                believed[own.pot] += own.free
        for hold in self._holds:
            for _, pot in hold.places:
                believed[pot] += hold.amount
        return Hello(slot, pid, lease, tuple(believed.items()), self._holds.bids(), stamp_s)

    def resume(self, *, fresh: bool) -> None:
        """Go on after a break; with a fresh lease nothing of the old one is ours any more."""
        self._suspended = self._draining
        for lease in self._keys.values():
            lease.asked = False
            if fresh:
                lease.empty()
            if lease.free <= lease.low:
                self._low.add(lease)
        if fresh:
            self._holds.clear()
            self._places.clear()
            self._back.clear()
        self._refund()

    def clock_set(self, by_s: int) -> None:
        """Follow a clock that was set by so many seconds: what bids hold they hold as long as before, or longer."""
        if by_s < 0:
            for lease in self._keys.values():  # its window may begin in what is the future now
                self._empty(lease)
            return
        self._holds.clock_set_forward(by_s)

    def _give_back(self, lease: Lease, amount: Nanos) -> None:
        if amount:
            lease.free -= amount
            self._back[lease.pot] += amount

    def _lease(self, key: int) -> Lease:
        found = self._keys.get(key)
        if found is None:
            found = self._keys[key] = Lease(key)
            self._low.add(found)
        return found

    def _release(self, hold: Hold, charged: Nanos) -> None:
        for lease, pot in hold.places:
            self._credit(lease, pot, hold.amount - charged)

    def _credit(self, lease: Lease, pot: int, amount: Nanos) -> None:
        if lease.pot == pot:
            lease.free += amount
            self._fund(lease)
        else:
            self._back[pot] += amount

    def _empty(self, lease: Lease) -> None:
        self._unfund(lease)
        self._places.clear()
        pot, free = lease.empty()
        if free:
            self._back[pot] += free

    def _fund(self, lease: Lease) -> None:
        if lease.free > 0 and lease.free >= lease.least and not self._suspended:
            lease.least = 0
            self.funded |= lease.run.bits

    def _unfund(self, lease: Lease) -> None:
        self._low.add(lease)
        self.funded &= ~lease.run.bits

    def _refund(self) -> None:
        runs = [each.run for each in self._leases if each.free > 0 and not self._suspended]
        size = max((run.indices.stop for run in runs), default=0)
        self.funded = bits((index for run in runs for index in run.indices), size)
