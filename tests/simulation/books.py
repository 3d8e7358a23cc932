"""The judge's own books: plain dictionaries, kept by hand from what became durable, and what must hold at each entry."""

from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import datetime
from itertools import chain
from typing import NamedTuple
from zoneinfo import ZoneInfo

from adserver.domain.campaign import Budget, Catalog
from adserver.domain.entries import (
    AnyEntry,
    Checkpoint,
    Closed,
    Expired,
    Granted,
    LateLiability,
    Leased,
    Opened,
    Quarantined,
    Released,
    Returned,
    Seen,
    Settled,
    Shifted,
)
from tests.simulation.campaigns import CEILINGS

Complain = Callable[[str, str], None]
"""Called with the number of an invariant and what happened."""
BUDGET = 0
"""The lease of nobody: what budgets pay beside all that workers have."""
COMMITS = 2
"""A catalog from before is in force until so many commits of its host succeeded: grants may have waited for them."""


class Limits:
    """What may be spent in an account, and whose it is, read from the campaigns once more."""

    def __init__(self, catalog: Catalog) -> None:
        self.budgets: dict[str, Budget] = {}
        self.chains: dict[int, tuple[str, ...]] = {}
        self.zones: dict[int, ZoneInfo] = {}
        for shop in catalog.advertisers:
            self.budgets[f"advertiser/{shop.id}"] = shop.budget
            for campaign in shop.campaigns:
                self.budgets[f"campaign/{campaign.id}"] = campaign.budget
                for order in campaign.insertion_orders:
                    self.budgets[f"insertion_order/{order.id}"] = order.budget
                    for item in order.line_items:
                        self.budgets[f"line_item/{item.id}"] = item.budget
                        self.zones[item.number] = ZoneInfo(shop.timezone)
                        self.chains[item.number] = (
                            f"line_item/{item.id}", f"insertion_order/{order.id}",
                            f"campaign/{campaign.id}", f"advertiser/{shop.id}",
                        )  # fmt: skip

    def of(self, account: str) -> int | None:
        """Return the limit of an account, nanos."""
        owner, window = account.rsplit("/", 1)
        if owner == "all":
            return CEILINGS["all"]
        if owner.startswith("exchange/"):
            return CEILINGS[owner.removeprefix("exchange/")]
        budget = self.budgets[owner]
        return budget.lifetime if window == "life" else budget.daily

    def accounts(self, line_item: int, start_s: int) -> set[str]:
        """Return where a line item's spend must count on the day that begins then."""
        day = datetime.fromtimestamp(start_s, self.zones[line_item]).date().isoformat()
        return {f"{name}/{part}" for name in self.chains[line_item] for part in ("life", day)}


class Promise(NamedTuple):
    """What was bid, as far as the books are concerned."""

    line_item: int
    lease: int
    reserved: int
    billable: str


