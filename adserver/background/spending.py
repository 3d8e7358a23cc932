"""What one worker may spend without asking: leases in memory, claimed from while deciding."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from adserver.background.holds import Hold, Holds, Places
from adserver.background.leases import Lease
from adserver.domain.bits import Run, bits
from adserver.domain.budget import EVERYWHERE, ceiling_key
from adserver.domain.money import Nanos

RELEASE_AFTER_S = 10
"""Beyond the end of what a bid holds: the owner takes a notice as timely a few seconds longer than we may."""
MAX_HOLDS = 1_000_000
"""Bids in flight beyond this are not made: each takes some 500 bytes until it is resolved or too old."""


class Spending:
    """Claims from leases, and what each bid in flight holds until it is resolved or the owner lets go of it."""

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
        self._keys: dict[int, Lease] = {}
        self._index: dict[int, int] = {}
        self._leases: list[Lease] = []
        self._low: dict[Lease, None] = {}
        """In the order in which they became low."""
        self._short: dict[Lease, None] = {}
        """Credited with less than they need."""
        self._holds = Holds()
        self._in_flight = self._holds.of_bid
        self.exposed = self._holds.exposed
        """By key: the full price of bids that hold nothing any more and may still be billed."""
        self._places: dict[tuple[int, str], Places] = {}
        """By line item and exchange, shared by all holds since a pot changed last."""
        self._back: Counter[int] = Counter()
        """By pot: to be returned when the owner is next spoken to."""
        self._suspended = False
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
        by_name = {name: self._lease(key) for name, key in names.items()}  # asked for before others
        self._leases = [self._lease(number) for number in numbers]
        self._index = {number: index for index, number in enumerate(numbers)}
        self.paces = [paces.get(number, 1.0) for number in numbers]
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
                self._low[place] = None
                return False
        for place in places:
            place.free -= amount
            place.taken += amount
            if place.free < place.low:
                self._low[place] = None
        lease.price = amount
        lease.taken += amount
        lease.free = free = lease.free - amount
        if free < lease.low:
            self._low[lease] = None
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

    def _give_back(self, lease: Lease, amount: Nanos) -> None:
        if amount:
            lease.free -= amount
            self._back[lease.pot] += amount

    def _lease(self, key: int) -> Lease:
        found = self._keys.get(key)
        if found is None:
            found = self._keys[key] = Lease(key)
            self._low[found] = None
        return found

    def _release(self, hold: Hold, charged: Nanos) -> None:
        for lease, pot in hold.places:
            self._credit(lease, pot, hold.amount - charged)

    def _credit(self, lease: Lease, pot: int, amount: Nanos) -> None:
        if lease.pot != pot:
            self._back[pot] += amount
        elif pot:
            lease.free += amount
            self._fund(lease)

    def _empty(self, lease: Lease) -> None:
        self._unfund(lease)
        self._places.clear()
        pot, free = lease.empty()
        if free:
            self._back[pot] += free

    def _fund(self, lease: Lease) -> None:
        if lease.free < lease.least:
            self._short[lease] = None
        elif lease.free > 0 and not self._suspended:
            lease.least = 0
            self.funded |= lease.run.bits

    def _unfund(self, lease: Lease) -> None:
        self._low[lease] = None
        self.funded &= ~lease.run.bits

    def _refund(self) -> None:
        runs = [each.run for each in self._leases if each.free > 0 and not self._suspended]
        size = max((run.indices.stop for run in runs), default=0)
        self.funded = bits((index for run in runs for index in run.indices), size)
