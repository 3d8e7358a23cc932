"""Everything that stands where a plain price should, and the price."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.exchanges.plain_prices import read_plain_price
from adserver.openrtb.dialect import Price, Unread


@pytest.mark.parametrize(
    ("text", "price"),
    [
        ("1.5", 1_500_000),
        (" 2 ", 2_000_000),
        ("0", 0),
        ("-0.0", 0),
        ("0.0000005", 0),
        ("0.0000015", 2),
        ("1.", 1_000_000),
        ("1e-3", 1_000),
        ("1000000", 10**12),
        (None, Unread.ABSENT),
        ("", Unread.EMPTY),
        ("  ", Unread.EMPTY),
        ("AUDIT", Unread.AUDIT),
        ("UNKNOWN", Unread.UNKNOWN),
        ("%%WINNING_PRICE%%", Unread.MACRO),
        ("${AUCTION_PRICE}", Unread.MACRO),
        ("%24%7BAUCTION_PRICE:B64%7D", Unread.MACRO),
        ("-1.5", Unread.NEGATIVE),
        ("1000000.01", Unread.TOO_LARGE),
        ("1e99", Unread.TOO_LARGE),
        ("9" * 60, Unread.TOO_LARGE),
        ("9" * 400, Unread.NOT_A_NUMBER),
        ("NaN", Unread.NOT_A_NUMBER),
        ("Infinity", Unread.NOT_A_NUMBER),
        ("1_000", Unread.NOT_A_NUMBER),
        ("١٢", Unread.NOT_A_NUMBER),
        ("1,5", Unread.NOT_A_NUMBER),
        ("1e999", Unread.NOT_A_NUMBER),
        ("SjtMFAAGzMpKO0wUAAbMyko7TBQABszKSjtMFA", Unread.NOT_A_NUMBER),
    ],
)
def test_each_text_is_told_apart(text: str | None, price: int | Unread) -> None:
    expected = price if isinstance(price, Unread) else Price(price)
    assert read_plain_price(text) == expected


@given(st.text() | st.floats().map(str) | st.integers().map(str) | st.decimals().map(str))
def test_nothing_crashes(text: str) -> None:
    found = read_plain_price(text)
    assert isinstance(found, Unread) or 0 <= found.micros <= 10**12


@given(st.integers(0, 10**12))
def test_what_we_write_as_a_price_reads_back_the_same(micros: int) -> None:
    assert read_plain_price(str(micros / 10**6)) == Price(micros)