class Books:
    """Totals and facts, in the order in which they became durable."""

    def __init__(self, catalog: Catalog, complain: Complain) -> None:
        self.settled: defaultdict[str, int] = defaultdict(int)
        self.outstanding: defaultdict[str, int] = defaultdict(int)
        self.late: defaultdict[str, int] = defaultdict(int)
        self.shifted: defaultdict[str, int] = defaultdict(int)
        """By account: what it got from others of its insertion order, or gave."""
        self.pots: dict[int, Opened] = {}
        self.held: defaultdict[tuple[int, int], int] = defaultdict(int)
        """By lease and pot."""
        self.leases: dict[int, float | None] = {}
        """When it was closed, by the true time; nothing while it is open."""
        self.released: defaultdict[int, int] = defaultdict(int)
        """By lease: bids that held money until then, or shorter, hold nothing any more."""
        self.exposed: defaultdict[tuple[int, int], int] = defaultdict(int)
        """By lease and line item: the bound that the log tells on what may still be billed of those."""
        self.highest_lease = 0
        self.charged: dict[bytes, Settled] = {}
        self.quarantined: set[bytes] = set()
        self.seen: set[tuple[bytes, str]] = set()
        self.promises: dict[bytes, Promise] = {}
        self.now: Callable[[], float] = lambda: 0.0
        self.late_entry: Callable[[LateLiability], None] = lambda _: None
        self.settled_entry: Callable[[Settled], None] = lambda _: None
        self.entries = 0
        self._levels = Limits(catalog)
        """Who belongs to whom: budgets are edited, that is not."""
        self._limits: defaultdict[str, list[Limits]] = defaultdict(list)
        """In force, by host, the latest first: each decides by the campaigns that it loaded itself."""
        self._commits: Counter[str] = Counter()
        self._complain = complain

    def follow(self, host: str, catalog: Catalog) -> None:
        """A host's owner has these campaigns from now on."""
        self._limits[host].insert(0, Limits(catalog))
        self._commits[host] = 0

    def committed(self, host: str) -> None:
        """A commit of this host succeeded."""
        self._commits[host] += 1
        if self._commits[host] >= COMMITS:
            del self._limits[host][1:]

    def limit(self, account: str) -> int | None:
        """Return the highest limit that was in force a moment ago; none if one of them was."""
        limits = [each.of(account) for each in chain.from_iterable(self._limits.values())]
        known = [each for each in limits if each is not None]
        return max(known) if len(known) == len(limits) else None

    def total(self, bid: bytes) -> int:
        """Return what a bid's lease paid, nanos; nothing if it was billed late."""
        entry = self.charged.get(bid)
        return entry.total if _is_paid_by_lease(entry) and entry is not None else 0

    def take(self, entry: AnyEntry) -> None:  # noqa: C901, PLR0912 (one flat case per entry)
        """Book an entry, and complain of what must not be."""
        self.entries += 1
        match entry:
            case Seen():
                self.seen.add((entry.bid, entry.kind))
            case LateLiability():
                self._bill(entry)
                for pot in entry.pots:
                    for account in self.pots[pot].accounts:
                        self.late[account] += entry.total
                self.late_entry(entry)
            case Settled():
                self._bill(entry)
                if not entry.pots or self.pots[entry.pots[0]].key != entry.line_item:
                    self._complain("I3", f"bid {entry.bid.hex()} is paid by {entry.pots}")
                for pot in entry.pots:
                    self._hold(entry.lease, pot, -entry.total)
                    for account in self.pots[pot].accounts:
                        self.settled[account] += entry.total
                self.settled_entry(entry)
            case Granted(lease, pot, amount):
                self._hold(lease, pot, amount)
                self._check_budgets(entry)
            case Returned(lease, pot, amount):
                self._hold(lease, pot, -amount)
            case Opened():
                self._open(entry)
            case Leased(lease):
                if lease not in self.leases and lease <= self.highest_lease:
                    self._complain("I10", f"lease {lease} came again after it had ended")
                self.highest_lease = max(self.highest_lease, lease)
                self.leases[lease] = None
            case Closed(lease):
                if (
                    self.leases.get(lease) is None
                ):  # its time alone may change later: the clock was set
                    self.leases[lease] = self.now()
            case Expired(lease):
                for (whose, pot), amount in list(self.held.items()):
                    if whose == lease:
                        self._hold(lease, pot, -amount)
                del self.leases[lease]
                for whose, key in list(self.exposed):
                    if whose == lease:
                        del self.exposed[whose, key]
            case Released(lease, until_s, exposed):
                if until_s and self.leases.get(lease, 0.0) is not None:
                    self._complain("I10", f"lease {lease} is not open, and let go of money")
                self.released[lease] = max(self.released[lease], until_s)
                for key, amount in exposed.items():
                    self.exposed[lease, key] = amount
            case Quarantined():
                self.quarantined.add(entry.bid)
            case Shifted(giver, taker, amount):
                self.shifted[giver] -= amount
                self.shifted[taker] += amount
                self._check_shift(giver, taker)
            case Checkpoint():
                self._complain("I5", "a checkpoint in the middle of the log")

    def _bill(self, entry: Settled) -> None:
        promise = self.promises.get(entry.bid)
        name = entry.bid.hex()
        if promise is None:
            self._complain("I3", f"{name} was billed and never bid")
        elif entry.bid in self.charged:
            self._complain("I3", f"{name} was charged twice")
        elif entry.kind != promise.billable or entry.total > promise.reserved:
            self._complain("I3", f"{name}: {entry.kind} for {entry.total} of {promise}")
        elif entry.line_item != promise.line_item or entry.lease not in {BUDGET, promise.lease}:
            self._complain("I3", f"{name} was charged to another: {entry} {promise}")
        self.charged[entry.bid] = entry

    def _hold(self, lease: int, pot: int, amount: int) -> None:
        self.held[lease, pot] += amount
        if self.held[lease, pot] < 0:
            self._complain("I1", f"lease {lease} gave more than it had of pot {pot}")
        if not self.held[lease, pot]:
            del self.held[lease, pot]
        for account in self.pots[pot].accounts:
            self.outstanding[account] += amount

    def _check_budgets(self, entry: Granted) -> None:
        if entry.lease != BUDGET and self.leases.get(entry.lease, 0.0) is not None:
            self._complain("I1", f"lease {entry.lease} is not open and was granted {entry.amount}")
        for account in self.pots[entry.pot].accounts:
            limit = self.limit(account)
            used = self.settled[account] + self.outstanding[account]
            if limit is not None and used > limit + self.shifted[account]:
                self._complain("I1", f"{account}: {used} of {limit}")

    def _check_shift(self, giver: str, taker: str) -> None:
        """Budget moves among line items for one window; their sum stays what it was, and nobody gives what it used."""
        names, windows = zip(*(each.rsplit("/", 1) for each in (giver, taker)), strict=True)
        order = {owners[1] for owners in self._levels.chains.values() if owners[0] in names}
        if windows[0] != windows[1] or len(order) != 1:
            self._complain("I1", f"budget moved from {giver} to {taker}")

    def _open(self, entry: Opened) -> None:
        self.pots[entry.pot] = entry
        levels = self._levels
        if entry.key in levels.chains and set(entry.accounts) != levels.accounts(
            entry.key, entry.start_s
        ):
            self._complain("I1", f"pot {entry.pot} counts in {entry.accounts}")


def _is_paid_by_lease(entry: Settled | None) -> bool:
    return entry is not None and not isinstance(entry, LateLiability) and entry.lease != BUDGET
