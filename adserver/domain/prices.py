"""Prices as shops write them and as people read them: whole minor units with a currency, never a float."""

import re
from decimal import Decimal
from typing import NamedTuple

MAX_UNITS = 100_000_000
"""Nothing dearer is advertised: such a number is a slip."""
_EXPONENTS = {
    **dict.fromkeys(
        ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV",
         "XAF", "XOF", "XPF"), 0
    ),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}  # fmt: skip
"""ISO 4217: how many decimals a currency has, where that is not two."""
_SYMBOLS = {
    "AUD": "A$", "BRL": "R$", "CAD": "CA$", "CNY": "CN¥", "CZK": "Kč", "DKK": "kr.", "EUR": "€", "GBP": "£",
    "HUF": "Ft", "INR": "₹", "JPY": "¥", "KRW": "₩", "NOK": "kr", "PLN": "zł", "SEK": "kr", "TRY": "₺", "UAH": "₴",
    "USD": "$",
}  # fmt: skip
_NARROW, _HARD = "\u202f", "\u00a0"


class _Manner(NamedTuple):
    point: str
    group: str
    before: bool = False
    """The symbol stands before the number."""
    gap: str = _HARD


_MANNERS = {
    "en": _Manner(".", ",", before=True, gap=""),
    "ja": _Manner(".", ",", before=True, gap=""),
    "zh": _Manner(".", ",", before=True, gap=""),
    "ko": _Manner(".", ",", before=True, gap=""),
    "tr": _Manner(",", ".", before=True, gap=""),
    "nl": _Manner(",", ".", before=True),
    "pt": _Manner(",", ".", before=False),
    "fr": _Manner(",", _NARROW),
    **dict.fromkeys(("de", "es", "it", "da", "el", "hr", "ro", "sl"), _Manner(",", ".")),
    **dict.fromkeys(
        ("bg", "cs", "fi", "hu", "lt", "lv", "no", "nb", "pl", "sk", "sv", "uk"), _Manner(",", _HARD)
    ),
}  # fmt: skip
"""How languages write sums, after the Unicode CLDR's patterns; others get `12.90 EUR`, which everybody understands."""
_UNGROUPED_BELOW = {"es": 10_000, "pl": 10_000, "pt": 10_000, "bg": 10_000}
"""Languages that part off thousands only in larger numbers."""
_PRICE = re.compile(
    r"(?:([A-Z]{3})\s*)?([0-9]{1,12}|[0-9]{1,3}(?:,[0-9]{3}){1,3})(?:\.([0-9]{1,6}))?\s*([A-Z]{3})?"
)


class Price(NamedTuple):
    """A sum in the currency's smallest unit: 1290 EUR is 12.90."""

    minor: int
    currency: str


def price(text: str, currency: str = "") -> Price:
    """Read `12.90 EUR` or `EUR 12.90`; a bare number is in `currency`, if one is given.

    Raises `ValueError` for what is no price, is nothing, or has more decimals than its currency.
    """
    found = _PRICE.fullmatch(text.strip())
    code = (found[1] or found[4] or currency) if found else ""
    if found is None or not code or (found[1] and found[4]):
        raise ValueError(f"{text[:40]!r} is no price: write 12.90 EUR")
    amount = Decimal(f"{found[2].replace(',', '')}.{found[3] or '0'}")
    minor = amount.scaleb(decimals(code))
    if minor != minor.to_integral_value():
        raise ValueError(f"{text[:40]!r} has more decimals than {code} has")
    if not 0 < amount <= MAX_UNITS:
        raise ValueError(f"{text[:40]!r} must be above 0 and at most {MAX_UNITS}")
    return Price(int(minor), code)


def shown(amount: Price, language: str) -> str:
    """Return a sum as readers of a language expect it: `1.290,00 €` in German, `€1,290.00` in English."""
    exponent = decimals(amount.currency)
    whole, rest = divmod(amount.minor, 10**exponent)
    rest_digits = f"{rest:0{exponent}}" if exponent else ""
    manner, symbol = _MANNERS.get(language), _SYMBOLS.get(amount.currency)
    if manner is None:
        return f"{whole}{'.' if rest_digits else ''}{rest_digits}{_HARD}{amount.currency}"
    grouped = f"{whole:,}" if whole >= _UNGROUPED_BELOW.get(language, 1_000) else str(whole)
    number = grouped.replace(",", manner.group)
    if rest_digits:
        number += manner.point + rest_digits
    if symbol is None:
        symbol, gap = amount.currency, _HARD
    else:
        gap = manner.gap
    return f"{symbol}{gap}{number}" if manner.before else f"{number}{manner.gap}{symbol}"


def decimals(currency: str) -> int:
    """Return how many decimals a currency has: ISO 4217's, two where nothing else is known."""
    return _EXPONENTS.get(currency, 2)
