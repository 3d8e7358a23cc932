"""An invoice's lines and sums, exact; no terminal and no file."""

from collections import defaultdict
from datetime import date

import msgspec

from adserver.domain.book_rows import Row
from adserver.domain.campaign import Advertiser, Catalog
from adserver.domain.flaws import MONTH_CHARS
from adserver.domain.ledger import Ledger
from adserver.domain.money import Nanos
from adserver.errors import Fault, InvalidConfig


class InvoiceLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line item under one insertion order; house nanos."""

    campaign: str
    insertion_order: str
    line_item: str
    impressions_ppm: int
    """Billed, corrections included, what is invalid left out, in millionths."""
    media: Nanos
    data: Nanos
    tech: Nanos
    margin: Nanos
    late: Nanos
    """What of these four was billed late."""
    adjusted: Nanos
    """Corrections, media and fees."""
    invalid_impressions: int
    invalid: Nanos
    """What is taken off, since it was spent on invalid traffic: 0 or negative."""

    @property
    def total(self) -> Nanos:
        """What is owed."""
        return self.media + self.data + self.tech + self.margin + self.adjusted + self.invalid


class Invoice(msgspec.Struct, frozen=True, kw_only=True):
    """All lines of an advertiser."""

    advertiser: str
    name: str
    timezone: str
    first: str
    last: str
    lines: tuple[InvoiceLine, ...]

    @property
    def total(self) -> Nanos:
        """What is owed, exactly."""
        return sum(line.total for line in self.lines)

    @property
    def late(self) -> Nanos:
        """What of it was billed late."""
        return sum(line.late for line in self.lines)


Place = tuple[str, str, str]
"""Campaign, insertion order, line item."""


def make(
    ledger: Ledger, catalog: Catalog | None, advertiser: str, first: date, last: date
) -> Invoice:
    """Return the invoice for whole days, both ends included.

    Raises `InvalidConfig` for an advertiser whom nobody knows, for days that end before they begin, and for part of a
    month of which only the whole is kept.
    """
    if last < first:
        raise _fault("--until", "ends before it begins")
    known = _known(catalog, advertiser)
    rows: dict[Place, Row] = defaultdict(Row)
    newest: dict[int, tuple[str, Place]] = {}
    """By line item number: where it stood last in these days."""
    above = {p.line_item: p for p in ledger.books.payers if p.names}
    for payers, key, row in ledger.books:
        names = payers.names or getattr(above.get(payers.line_item), "names", ())
        if (
            not names
            or names[-1] != f"advertiser/{advertiser}"
            or not _within(key.day, first, last)
        ):
            continue
        place = _place(names)
        rows[place].add(row)
        newest[payers.line_item] = max(newest.get(payers.line_item, ("", place)), (key.day, place))
    flaws: dict[Place, tuple[int, Nanos]] = {}
    for flaw_key, flaw in ledger.books.invalid_spend.invalid.items():
        if not _within(flaw_key.day, first, last):
            continue
        owner = above.get(flaw_key.line_item)
        if owner is None or owner.names[-1] != f"advertiser/{advertiser}":
            continue
        _, place = newest.get(flaw_key.line_item, ("", _place(owner.names)))
        bids, spend = flaws.get(place, (0, 0))
        flaws[place] = (bids + flaw.bids, spend + flaw.spend)
    if known is None and not any(
        payers.names[-1:] == (f"advertiser/{advertiser}",) for payers in ledger.books.payers
    ):
        raise _fault(
            "--advertiser", f"'{advertiser[:40]}' is in no campaign and never paid anything"
        )
    places = sorted(rows.keys() | flaws.keys())
    return Invoice(
        advertiser=advertiser,
        name=known.name if known else "",
        timezone=known.timezone if known else "",
        first=first.isoformat(),
        last=last.isoformat(),
        lines=tuple(_line(place, rows[place], *flaws.get(place, (0, 0))) for place in places),
    )


def _line(place: Place, row: Row, invalid_bids: int, invalid: Nanos) -> InvoiceLine:
    campaign, insertion_order, line_item = place
    return InvoiceLine(
        campaign=campaign,
        insertion_order=insertion_order,
        line_item=line_item,
        impressions_ppm=row.impressions_ppm + row.adjusted_ppm,
        media=row.media,
        data=row.data,
        tech=row.tech,
        margin=row.margin,
        late=row.late,
        adjusted=row.adjusted,
        invalid_impressions=invalid_bids,
        invalid=-invalid,
    )


def _known(catalog: Catalog | None, advertiser: str) -> Advertiser | None:
    for each in catalog.advertisers if catalog else ():
        if each.id == advertiser:
            return each
    return None


def _place(names: tuple[str, ...]) -> Place:
    line_item, insertion_order, campaign = (name.partition("/")[2] for name in names[:3])
    return campaign, insertion_order, line_item


def _within(day: str, first: date, last: date) -> bool:
    """Tell whether a day, or a whole month of which no days are kept any more, is part of the span."""
    if len(day) != MONTH_CHARS:
        return first.isoformat() <= day <= last.isoformat()
    begins = date.fromisoformat(f"{day}-01")
    ends = date(begins.year + begins.month // 12, begins.month % 12 + 1, 1)
    if last < begins or ends <= first:
        return False
    if first <= begins and (ends - last).days <= 1:
        return True
    raise _fault("--from", f"days of {day} are kept by month only: ask for the whole month")


def _fault(option: str, message: str) -> InvalidConfig:
    return InvalidConfig([Fault("invoice", option, message)])
