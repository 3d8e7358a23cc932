"""The price in a notice."""

from decimal import Decimal

from adapters.exchanges.plain_prices import read_plain_price
from adapters.exchanges.sealed_prices import SealedPrices
from adserver.domain.money import MAX_CPM
from adserver.openrtb.dialect import PriceKeys, Unread
from tests.fuzz.target import Target

_MICROS = 1_000_000
_SEALED = SealedPrices([PriceKeys(b"e" * 32, b"i" * 32)], "impression", 60)


def check(data: bytes) -> None:
    """A price is the decimal that was sent, to half a nano; anything else is named."""
    text = data.decode("utf-8", "surrogateescape")
    assert isinstance(_SEALED.read(text, 0, 1e9), Unread)
    found = read_plain_price(text)
    if isinstance(found, Unread):
        return
    price = found.micros
    assert 0 <= price <= MAX_CPM * _MICROS
    assert abs(Decimal(text.strip()) * _MICROS - price) <= Decimal("0.5")
    assert read_plain_price(format(Decimal(price) / _MICROS, "f")) == found


def seeds() -> list[bytes]:
    """Return prices, macros and words."""
    return [b"1.25", b"0", b"-0", b"-1", b"1e3", b"5E-7", b"10.", b"99999999999", b"AUDIT", b"${AUCTION_PRICE}", b"", b" 1 ", b"0.0000005", b"u7iq5XwQTNpAyThDrV5tuJXw-Y_IXQgkMA3RFA"]  # fmt: skip


TARGET = Target(check, seeds, 100)
