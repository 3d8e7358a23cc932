"""What books are made of, as a checkpoint keeps it: rows of money, claims that were refused, spend on invalid traffic."""

from typing import NamedTuple

import msgspec

from adserver.domain.money import Nanos


class Payers(NamedTuple):
    """A line item and everybody above it who paid with it, the nearest first; line items may change their place."""

    line_item: int
    """Its number."""
    names: tuple[str, ...]
    """As accounts begin: `line_item/tent`, `insertion_order/winter` ... Nothing where no pot of that day is known any more."""


class RowKey(NamedTuple):
    """What is added up in one row."""

    payers: int
    """Position in the list of `Payers`."""
    exchange: str
    day: str
    """The day of the advertiser's calendar whose account paid, `2026-11-22`; for days long ago its month, `2026-11`."""
    utc_day_s: int
    """Beginning of the day (UTC) of the bids, seconds since the epoch; for days long ago of its month."""


class Row(msgspec.Struct, array_like=True):
    """House nanos; what came late is in the parts too, corrections are not."""

    impressions_ppm: int = 0
    """How many were billed, in millionths."""
    media: Nanos = 0
    data: Nanos = 0
    tech: Nanos = 0
    margin: Nanos = 0
    late: Nanos = 0
    """What of the four is owed though its money had been let go of."""
    adjusted_ppm: int = 0
    """Impressions, in millionths, that corrections added or took away."""
    adjusted_media: Nanos = 0
    adjusted_fees: Nanos = 0
    wire: dict[str, Nanos] = {}
    """What exchanges billed, corrections included, by currency, nanos of it; nothing stands for the house currency."""

    @property
    def billed(self) -> Nanos:
        """What bids cost, fees included, corrections not."""
        return self.media + self.data + self.tech + self.margin

    @property
    def adjusted(self) -> Nanos:
        """What corrections changed."""
        return self.adjusted_media + self.adjusted_fees

    @property
    def total(self) -> Nanos:
        """What the advertiser pays, unless it is spent on invalid traffic."""
        return self.billed + self.adjusted

    @property
    def settled(self) -> Nanos:
        """What accounts call settled: all but what is late."""
        return self.total - self.late

    def add(self, other: "Row") -> None:
        """Add another row."""
        for name in self.__struct_fields__:
            if name != "wire":
                setattr(self, name, getattr(self, name) + getattr(other, name))
        for currency, amount in other.wire.items():
            self.wire[currency] = self.wire.get(currency, 0) + amount


class ClaimKey(NamedTuple):
    """Prices above our bids that are counted together."""

    exchange: str
    utc_day_s: int
    """Beginning of the day (UTC) of the notice; for days long ago of its month."""
    currency: str
    """Nothing stands for the house currency."""


class Claim(NamedTuple):
    """What an exchange wanted and did not get."""

    notices: int = 0
    wire: Nanos = 0
    """Nanos of the currency, as if each had been one impression."""
    house: Nanos = 0
    """The same in house nanos, by the rates of the bids."""


class FlawKey(NamedTuple):
    """Spend on invalid traffic that is counted together."""

    line_item: int
    day: str
    """Of the advertiser's calendar, as in `RowKey`."""
    rule: str
    marked_s: int
    """Beginning of the day (UTC) on which it was marked, as corrections name it; -1: too long ago for any."""


class Flaw(NamedTuple):
    """Bids that were billed for impressions which a rule calls invalid."""

    bids: int = 0
    spend: Nanos = 0


class BookState(msgspec.Struct, array_like=True, frozen=True):
    """All books."""

    payers: list[Payers]
    rows: list[tuple[RowKey, Row]]
    claims: list[tuple[ClaimKey, Claim]]
    invalid: list[tuple[FlawKey, Flaw]]
    restored: list[tuple[FlawKey, Flaw]]
    opening: dict[str, tuple[Nanos, Nanos]]
    days_from: str
