"""The price in a notice."""

from decimal import Decimal

from adapters.exchanges.generic import Unread, read_price
from adserver.domain.money import MAX_CPM
from tests.fuzz.target import Target

_MICROS = 1_000_000


def check(data: bytes) -> None:
    """A price is the decimal that was sent, to half a nano; anything else is named."""
    text = data.decode("utf-8", "surrogateescape")
    price = read_price(text)
    if isinstance(price, Unread):
        return
    assert 0 <= price <= MAX_CPM * _MICROS
    assert abs(Decimal(text.strip()) * _MICROS - price) <= Decimal("0.5")
    assert read_price(format(Decimal(price) / _MICROS, "f")) == price


def seeds() -> list[bytes]:
    """Return prices, macros and words."""
    return [b"1.25", b"0", b"-0", b"-1", b"1e3", b"5E-7", b"10.", b"99999999999", b"AUDIT", b"${AUCTION_PRICE}", b"", b" 1 ", b"0.0000005"]  # fmt: skip


TARGET = Target(check, seeds, 100)
