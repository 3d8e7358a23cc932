"""What our own books have, grouped as an exchange groups its report."""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from adserver.commands.ledger.exchange_file import By
from adserver.domain.book_rows import Payers
from adserver.domain.books import Books
from adserver.domain.entries import AnyEntry, Settled
from adserver.domain.fees import PPM
from adserver.domain.flaws import MONTH_CHARS
from adserver.domain.ledger import Ledger
from adserver.domain.money import Nanos, share
from adserver.domain.validity import day_of
from adserver.errors import Fault, InvalidConfig

NOT_ATTRIBUTED = "(not attributed)"
"""What the books have and no bid event tells more of: dropped or deleted events, corrections, bids before a checkpoint."""
_LEVELS: Mapping[By, tuple[int, str]] = {
    "line_item": (0, "line_item/"),
    "campaign": (2, "campaign/"),
}
"""Where in `Payers.names` the name stands."""


class Amount(NamedTuple):
    """What was billed, corrections included."""

    impressions_ppm: int = 0
    media: Nanos = 0
    """House nanos."""
    wire: tuple[tuple[str, Nanos], ...] = ()
    """By currency, nanos of it; nothing stands for the house currency."""

    def __add__(self, other: object) -> "Amount":
        """Add another amount."""
        if not isinstance(other, Amount):
            return NotImplemented
        wire = dict(self.wire)
        for currency, nanos in other.wire:
            wire[currency] = wire.get(currency, 0) + nanos
        return Amount(
            self.impressions_ppm + other.impressions_ppm,
            self.media + other.media,
            tuple(sorted((c, n) for c, n in wire.items() if n)),
        )

    def __neg__(self) -> "Amount":
        """Return what takes it away."""
        return Amount(-self.impressions_ppm, -self.media, tuple((c, -n) for c, n in self.wire))


Sold = dict[tuple[int, str], dict[int, Amount]]
"""By day (UTC, its beginning in seconds since the epoch) and key: by line item number."""


class Bids:
    """What was billed bid by bid: for what the books do not tell apart."""

    def __init__(self, exchange: str) -> None:
        self.found: dict[str, tuple[int, int, Amount]] = {}
        """By bid in hexadecimal digits: day, line item, amount."""
        self._exchange = exchange

    def look(self, _ledger: Ledger, entry: AnyEntry, _place: str) -> None:
        """Note an entry that is read."""
        if isinstance(entry, Settled) and entry.exchange == self._exchange:
            wire = share(entry.wire_price, entry.impressions_ppm, PPM)
            amount = Amount(entry.impressions_ppm, entry.media, ((entry.currency, wire),))
            day_s = day_of(entry.bid_s or entry.at_s)
            self.found[entry.bid.hex()] = (day_s, entry.line_item, amount)


def from_books(books: Books, exchange: str, days: Collection[int], by: By) -> Sold:
    """Return what the books have. Raises `InvalidConfig` for days that are kept by month only."""
    found: Sold = {}
    months = {_date(day_s)[:MONTH_CHARS] for day_s in days}
    for payers, key, row in books:
        if key.exchange != exchange:
            continue
        if len(key.day) == MONTH_CHARS and _date(key.utc_day_s)[:MONTH_CHARS] in months:
            message = f"days of {_date(key.utc_day_s)[:MONTH_CHARS]} are kept by month only"
            raise InvalidConfig([Fault("the ledger", exchange, message)])
        if key.utc_day_s in days:
            amount = Amount(
                row.impressions_ppm + row.adjusted_ppm,
                row.media + row.adjusted_media,
                tuple(row.wire.items()),
            )
            _add(found, (key.utc_day_s, name_of(payers, by)), payers.line_item, amount)
    return found


def from_events(
    bids: Bids, whole: Sold, days: Collection[int], by: By, events: Iterable[Mapping[str, Any]]
) -> Sold:
    """Return what was billed by creative or deal; what of `whole` (by line item) no event explains is not attributed."""
    found: Sold = {}
    left = {
        (day_s, number): amount
        for (day_s, _), each in whole.items()
        for number, amount in each.items()
    }
    seen = set()
    for event in events:
        bid = str(event.get("bid"))
        if event.get("event") != "bid" or bid in seen or bid not in bids.found:
            continue
        seen.add(bid)
        day_s, number, amount = bids.found[bid]
        if day_s in days:
            _add(found, (day_s, str(event.get(by) or "")), number, amount)
            left[day_s, number] = left.get((day_s, number), Amount()) + -amount
    for (day_s, number), amount in left.items():
        if amount.impressions_ppm or amount.media:
            _add(found, (day_s, NOT_ATTRIBUTED), number, amount)
    return found


def name_of(payers: Payers, by: By) -> str:
    """Return what an exchange would call a row; the number of a line item that nobody knows any more."""
    if by == "total":
        return ""
    place, prefix = _LEVELS.get(by, _LEVELS["line_item"])
    if place >= len(payers.names):
        return str(payers.line_item)
    return payers.names[place].removeprefix(prefix)


def for_each(sold: Mapping[int, Amount], difference: Amount) -> dict[int, Amount]:
    """Share a difference among line items by what they paid, to the nano; the last of them takes what rounding leaves.

    Without any money every line item counts alike.
    """
    weights = {number: max(0, amount.media) for number, amount in sorted(sold.items())}
    if not any(weights.values()):
        weights = dict.fromkeys(weights, 1)
    shares: dict[int, Amount] = {}
    left, weight_left = difference, sum(weights.values())
    for number, weight in weights.items():
        if weight:
            part = _part(left, weight, weight_left)
            shares[number] = part
            left, weight_left = left + -part, weight_left - weight
    return shares


def _part(amount: Amount, weight: int, of: int) -> Amount:
    parted: Callable[[int], int] = lambda each: share(each, weight, of)  # noqa: E731 - three uses, one line
    wire = tuple((currency, parted(nanos)) for currency, nanos in amount.wire)
    return Amount(parted(amount.impressions_ppm), parted(amount.media), wire)


def _add(sold: Sold, at: tuple[int, str], line_item: int, amount: Amount) -> None:
    each = sold.setdefault(at, {})
    each[line_item] = each.get(line_item, Amount()) + amount


def _date(at_s: int) -> str:
    return datetime.fromtimestamp(at_s, UTC).date().isoformat()
