"""The dialect of the standard itself: prices in notices are plain decimals, CPM in the bid's currency."""

import re
from enum import StrEnum

from adserver.domain.money import MAX_CPM, cpm_nanos

MAX_LENGTH = 64
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]*)?([eE][-+]?[0-9]{1,2})?")


class Unread(StrEnum):
    """Why a price parameter holds no price; none of these books any spend."""

    ABSENT = "absent"  # no parameter at all
    EMPTY = "empty"  # the exchange does not know the value
    AUDIT = "audit"  # rendered for review, not for a person
    MACRO = "macro"  # nobody replaced the macro
    NEGATIVE = "negative"
    TOO_LARGE = "too_large"  # beyond any believable rate
    NOT_A_NUMBER = "not_a_number"  # rubbish, or encrypted with a scheme we were not told of


def read_price(text: str | None) -> int | Unread:
    """Return the clearing price in micros per mille (nanos per impression), or why there is none.

    `text` is the query parameter that the exchange put in place of `${AUCTION_PRICE}`.
    """
    if text is None:
        return Unread.ABSENT
    text = text.strip()
    if not text:
        return Unread.EMPTY
    if text == "AUDIT":
        return Unread.AUDIT
    if "AUCTION_PRICE" in text:
        return Unread.MACRO
    if len(text) > MAX_LENGTH or not _NUMBER.fullmatch(text):
        return Unread.NOT_A_NUMBER
    if text.startswith("-") and text.strip("-0.eE+"):
        return Unread.NEGATIVE
    try:
        price = cpm_nanos(text)
    except ValueError:
        return Unread.TOO_LARGE
    return price if price <= cpm_nanos(MAX_CPM) else Unread.TOO_LARGE
