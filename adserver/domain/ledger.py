"""Money as a state machine: entries in, totals out; whatever is not in an entry never happened.

A *pot* is what a bid can be paid from: for a line item on one day, every account of its chain (line
item, insertion order, campaign, advertiser; lifetime and day each); for a ceiling, one hour. Granting
from a pot makes money *outstanding* in all its accounts, held by one worker's lease; settling moves it
to *settled*, returning it takes it back. So `settled + outstanding` of an account changes only by
grants and returns, and whoever grants no more than `headroom` can never overspend.
"""

from collections.abc import Iterable, Iterator

from adserver.domain.checkpoints import restore
from adserver.domain.entries import (
    Account,
    Adjusted,
    Alive,
    AnyEntry,
    Checkpoint,
    Closed,
    Corrected,
    Expired,
    Granted,
    Installed,
    LateLiability,
    Leased,
    Opened,
    Ordered,
    Pot,
    Quarantined,
    Released,
    Returned,
    Seen,
    Settled,
    Shifted,
    Wanted,
)
from adserver.domain.marks import SPEND, Mark
from adserver.domain.money import Nanos
from adserver.domain.totals import Totals
from adserver.domain.validity import day_of

OPEN = 0
BUDGET = 0
"""The lease of nobody: what budgets pay beside all that workers have."""
ABOVE = "above"
"""Marks, beside all kinds of notices, a bid whose price was above what we bid."""
NO_FEES = (0, 0, 0, 0)
LIFETIME = "/life"
IMPRESSION = "impression"
KEEP_WINDOWS_S = 40 * 86_400
"""Daily and hourly totals are kept this long for reports."""


