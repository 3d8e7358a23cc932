"""Prices: exact where they come in, and written as each language writes them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adserver.domain.prices import Price, price, shown

NBSP, NARROW = "\u00a0", "\u202f"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12.90 EUR", Price(1290, "EUR")),
        ("EUR 12.90", Price(1290, "EUR")),
        (" 12.9EUR ", Price(1290, "EUR")),
        ("1,299.00 USD", Price(129900, "USD")),
        ("1290 JPY", Price(1290, "JPY")),
        ("1290.00 JPY", Price(1290, "JPY")),
        ("1.234 KWD", Price(1234, "KWD")),
        ("0.1 EUR", Price(10, "EUR")),
    ],
)
def test_prices_are_whole_numbers_of_the_smallest_unit(text: str, expected: Price) -> None:
    assert price(text) == expected


@pytest.mark.parametrize(
    "text",
    ["", "EUR", "12.90", "12,90 EUR", "1,29 EUR", "EUR 12.90 EUR", "-1 EUR", "0 EUR", "1e3 EUR", "NaN EUR", "12.90 eur",
     "1.999 EUR", "999999999 EUR", "٣ EUR", "12.90 EUR; drop"],
)  # fmt: skip
def test_what_is_no_price_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        price(text)


@pytest.mark.parametrize(
    ("language", "amount", "expected"),
    [
        ("en", Price(1290, "EUR"), "€12.90"),
        ("en", Price(123456789, "USD"), "$1,234,567.89"),
        ("de", Price(129000, "EUR"), f"1.290,00{NBSP}€"),
        ("fr", Price(129000, "EUR"), f"1{NARROW}290,00{NBSP}€"),
        ("sv", Price(129000, "SEK"), f"1{NBSP}290,00{NBSP}kr"),
        ("pl", Price(129000, "PLN"), f"1290,00{NBSP}zł"),
        ("nl", Price(1290, "EUR"), f"€{NBSP}12,90"),
        ("ja", Price(1290, "JPY"), "¥1,290"),
        ("de", Price(1234, "KWD"), f"1,234{NBSP}KWD"),
        ("en", Price(1290, "CHF"), f"CHF{NBSP}12.90"),
        ("xx", Price(1290, "EUR"), f"12.90{NBSP}EUR"),
    ],
)
def test_prices_are_written_as_the_language_writes_them(
    language: str, amount: Price, expected: str
) -> None:
    assert shown(amount, language) == expected


@given(
    st.integers(1, 10**9),
    st.sampled_from(["EUR", "JPY", "KWD", "USD"]),
    st.sampled_from(["en", "de", "fr", "pl", "xx"]),
)
def test_no_digit_is_lost_in_writing(minor: int, currency: str, language: str) -> None:
    digits = "".join(filter(str.isdigit, shown(Price(minor, currency), language)))
    assert int(digits) == minor
