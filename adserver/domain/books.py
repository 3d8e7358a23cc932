"""What was billed, by line item, exchange and day: the ledger's entries folded for reports, reconciliation and invoices.

Rows have two calendars: the advertiser's, by which budgets and invoices count, and that of UTC, by which exchanges
report. The sum of all rows is what the accounts have settled and owe late (`balance`). Days are kept for 100 days;
then rows are added up by month, so that there are never many.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from adserver.domain.book_rows import BookState, Claim, ClaimKey, Payers, Row, RowKey
from adserver.domain.entries import Account, Adjusted, LateLiability, Pot, Quarantined, Settled
from adserver.domain.fees import PPM
from adserver.domain.flaws import MONTH_CHARS, InvalidSpend
from adserver.domain.marks import Mark
from adserver.domain.money import MICROS_PER_UNIT, Nanos, share
from adserver.domain.validity import day_of
from adserver.domain.week import DAY_S

KEEP_DAYS_S = 100 * DAY_S
"""A quarter and the week in which it is argued about."""


class Line(NamedTuple):
    """A row with who paid."""

    payers: Payers
    key: RowKey
    row: Row


class Books:
    """All rows; changed by the ledger only."""

    def __init__(self) -> None:
        self.payers: list[Payers] = []
        self.rows: dict[RowKey, Row] = {}
        self.claims: dict[ClaimKey, Claim] = {}
        """Quarantined prices."""
        self.invalid_spend = InvalidSpend()
        self.opening: dict[str, tuple[Nanos, Nanos]] = {}
        """By account: settled and late before there were books; nothing in a ledger that always had them."""
        self._numbers: dict[Payers, int] = {}
        self.days_from = ""
        """Days before this one (`2026-08-14`) are kept by month only."""

    def __iter__(self) -> Iterator[Line]:
        """Yield every row, in no particular order."""
        for key, row in self.rows.items():
            yield Line(self.payers[key.payers], key, row)

    # --- changes ---

    def settle(self, entry: Settled, pots: Mapping[int, Pot]) -> None:
        """Book a bid that was billed, late or not."""
        row = self._row(entry, pots, entry.bid_s or entry.at_s)
        row.impressions_ppm += entry.impressions_ppm
        row.media += entry.media
        row.data += entry.data
        row.tech += entry.tech
        row.margin += entry.margin
        if isinstance(entry, LateLiability):
            row.late += entry.total
        _add_wire(row, entry.currency, share(entry.wire_price, entry.impressions_ppm, PPM))

    def adjust(self, entry: Adjusted, pots: Mapping[int, Pot]) -> None:
        """Book a correction."""
        row = self._row(entry, pots, entry.about_s or entry.at_s)
        row.adjusted_ppm += entry.impressions_ppm
        row.adjusted_media += entry.media
        row.adjusted_fees += entry.data + entry.tech + entry.margin
        _add_wire(row, entry.currency, entry.wire)

    def claim(self, entry: Quarantined) -> None:
        """Count a price that is above our bid."""
        key = ClaimKey(entry.exchange, day_of(entry.at_s), entry.currency)
        rate = entry.rate_micros or MICROS_PER_UNIT
        house = share(entry.wire_price, MICROS_PER_UNIT, rate)
        self._claim(key, Claim(1, entry.wire_price, house))

    def mark(
        self, mark: Mark, paid: Iterable[int], pots: Mapping[int, Pot], bids: int, spend: Nanos
    ) -> None:
        """Count what bids cost whose impression is invalid (both negative: no more); `paid` are their pots."""
        pot = _paying(mark.line_item, paid, pots)
        day = _date(mark.day_s) if pot is None else _levels(pot)[1]
        self.invalid_spend.count(mark, day, bids, spend)

    def prune(self, now_s: float) -> None:
        """Add up by month what is older than `KEEP_DAYS_S`."""
        before_s = day_of(now_s - KEEP_DAYS_S)
        label = _date(before_s)
        if label <= self.days_from:
            return
        self.days_from = label
        for key in [key for key in self.rows if key.utc_day_s < before_s and key.day < label]:
            month = RowKey(key.payers, key.exchange, key.day[:MONTH_CHARS], _month_s(key.utc_day_s))
            if month != key:
                self.rows.setdefault(month, Row()).add(self.rows.pop(key))
        for claim in [claim for claim in self.claims if claim.utc_day_s < before_s]:
            month_claim = claim._replace(utc_day_s=_month_s(claim.utc_day_s))
            if month_claim != claim:
                self._claim(month_claim, self.claims.pop(claim))
        self.invalid_spend.prune(now_s, label)

    # --- all at once ---

    def state(self) -> BookState:
        """Return everything, to be kept."""
        return BookState(
            self.payers,
            list(self.rows.items()),
            list(self.claims.items()),
            list(self.invalid_spend.invalid.items()),
            list(self.invalid_spend.restored.items()),
            self.opening,
            self.days_from,
        )

    @classmethod
    def restored(cls, state: BookState | None, accounts: Mapping[str, Account]) -> "Books":
        """Return books as they were kept; without any they begin with what the accounts have."""
        books = cls()
        if state is None:
            books.opening = {
                name: (account.settled, account.late)
                for name, account in accounts.items()
                if account.settled or account.late
            }
            return books
        books.payers = list(state.payers)
        books._numbers = {payers: number for number, payers in enumerate(books.payers)}
        books.rows = dict(state.rows)
        books.claims = dict(state.claims)
        books.invalid_spend = InvalidSpend(dict(state.invalid), dict(state.restored))
        books.opening = dict(state.opening)
        books.days_from = state.days_from
        return books

    def _row(self, entry: Settled | Adjusted, pots: Mapping[int, Pot], about_s: int) -> Row:
        utc_day_s = day_of(about_s)
        pot = _paying(entry.line_item, entry.pots, pots)
        names, day = ((), _date(utc_day_s)) if pot is None else _levels(pot)
        payers = Payers(entry.line_item, names)
        number = self._numbers.get(payers)
        if number is None:
            number = self._numbers[payers] = len(self.payers)
            self.payers.append(payers)
        key = RowKey(number, entry.exchange, day, utc_day_s)
        row = self.rows.get(key)
        if row is None:
            row = self.rows[key] = Row()
        return row

    def _claim(self, key: ClaimKey, claim: Claim) -> None:
        before = self.claims.get(key, Claim())
        self.claims[key] = Claim(*(a + b for a, b in zip(before, claim, strict=True)))


def _paying(line_item: int, numbers: Iterable[int], pots: Mapping[int, Pot]) -> Pot | None:
    """Return the pot of a line item among those of an entry; the others are ceilings."""
    for number in numbers:
        pot = pots.get(number)
        if pot is not None and pot.key == line_item:
            return pot
    return None


def _levels(pot: Pot) -> tuple[tuple[str, ...], str]:
    """Return who pays with a pot, the nearest first, and the name of its day: `line_item/tent/2026-11-22` ..."""
    days = pot.accounts[1::2]  # each level has its account for life first
    names = tuple(account.rpartition("/")[0] for account in days)
    return names, days[0].rpartition("/")[2] if days else ""


def _add_wire(row: Row, currency: str, amount: Nanos) -> None:
    if amount:
        row.wire[currency] = row.wire.get(currency, 0) + amount


def _date(at_s: float) -> str:
    return datetime.fromtimestamp(at_s, UTC).date().isoformat()


def _month_s(at_s: float) -> int:
    day = datetime.fromtimestamp(at_s, UTC).date()
    return int(datetime(day.year, day.month, 1, tzinfo=UTC).timestamp())