class Ledger(Totals):
    """All totals; changed by `apply` only."""

    def __init__(self, entries: Iterable[AnyEntry] = ()) -> None:
        """Begin with what these entries say."""
        super().__init__()
        self.begin(entries)

    def begin(self, entries: Iterable[AnyEntry]) -> None:
        """Forget everything and begin anew with these entries."""
        self.clear()
        for entry in entries:
            self.apply(entry)

    # --- questions ---

    def account(self, name: str) -> Account:
        """Return an account's totals (live); an unknown one has none."""
        found = self.accounts.get(name)
        if found is None:
            found = self.accounts[name] = Account()
        return found

    def spent(self, name: str) -> Nanos:
        """Return what is settled in an account, nanos; late liabilities are apart."""
        return self.account(name).settled

    def outstanding(self, name: str) -> Nanos:
        """Return what is promised to leases, nanos."""
        return self.account(name).outstanding

    def headroom(self, name: str, limit: Nanos) -> Nanos:
        """Return what may still be granted; negative when late liabilities ate more than was left."""
        account = self.account(name)
        limit += self.shifted.get(name, 0)
        return limit - account.settled - account.outstanding - account.late

    def pots_at(self, key: int, at_s: float) -> Iterator[int]:
        """Yield the pots of this key whose window (half-open) holds the moment, the newest first: a line item may have
        been moved within the day.
        """
        for pot in reversed(self.pots_of.get(key, ())):
            if self.pots[pot].start_s <= at_s < self.pots[pot].end_s:
                yield pot

    def pot_at(self, key: int, at_s: float) -> int | None:
        """Return the newest of them."""
        return next(self.pots_at(key, at_s), None)

    def holds(self, lease: int, pot: int) -> Nanos:
        """Return what is outstanding in a lease from one pot."""
        return self.held.get(lease, {}).get(pot, 0)

    def has_seen(self, bid: bytes, kind: str) -> bool:
        """Tell whether this notice has been counted."""
        return _mark(bid, kind) in self.seen

    def is_marked(self, bid: bytes, kind: str) -> bool:
        """Tell whether this notice has been counted as invalid, whatever was corrected since."""
        return _mark(bid, kind) in self.marks.of_notice

    def invalid_by(self, bid: bytes, kind: str) -> str:
        """Return the rule by which this notice was counted as invalid, and still is; or nothing."""
        return self.marks.stands(_mark(bid, kind))

    def has_order(self, advertiser: str, order: bytes) -> bool:
        """Tell whether this order has been counted."""
        return (advertiser, order) in self.orders

    # --- changes ---

    def apply(self, entry: AnyEntry) -> None:  # noqa: C901, PLR0912, PLR0915 (one flat case per entry)
        """Change the totals; raises `ValueError` if the entry cannot follow those before it."""
        match entry:
            case Seen():
                self._see(entry)
            case Settled():  # and LateLiability
                self._settle(entry)
            case Granted(lease, pot, amount):
                self._move(lease, pot, amount)
            case Returned(lease, pot, amount):
                self._move(lease, pot, -amount)
            case Opened():
                self.last_pot = max(self.last_pot, entry.pot)
                self.pots[entry.pot] = Pot(entry.key, entry.accounts, entry.start_s, entry.end_s)
                self.pots_of.setdefault(entry.key, []).append(entry.pot)
            case Leased(lease, _, host):
                self.last_lease = max(self.last_lease, lease)
                self.leases[lease] = OPEN
                if host:
                    self.hosts[lease] = host
            case Closed(lease, at_s):
                self.leases[lease] = at_s
            case Expired(lease):
                for pot, amount in self.held.pop(lease, {}).items():
                    self._add(pot, outstanding=-amount)
                for known in (self.leases, self.hosts, self.released, self.exposed):
                    known.pop(lease, None)
            case Released():
                self._release(entry)
            case Ordered():
                self.orders.add((entry.advertiser, entry.order))
                if entry.line_item and entry.rule:
                    mark = Mark(entry.line_item, entry.rule, day_of(entry.at_s))
                    self.marks.count(mark, "order", 1)
                elif entry.line_item:
                    self._count(entry.line_item, "order")
            case Installed(transaction, line_item):
                self.installs.add(transaction)
                if line_item:
                    self._count(line_item, "install")
            case Corrected(correction):
                self.marks.correct(correction)
                self.books.invalid_spend.correct(correction)
            case Quarantined():
                self.quarantined += 1
                self.seen[_mark(entry.bid, ABOVE)] = entry.until_s
                self.books.claim(entry)
            case Adjusted():
                self._adjust(entry)
            case Shifted(giver, taker, amount):
                self.shifted[giver] = self.shifted.get(giver, 0) - amount
                self.shifted[taker] = self.shifted.get(taker, 0) + amount
            case Alive() | Wanted():
                pass
            case Checkpoint():
                restore(self, entry)

    def prune(self, now_s: float) -> None:
        """Forget notices whose tokens can no longer be valid, and windows long past and paid."""
        self.forgotten_s = max(self.forgotten_s, now_s)
        self.seen = {mark: until for mark, until in self.seen.items() if until >= now_s}
        self.charged = {bid: fact for bid, fact in self.charged.items() if fact[2] >= now_s}
        self.beside &= self.charged.keys()
        self.seals.prune(now_s)
        self.marks.prune(now_s, self.seen)
        self.arms.prune(now_s)
        self.books.prune(now_s)
        held = {pot for pots in self.held.values() for pot in pots}
        for number in [n for n, p in self.pots.items() if p.end_s < now_s - KEEP_WINDOWS_S]:
            if number not in held:
                self._forget(number)

    def _adjust(self, entry: Adjusted) -> None:
        if entry.number in self.adjusted:
            raise ValueError(f"correction {entry.number.hex()} is booked already")
        self.adjusted.add(entry.number)
        for pot in entry.pots:
            self._add(pot, settled=entry.total)
        self.books.adjust(entry, self.pots)
        self._book(entry)

    def _book(self, entry: Settled | Adjusted) -> None:
        media, data, tech, margin = self.entries.get(entry.line_item, NO_FEES)
        self.entries[entry.line_item] = (
            media + entry.media, data + entry.data, tech + entry.tech, margin + entry.margin,
        )  # fmt: skip

    def _settle(self, entry: Settled) -> None:
        late = isinstance(entry, LateLiability)
        total = entry.total
        if entry.bid in self.charged:
            raise ValueError(f"bid {entry.bid.hex()} is settled already")
        for pot in entry.pots:
            if late:
                self._add(pot, late=total)
            else:
                self._move(entry.lease, pot, -total)
                self._add(pot, settled=total)
        self.charged[entry.bid] = (total, () if late else entry.pots, entry.until_s)
        if not late and entry.lease == BUDGET:
            self.beside.add(entry.bid)
        if entry.bid_s:
            self.delays.count(entry.exchange, entry.at_s - entry.bid_s)
        self.seals.bill(entry.seal, entry.bid, entry.until_s)
        mark = self.marks.of_notice.get(_mark(entry.bid, IMPRESSION))
        if mark is not None:
            self._mark_spend(mark, entry.bid, 1)
        self.books.settle(entry, self.pots)
        self._book(entry)

    def _release(self, entry: Released) -> None:
        self.released[entry.lease] = max(self.released.get(entry.lease, 0), entry.until_s)
        exposed = self.exposed.setdefault(entry.lease, {}) | entry.exposed
        self.exposed[entry.lease] = {key: amount for key, amount in exposed.items() if amount}

    def _move(self, lease: int, pot: int, amount: Nanos) -> None:
        pots = self.held.setdefault(lease, {})
        held = pots.get(pot, 0) + amount
        if held < 0:
            raise ValueError(f"lease {lease} does not hold {-amount} of pot {pot}")
        if held:
            pots[pot] = held
        else:
            pots.pop(pot, None)
        self._add(pot, outstanding=amount)

    def _add(self, pot: int, settled: Nanos = 0, outstanding: Nanos = 0, late: Nanos = 0) -> None:
        for name in self.pots[pot].accounts:
            account = self.account(name)
            account.settled += settled
            account.outstanding += outstanding
            account.late += late

    def _see(self, entry: Seen) -> None:
        """Count a notice; a valid one in place of an invalid one that came before it."""
        notice = _mark(entry.bid, entry.kind)
        before = self.marks.of_notice.pop(notice, None)
        if before is not None:
            self._count_mark(entry, before, -1)
        if entry.rule:
            mark = Mark(entry.line_item, entry.rule, day_of(entry.at_s))
            self.marks.of_notice[notice] = mark
            self._count_mark(entry, mark, 1)
        else:
            self._count(entry.line_item, entry.kind)
            if entry.arms:
                self.arms.count(entry.line_item, entry.arms, entry.kind, entry.at_s)
        self.seen[notice] = entry.until_s

    def _count_mark(self, entry: Seen, mark: Mark, times: int) -> None:
        self.marks.count(mark, entry.kind, times)
        if entry.kind == IMPRESSION and entry.bid in self.charged:
            self._mark_spend(mark, entry.bid, times)

    def _mark_spend(self, mark: Mark, bid: bytes, times: int) -> None:
        total, pots, _ = self.charged[bid]
        self.marks.count(mark, SPEND, times * total)
        self.books.mark(mark, pots, self.pots, times, times * total)

    def _count(self, line_item: int, kind: str) -> None:
        self.counts[line_item, kind] = self.counts.get((line_item, kind), 0) + 1

    def _forget(self, number: int) -> None:
        pot = self.pots.pop(number)
        self.pots_of[pot.key].remove(number)
        for name in pot.accounts:
            if not name.endswith(LIFETIME) and not self.account(name).outstanding:
                self.accounts.pop(name, None)
                self.shifted.pop(name, None)


def _mark(bid: bytes, kind: str) -> bytes:
    return bid + kind.encode()
