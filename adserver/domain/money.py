"""Whole money: an impression at a rate of X micros per mille costs exactly X nanos.

`Nanos` are 1e-9 of a currency unit. A CPM in micros is 1e-6 units per 1,000 impressions, which is
1e-9 units per impression: the same integer. So values, prices, floors and spend are all `int` nanos,
and rounding happens once, where a number enters or leaves.
"""

from collections.abc import Mapping
from decimal import ROUND_CEILING, ROUND_HALF_EVEN, Decimal, InvalidOperation, Overflow

Nanos = int
NANOS_PER_UNIT = 1_000_000_000
MICROS_PER_UNIT = 1_000_000
MAX_CPM = 1_000_000
"""No rate above a million per mille is believed; it guards the arithmetic against hostile numbers."""


def nanos(amount: float | str | Decimal) -> Nanos:
    """Convert an amount in currency units to nanos, half-even; raises `ValueError` if it is no number."""
    return _whole(amount, NANOS_PER_UNIT, ROUND_HALF_EVEN)


def cpm_nanos(cpm: float | str | Decimal) -> Nanos:
    """Convert a CPM in currency units to nanos per impression, half-even."""
    return _whole(cpm, MICROS_PER_UNIT, ROUND_HALF_EVEN)


def floor_nanos(cpm: float | str | Decimal) -> Nanos:
    """Convert a floor CPM to nanos per impression, rounding up: a floor is never undercut."""
    if type(cpm) is float and 0 <= cpm < MAX_CPM:
        # A decimal of at most 15 digits survives the way through a float, so if this division gives
        # back the float, its decimal form has no more than 6 places and there is nothing to round.
        whole = round(cpm * MICROS_PER_UNIT)
        if whole / MICROS_PER_UNIT == cpm:
            return whole
    return _whole(cpm, MICROS_PER_UNIT, ROUND_CEILING)


def wire_cpm(price: Nanos) -> float:
    """Return nanos per impression as the CPM that goes on the wire."""
    return price / MICROS_PER_UNIT


def units(amount: Nanos) -> float:
    """Return nanos as currency units, for people to read; never for arithmetic."""
    return amount / NANOS_PER_UNIT


def share(amount: Nanos, numerator: int, denominator: int) -> Nanos:
    """Return `amount * numerator / denominator`, half-even; `denominator` is positive."""
    quotient, rest = divmod(amount * numerator, denominator)
    twice = 2 * rest
    if twice > denominator or (twice == denominator and quotient & 1):
        quotient += 1
    return quotient


class Rates:
    """Exchange rates against the house currency, fixed for the life of the object.

    `per_house[c]` says how many units of `c` one unit of the house currency buys.
    """

    def __init__(self, house: str, per_house: Mapping[str, str | float | Decimal]) -> None:
        self.house = house
        table = {code.upper(): Decimal(str(rate)) for code, rate in per_house.items()}
        table[house] = Decimal(1)
        self._micros = {
            code: int((rate * MICROS_PER_UNIT).to_integral_value(ROUND_HALF_EVEN))
            for code, rate in table.items()
        }

    def knows(self, currency: str) -> bool:
        """Tell whether amounts in this currency can be converted."""
        return currency in self._micros

    def written(self, currency: str) -> tuple[str, int]:
        """Return a currency and its rate as tickets have them: millionths of it for one unit of the house currency.

        Nothing and 0 stand for the house currency. Raises `KeyError` for an unknown one.
        """
        return ("", 0) if currency == self.house else (currency, self._micros[currency])

    def floor_to_house(self, cpm: float, currency: str) -> Nanos:
        """Convert a floor CPM to house nanos, rounding up; raises `KeyError` for an unknown currency."""
        if currency == self.house:
            return floor_nanos(cpm)
        return -(-floor_nanos(cpm) * MICROS_PER_UNIT // self._micros[currency])

    def to_house(self, amount: Nanos, currency: str) -> Nanos:
        """Convert nanos of a currency to house nanos, half-even; raises `KeyError` for an unknown currency."""
        return share(amount, MICROS_PER_UNIT, self._micros[currency])

    def bid_from_house(self, price: Nanos, currency: str) -> Nanos:
        """Convert a price in house nanos to the bid's currency, rounding down."""
        return price * self._micros[currency] // MICROS_PER_UNIT


def _whole(amount: float | str | Decimal, factor: int, rounding: str) -> int:
    try:
        exact = Decimal(str(amount)) * factor
        if not exact.is_finite() or abs(exact) > MAX_CPM * NANOS_PER_UNIT * 1_000:
            raise ValueError(f"not a sum of money: {str(amount)[:40]!r}")
        return int(exact.to_integral_value(rounding))
    except (InvalidOperation, Overflow):
        raise ValueError(f"not a number: {str(amount)[:40]!r}") from None
