"""A worker's purse: what it spends from without asking, what it asks the owner for, and what the owner says."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from math import inf

from adserver.background.clock_watch import TOLERANCE_S
from adserver.background.leases import MARGIN_S, Lease
from adserver.background.money_messages import Release
from adserver.background.protocol import Ask, Hello, Return
from adserver.background.spending import RELEASE_AFTER_S, Spending
from adserver.domain.bits import Run
from adserver.domain.money import Nanos

IDLE_S = 1.0
AHEAD_S = 1.0
LOOK_S = 0.3
"""A decision so long after the last look looks again: less than `MARGIN_S`."""


class LeasedPurse(Spending):
    """A `Wallet`."""

    def __init__(
        self, runs: Sequence[Run], numbers: Sequence[int], ceilings: Iterable[str] = ()
    ) -> None:
        """As `Spending`."""
        self.good_until = inf
        """By the steady clock: no decision after this without another look."""
        self._term_until = inf
        """By the steady clock: without another word of the owner there are no bids after this."""
        self.least_apart_s, self.most_apart_s = -inf, inf
        """So far the wall clock is ahead of the steady one while nobody sets it: no decision without a look elsewhere."""
        self.ahead_s = AHEAD_S
        """So long a lease should last at least, as things go."""
        self._told: dict[int, Nanos] | None = None
        """What the owner knows of what is exposed; `None`: nothing for sure."""
        self._draining = False
        self._rests: dict[Lease, None] = {}
        """Leases with less than a bid, as all that there was."""
        super().__init__(runs, numbers, ceilings)

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
        self._low.pop(lease, None)  # claims that failed while this was under way are answered by it
        if lease.partial:
            self._rests[lease] = None
        self._next_end_s = min(self._next_end_s, until_s - MARGIN_S)
        self._fund(lease)

    def resolved(self, bid: bytes, charged: Nanos) -> None:
        """End a hold: what was not charged is free again. A bid unknown here was held by nobody."""
        hold = self._holds.end(bid)
        if hold is not None:
            self._release(hold, charged)

    def recall(self, pots: Iterable[int], now_s: float) -> None:
        """Give back a part of what is free in these pots when the owner is next spoken to: another worker has none. What
        is too little for a bid goes back whole.
        """
        wanted = set(pots)
        for lease in self._keys.values():
            if lease.pot in wanted and lease.free > 0:
                bits = lease.run.bits
                if not bits:  # a ceiling, which pays for all kinds of bids
                    part = lease.free // 2
                elif self.funded & bits:
                    part = lease.part(now_s)
                else:
                    part = lease.free
                self._give_back(lease, part)

    def pace(self, multipliers: Mapping[int, float]) -> None:
        """Take in paces by line item number."""
        for number, value in multipliers.items():
            index = self._index.get(number)
            if index is not None:
                self.paces[index] = value

    def released(self, until_s: int) -> None:
        """Let go of what bids hold until then: the owner has told of all that they were charged."""
        for hold in self._holds.release(until_s + RELEASE_AFTER_S):
            self._release(hold, 0)

    # --- now and then ---

    def look(self, steady_s: float, now_s: float) -> None:
        """See whether we may bid, and with what, where nobody has for a while, or the clock was set."""
        if self.least_apart_s < now_s - steady_s < self.most_apart_s:
            self.follow(steady_s, now_s)
        else:
            self.suspend()  # until somebody has seen to it that the clock was set

    def follow(self, steady_s: float, now_s: float) -> None:
        """See whether we may bid, and with what, by clocks that are as they should; called many times a second."""
        self.least_apart_s = now_s - steady_s - TOLERANCE_S
        self.most_apart_s = now_s - steady_s + TOLERANCE_S
        if steady_s > self._term_until:
            self.suspend()
        self.leave(now_s)
        self.good_until = min(self._term_until, steady_s + LOOK_S)

    def leave(self, now_s: float) -> None:
        """Leave windows that close."""
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
        for lease in [each for each in self._rests if each.ask_again(now_s)]:
            del self._rests[lease]
        if not self._suspended:
            for lease in self._low:
                if not lease.asked:
                    lease.asked = True
                    wants.append((lease.key, lease.want(now_s, self.ahead_s)))
                    if lease.free < lease.least:
                        least[lease.key] = lease.least
                if lease.free < lease.least:
                    self._give_back(lease, lease.free)
            self._low.clear()
        amounts, self._back = tuple(self._back.items()), Counter()
        ask = Ask(tuple(wants), least) if wants else None
        return ask, Return(amounts) if amounts else None

    def gather(self, now_s: float) -> None:
        """See to what goes unnoticed while deciding, once a second.

        What bids let go of goes back if it is too little for another while more is asked for: it may be enough with what
        others have. And where the owner may be without its ledger for a while, more is asked for if what is free would
        not last without what bids let go of.
        """
        if self.ahead_s > AHEAD_S:
            for places in self._places.values():
                for lease, _ in places:
                    if lease.is_thin(now_s, self.ahead_s):
                        self._low[lease] = None
        for lease in self._short:
            if lease.free < lease.least:
                self._give_back(lease, lease.free)
        self._short.clear()

    def releases(self, now_s: float) -> Release | None:
        """Return what to tell the owner of holds that end, if there is any news; it counts as told."""
        self._holds.fade(now_s)
        until_s = self._holds.due(now_s)
        exposed = self._holds.exposing(until_s)
        if not until_s and exposed == self._told:
            return None
        self._told = exposed
        return Release(max(0, until_s - RELEASE_AFTER_S), exposed)

    def suspend(self) -> None:
        """Bid no more: the owner has not been heard of for too long, or what we said is not answered yet."""
        if not self._suspended:
            self._suspended = True
            self._refund()

    def renew(self, until: float) -> None:
        """Go on until then, by the steady clock."""
        self._term_until = until
        self.good_until = min(self.good_until, until)
        self.go_on()

    def go_on(self) -> None:
        """Bid again, while our time is not over."""
        if self._suspended and not self._draining:
            self._suspended = False
            self._refund()

    def drain(self) -> None:
        """Stop for good and hand everything back."""
        self._draining = True
        self.hand_back()

    def hand_back(self) -> None:
        """Bid no more, and hand back all that no bid holds when the owner is next spoken to."""
        self.suspend()
        for lease in self._keys.values():
            self._empty(lease)

    def hello(self, slot: int, pid: int, lease: int, stamp_s: float = 0.0) -> Hello:
        """Return what to say to the owner after a break: all that we believe to have."""
        believed = Counter(self._back)
        for own in self._keys.values():
            if own.pot:
                believed[own.pot] += own.free
        believed += self._holds.by_pot()
        return Hello(slot, pid, lease, tuple(believed.items()), self._holds.bids(), stamp_s)

    def resume(self, *, fresh: bool) -> None:
        """Go on after a break; with a fresh lease nothing of the old one is ours any more."""
        self._suspended = self._draining
        for lease in self._keys.values():
            lease.asked = False
            if fresh:
                lease.empty()
            if lease.free <= lease.low:
                self._low[lease] = None
        self._told = None
        if fresh:
            self._holds.clear()
            self._places.clear()
            self._back.clear()
        self._refund()
