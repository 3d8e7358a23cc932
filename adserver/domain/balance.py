"""Whether a ledger's totals agree with each other, however they came about: every sum is made twice, by two ways."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import pairwise

from adserver.domain.books import Line
from adserver.domain.entries import AnyEntry, Closed, Expired, Granted, Leased, Returned
from adserver.domain.flaws import Flaws
from adserver.domain.ledger import LIFETIME, NO_FEES, Ledger
from adserver.domain.marks import SPEND, Counts, by_line_item
from adserver.domain.money import Nanos

LENGTH_OF_DAY = len("2026-11-22")
Sums = dict[str, tuple[Nanos, Nanos]]
"""By account: settled and late."""


def faults(ledger: Ledger) -> Iterator[str]:
    """Yield a sentence for each two totals that do not agree, and for each that cannot be."""
    yield from _impossible(ledger)
    yield from _held(ledger)
    yield from _levels(ledger)
    yield from _accounts(ledger)
    if not ledger.books.opening:
        yield from _parts(ledger)


def lease_fault(ledger: Ledger, entry: AnyEntry) -> str:
    """Return what is wrong with the lease that an entry names, before it is applied; or nothing."""
    match entry:
        case Leased(lease) if lease <= ledger.last_lease and lease not in ledger.leases:
            return f"lease {lease} is given a second time"
        case Granted() | Returned() | Closed() | Expired() if (
            entry.lease
            and entry.lease not in ledger.leases  # 0: what budgets pay beside all leases
        ):
            return f"lease {entry.lease} is not known"
    return ""


def _impossible(ledger: Ledger) -> Iterator[str]:
    adjusted = _adjusted(ledger)
    for name, account in ledger.accounts.items():
        if not name.endswith(LIFETIME) and name.rpartition("/")[2] < ledger.books.days_from:
            continue  # its corrections are kept by month
        # A correction may take back what was billed late, or on a day whose account is gone: without them none can be.
        for what, amount in (
            ("billed", account.settled + account.late - adjusted[name]),
            ("late", account.late),
            ("outstanding", account.outstanding),
        ):
            if amount < 0:
                yield f"{name}: {what} is {amount} nanos, which is negative"


def _adjusted(ledger: Ledger) -> Counter[str]:
    """Return by account what corrections changed."""
    found: Counter[str] = Counter()
    for payers, key, row in ledger.books:
        for whose in payers.names:
            found[f"{whose}{LIFETIME}"] += row.adjusted
            found[f"{whose}/{key.day}"] += row.adjusted
    return found


def _held(ledger: Ledger) -> Iterator[str]:
    """Compare what accounts call outstanding with what leases hold."""
    held: Counter[str] = Counter()
    for lease, pots in ledger.held.items():
        if pots and lease and lease not in ledger.leases:
            yield f"lease {lease} holds money and is not known"
        for pot, amount in pots.items():
            if amount < 0:
                yield f"lease {lease} holds {amount} nanos of pot {pot}, which is negative"
            for name in ledger.pots[pot].accounts:
                held[name] += amount
    for name, account in ledger.accounts.items():
        if account.outstanding != held[name]:
            yield f"{name}: outstanding is {account.outstanding} nanos, and leases hold {held[name]}"


def _levels(ledger: Ledger) -> Iterator[str]:
    """Compare each account for life with the sum of those right below it."""
    if ledger.books.opening:  # not everybody who spent is in the books
        return
    above: dict[str, set[str]] = defaultdict(set)
    below: dict[str, set[str]] = defaultdict(set)
    for payers in ledger.books.payers:
        for lower, upper in pairwise(payers.names):
            above[lower].add(upper)
            below[upper].add(lower)
    # Of what has changed its place the books alone tell what it spent where.
    moved = {upper for uppers in above.values() if len(uppers) > 1 for upper in uppers}
    for upper in below.keys() - moved:
        for what in ("settled", "late"):
            has = _life(ledger, upper, what)
            summed = sum(_life(ledger, lower, what) for lower in below[upper])
            if has != summed:
                yield f"{upper}: {what} is {has} nanos, and {summed} in all that is right below it"


def _life(ledger: Ledger, name: str, what: str) -> Nanos:
    amount: Nanos = getattr(ledger.accounts.get(f"{name}{LIFETIME}"), what, 0)
    return amount


def _accounts(ledger: Ledger) -> Iterator[str]:
    """Compare accounts, for life and by day, with the sum of the books."""
    for payers, key, row in ledger.books:
        if not payers.names and row.settled:
            yield f"line item {payers.line_item}, {key.day}: {row.settled} nanos are settled and no account paid"
    sums = _sums(ledger)
    known = {name for payers in ledger.books.payers for name in payers.names}
    for name, account in ledger.accounts.items():
        whose, _, window = name.rpartition("/")
        is_day = len(window) == LENGTH_OF_DAY and window >= ledger.books.days_from
        if whose not in known or not (is_day or name.endswith(LIFETIME)):
            continue
        settled, late = sums.pop(name, (0, 0))
        if (account.settled, account.late) != (settled, late):
            yield (
                f"{name}: settled {account.settled} and late {account.late} nanos, "
                f"in the books {settled} and {late}"
            )
    for name, (settled, late) in sums.items():
        if name.endswith(LIFETIME) and (settled or late):
            yield f"{name}: no account, but {settled} settled and {late} late nanos in the books"


def _sums(ledger: Ledger) -> Sums:
    settled: Counter[str] = Counter()
    late: Counter[str] = Counter()
    for name, before in ledger.books.opening.items():
        settled[name], late[name] = before
    for payers, key, row in ledger.books:
        for whose in payers.names:
            for name in (f"{whose}{LIFETIME}", f"{whose}/{key.day}"):
                settled[name] += row.settled
                late[name] += row.late
    return {name: (settled[name], late[name]) for name in settled.keys() | late.keys()}


def _parts(ledger: Ledger) -> Iterator[str]:
    """Compare what does not hang on accounts: the parts of prices, quarantined notices, spend on invalid traffic."""
    parts: dict[int, tuple[Nanos, Nanos]] = {}
    for line in ledger.books:
        media, fees = parts.get(line.payers.line_item, (0, 0))
        parts[line.payers.line_item] = (media + _media(line), fees + _fees(line))
    for number in parts.keys() | ledger.entries.keys():
        media, *rest = ledger.entries.get(number, NO_FEES)
        if (media, sum(rest)) != parts.get(number, (0, 0)):
            yield (
                f"line item {number}: media {media} and fees {sum(rest)} nanos, "
                f"in the books {parts.get(number, (0, 0))}"
            )
    claims = sum(claim.notices for claim in ledger.books.claims.values())
    if claims != ledger.quarantined:
        yield f"{ledger.quarantined} notices are quarantined, {claims} in the books"
    sides: tuple[tuple[str, Counts, Flaws], ...] = (
        ("invalid", ledger.marks.invalid, ledger.books.invalid_spend.invalid),
        ("restored", ledger.marks.restored, ledger.books.invalid_spend.restored),
    )
    for what, counts, flaws in sides:
        marked = {n: amount for (n, kind), amount in by_line_item(counts).items() if kind == SPEND}
        booked: Counter[int] = Counter()
        for key, flaw in flaws.items():
            booked[key.line_item] += flaw.spend
        for number in marked.keys() | booked.keys():
            if marked.get(number, 0) != booked[number]:
                yield (
                    f"line item {number}: {marked.get(number, 0)} nanos are {what}, "
                    f"{booked[number]} in the books"
                )


def _media(line: Line) -> Nanos:
    return line.row.media + line.row.adjusted_media


def _fees(line: Line) -> Nanos:
    row = line.row
    return row.data + row.tech + row.margin + row.adjusted_fees
