"""Prices in notices as the standard has them: plain decimals, CPM in the bid's currency (OpenRTB 2.6, 4.4)."""

import re

from adserver.domain.money import MAX_CPM, cpm_nanos
from adserver.openrtb.dialect import Price, Unread

MAX_LENGTH = 64
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]*)?([eE][-+]?[0-9]{1,2})?")
_WORDS = {"": Unread.EMPTY, "AUDIT": Unread.AUDIT, "UNKNOWN": Unread.UNKNOWN}
_MACROS = ("AUCTION_PRICE", "WINNING_PRICE", "winning_price")


def no_price(text: str | None) -> Unread | None:
    """Tell why there is no price in what arrived, where that is clear before any reading; `None`: it may be one."""
    if text is None:
        return Unread.ABSENT
    word = _WORDS.get(text)
    if word is not None:
        return word
    return Unread.MACRO if any(macro in text for macro in _MACROS) else None


def read_plain_price(
    text: str | None,
    bid_s: float = 0.0,  # noqa: ARG001 - a `PriceReader` gets the times
    now_s: float = 0.0,  # noqa: ARG001 - likewise
) -> Price | Unread:
    """Return the clearing price in micros per mille (nanos per impression), or why there is none.

    `text` is the query parameter that the exchange put in place of `${AUCTION_PRICE}`; times do not matter.
    """
    text = None if text is None else text.strip()
    why = no_price(text)
    if why is not None or text is None:
        return why or Unread.ABSENT
    if len(text) > MAX_LENGTH or not _NUMBER.fullmatch(text):
        return Unread.NOT_A_NUMBER
    if text.startswith("-") and text.strip("-0.eE+"):
        return Unread.NEGATIVE
    try:
        price = cpm_nanos(text)
    except ValueError:
        return Unread.TOO_LARGE
    return Price(price) if price <= cpm_nanos(MAX_CPM) else Unread.TOO_LARGE
