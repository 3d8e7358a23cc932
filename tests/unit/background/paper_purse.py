"""A worker's purse kept by hand: the oracle of `LeasedPurse`."""

from collections import Counter, defaultdict

from adserver.background.leases import AGAIN_S, MARGIN_S
from adserver.domain.budget import ceiling_key

ITEMS = (71, 72, 73)
CEILINGS = {name: ceiling_key(name) for name in ("north", "all")}
NOBODY = 0


class Paper:
    """A few columns by key."""

    def __init__(self) -> None:
        self.items = [*ITEMS[:2]]
        self.free: Counter[int] = Counter()
        self.pot: Counter[int] = Counter()
        self.until_s: Counter[int] = Counter()
        self.back: Counter[int] = Counter()
        self.least: Counter[int] = Counter()
        """The cheapest claim that failed; more than that is needed to bid again."""
        self.partial: dict[int, float] = {}
        """Keys that got less than they needed, and when: it is for whatever is cheaper."""
        self.price: Counter[int] = Counter()
        self.came_s: defaultdict[int, float] = defaultdict(float)
        self.funded: set[int] = set()
        self.suspended = False
        self.holds: dict[bytes, tuple[int, int, list[tuple[int, int]]]] = {}
        """By bid: until when, how much, and the keys with the pots that it is from."""

    def keys(self) -> list[int]:
        """Return the keys that it has: its line items and the ceilings."""
        return [*self.items, *CEILINGS.values()]

    def above(self, exchange: str) -> list[int]:
        """Return the ceilings over an exchange."""
        return [CEILINGS[name] for name in (exchange, "all") if name in CEILINGS]

    def fund(self, key: int) -> None:
        """Let a key bid, if it has anything."""
        if self.free[key] > 0 and self.free[key] >= self.least[key] and not self.suspended:
            self.least[key] = 0
            self.funded.add(key)

    def refund(self) -> None:
        """Let those bid who have anything."""
        self.funded = {key for key in self.keys() if self.free[key] > 0 and not self.suspended}

    def empty(self, key: int) -> None:
        """Give up a pot: what is free of it goes back."""
        self.back[self.pot[key]] += self.free[key]
        self.free[key] = self.pot[key] = self.until_s[key] = self.least[key] = 0
        self.funded.discard(key)
        self.partial.pop(key, None)

    def grant(self, key: int, pot: int, amount: int, until_s: int, now_s: float) -> None:
        """Take in money for a key."""
        if key not in self.keys():
            self.back[pot] += amount
            return
        if self.pot[key] not in {0, pot}:
            self.empty(key)
        self.pot[key], self.until_s[key] = pot, until_s
        self.free[key] += amount + self.back.pop(pot, 0)
        self.partial.pop(key, None)
        self.came_s[key] = now_s
        if self.free[key] < self.least[key]:
            self.partial[key] = now_s
        self.least[key] = 0
        self.fund(key)

    def claim(self, key: int, exchange: str, amount: int) -> bool:
        """Take from a key and all ceilings, or from none."""
        if self.free[key] < amount:
            self.price[key] = amount
            if key not in self.partial:
                self.least[key] = min(self.least[key] or amount, amount)
                self.funded.discard(key)
            return False
        if any(self.free[above] < amount for above in self.above(exchange)):
            return False
        self.price[key] = amount
        for each in (key, *self.above(exchange)):
            self.free[each] -= amount
        if not self.free[key]:
            self.funded.discard(key)
        return True

    def credit(self, key: int, pot: int, amount: int) -> None:
        """Free money where it came from, or give it back if that pot was left."""
        if key in self.keys() and self.pot[key] == pot:
            self.free[key] += amount
            self.fund(key)
        else:
            self.back[pot] += amount

    def end(self, bid: bytes, charged: int = 0) -> None:
        """End a hold."""
        _, amount, places = self.holds.pop(bid)
        for key, pot in places:
            self.credit(key, pot, amount - charged)

    def expire(self, now_s: int) -> None:
        """End what is due, leave the windows that close."""
        for bid in [bid for bid, (until_s, _, _) in self.holds.items() if until_s < now_s]:
            self.end(bid)
        for key in self.keys():
            if self.pot[key] and now_s >= self.until_s[key] - MARGIN_S:
                self.empty(key)

    def recall(self, pots: set[int], now_s: float) -> None:
        """Give half of what is free back, all of it where it is too little for a bid; what is one bid's is kept for a while."""
        for key in self.keys():
            if self.pot[key] in pots:
                part = self.free[key] // 2
                if key in self.items:
                    price, young = self.price[key], now_s - self.came_s[key] < AGAIN_S
                    if key not in self.funded or not price:
                        part = self.free[key]
                    elif part < price:
                        part = 0 if young and price <= self.free[key] else self.free[key]
                self.free[key] -= part
                self.back[self.pot[key]] += part

    def ask_again(self, now_s: float) -> None:
        """Take what was too little long ago for too little once more."""
        self.partial = {key: at for key, at in self.partial.items() if now_s - at < AGAIN_S}

    def starve(self, key: int, least: int) -> None:
        """Give back all that is too little for a bid, while more is asked for."""
        assert self.least[key] == least > self.free[key]
        self.back[self.pot[key]] += self.free[key]
        self.free[key] = 0

    def switch(self, items: tuple[int, ...]) -> None:
        """Follow a snapshot; what bids of a line item that went still hold goes back when they end."""
        for gone in set(self.items) - set(items):
            self.empty(gone)
            self.price.pop(gone, None)
            for bid, (until_s, amount, places) in self.holds.items():
                kept = [(NOBODY if key == gone else key, pot) for key, pot in places]
                self.holds[bid] = (until_s, amount, kept)
        self.items = list(items)
        self.refund()

    def believed(self) -> Counter[int]:
        """By pot: all that was granted and is not gone."""
        found = Counter(self.back)
        for key in self.keys():
            found[self.pot[key]] += self.free[key]
        for _, amount, places in self.holds.values():
            for _, pot in places:
                found[pot] += amount
        return +found
