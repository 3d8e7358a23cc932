"""Sums as text, without a float between: exact to the nano, or rounded once to what the currency has."""

from decimal import Decimal
from typing import NamedTuple

from adserver.domain.fees import PPM
from adserver.domain.money import NANOS_PER_UNIT, Nanos, share
from adserver.domain.prices import decimals

_PLACES = 9


class Rounded(NamedTuple):
    """A sum as it is paid."""

    paid: str
    """`12.35`, half-even."""
    by: str
    """What rounding added or took away: `0.004321`."""


def exact(amount: Nanos) -> str:
    """Return a sum with all its decimals, two at least: `12.345679`, `-3.00`."""
    sign = "-" if amount < 0 else ""
    whole, rest = divmod(abs(amount), NANOS_PER_UNIT)
    return f"{sign}{whole}.{f'{rest:0{_PLACES}}'.rstrip('0').ljust(2, '0')}"


def rounded(amount: Nanos, currency: str) -> Rounded:
    """Round half-even to the smallest coin of a currency."""
    places = decimals(currency)
    coins = share(amount, 10**places, NANOS_PER_UNIT)
    paid = f"{Decimal(coins).scaleb(-places):f}"
    return Rounded(paid, exact(coins * NANOS_PER_UNIT // 10**places - amount))


def whole(count_ppm: int) -> str:
    """Return a count in millionths: `1,234`, or `14.2` where it is not whole."""
    count, rest = divmod(count_ppm, PPM)
    return f"{count:,}{f'.{rest:06}'.rstrip('0') if rest else ''}"
