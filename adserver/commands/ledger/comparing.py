"""Row by row: what an exchange says, what our books have, and whether the difference is worth a word."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

from adserver.commands.ledger.exchange_file import Report, Theirs
from adserver.commands.ledger.sold import Amount, Sold
from adserver.domain.money import Nanos, Rates, share
from adserver.errors import Fault, InvalidConfig


class Verdict(StrEnum):
    """What a difference means."""

    WITHIN = "within tolerance"
    MORE = "they bill more"
    LESS = "they bill less"
    UNKNOWN = "unknown to us"
    MISSING = "missing there"


class Said(NamedTuple):
    """What a report says of one day and key."""

    impressions_ppm: int
    wire: Nanos | None
    """Nanos of the currency; `None` if the report tells no money."""
    currency: str
    """Nothing for the house currency."""
    mixed: bool = False
    """It was told in several currencies."""


class Compared(NamedTuple):
    """One row of the table; `theirs` and `ours` in house nanos, `wire` in the report's currency."""

    day_s: int
    key: str
    currency: str
    theirs_ppm: int
    ours_ppm: int
    theirs: Nanos
    ours: Nanos
    theirs_wire: Nanos
    ours_wire: Nanos | None
    """`None`: some of it was billed in another currency."""
    percent: Decimal | None
    """The difference as a share of ours; `None` where we have nothing."""
    verdict: Verdict
    sold: Mapping[int, Amount]
    """Ours by line item number."""

    @property
    def difference(self) -> Amount:
        """By how much they bill more."""
        wire = (
            () if self.ours_wire is None else ((self.currency, self.theirs_wire - self.ours_wire),)
        )
        return Amount(self.theirs_ppm - self.ours_ppm, self.theirs - self.ours, wire)


def compare(
    report: Report, sold: Sold, known: frozenset[str], rates: Rates, tolerance: Fraction
) -> list[Compared]:
    """Return a row for each day and key that either side has; the largest differences first.

    `known` are keys that are ours though nothing was billed. Raises `InvalidConfig` for a currency without a rate.
    """
    _must_have_rates(report, rates)
    found = []
    theirs = _sums(report.rows, rates)
    for (day_s, key), said in theirs.items():
        mine = sold.get((day_s, key), {})
        row = _compared(day_s, key, said, mine, rates, tolerance)
        is_known = bool(mine) or key in known or not key
        found.append(row if is_known else row._replace(verdict=Verdict.UNKNOWN))
    for (day_s, key), mine in sold.items():
        if (day_s, key) not in theirs and any(any(amount) for amount in mine.values()):
            wire = 0 if report.tells_money else None
            currencies = {currency for amount in mine.values() for currency, _ in amount.wire}
            said = Said(0, wire, currencies.pop() if len(currencies) == 1 else "")
            row = _compared(day_s, key, said, mine, rates, tolerance)
            found.append(row._replace(verdict=Verdict.MISSING))
    return sorted(
        found,
        key=lambda row: (
            row.verdict is Verdict.WITHIN,
            -abs(row.theirs - row.ours),
            row.day_s,
            row.key,
        ),
    )


def _compared(
    day_s: int, key: str, said: Said, sold: Mapping[int, Amount], rates: Rates, tolerance: Fraction
) -> Compared:
    mine = sum(sold.values(), Amount())
    wire = dict(mine.wire)
    ours_wire = wire.get(said.currency, 0)
    is_other = bool(wire.keys() - {said.currency}) or said.mixed or bool(mine.media and not wire)
    theirs_wire = said.wire or 0
    if said.wire is None:  # impressions are all that can be compared
        theirs, ours_wire = mine.media, 0
        a, b = said.impressions_ppm, mine.impressions_ppm
    else:
        # At the rate of our bids where we have any: today's would make differences that nobody billed.
        if not is_other and ours_wire > 0:
            theirs = share(theirs_wire, mine.media, ours_wire)
        else:
            theirs = rates.to_house(theirs_wire, said.currency or rates.house)
        # In the report's own currency where that can be: there no rate blurs anything.
        a, b = (theirs, mine.media) if is_other else (theirs_wire, ours_wire)
    percent = None
    if b:
        percent = (Decimal(100 * (a - b)) / Decimal(b)).quantize(Decimal("0.0001"))
    return Compared(
        day_s, key, said.currency, said.impressions_ppm, mine.impressions_ppm, theirs, mine.media,
        theirs_wire, None if is_other else ours_wire, percent, _verdict(a, b, tolerance), sold,
    )  # fmt: skip


def _verdict(said: int, has: int, tolerance: Fraction) -> Verdict:
    if abs(said - has) <= tolerance * abs(has):
        return Verdict.WITHIN
    return Verdict.MORE if said > has else Verdict.LESS


def _must_have_rates(report: Report, rates: Rates) -> None:
    lines: dict[str, int] = {}
    for row in report.rows:
        lines.setdefault(row.currency, row.line)
    faults: Sequence[Fault] = [
        Fault(
            "the report",
            f"line {line}",
            f"{currency} has no rate; add it to `rates` in the settings",
        )
        for currency, line in lines.items()
        if not rates.knows(currency)
    ]
    if faults:
        raise InvalidConfig(faults)


def _sums(rows: Sequence[Theirs], rates: Rates) -> dict[tuple[int, str], Said]:
    """Add up rows of the same day and key; in house nanos where they are in several currencies."""
    found: dict[tuple[int, str], list[Theirs]] = {}
    for row in rows:
        found.setdefault((row.day_s, row.key), []).append(row)
    return {at: _said(each, rates) for at, each in found.items()}


def _said(rows: Sequence[Theirs], rates: Rates) -> Said:
    count = sum(row.impressions_ppm for row in rows)
    currencies = {row.currency for row in rows}
    told = [(row.wire, row.currency) for row in rows if row.wire is not None]
    if not told:
        return Said(count, None, "")
    if len(currencies) > 1:
        house = sum(rates.to_house(wire, currency) for wire, currency in told)
        return Said(count, house, "", mixed=True)
    currency = currencies.pop()
    return Said(count, sum(wire for wire, _ in told), "" if currency == rates.house else currency)
