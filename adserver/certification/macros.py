"""The macros of the standard, filled in as an exchange does (OpenRTB 2.6, 4.4)."""

import re
from collections.abc import Mapping

from adserver.certification.wire import Json

LEFT = re.compile(r"\$\{AUCTION_[A-Z_]*(?::[^}]*)?\}")


def values(request: Json, response: Json, bid: Json, price: str | None = None) -> Mapping[str, str]:
    """Return what an exchange would put in place of each macro; `price` is the bid's own if not said."""
    cleared = str(bid.get("price", "")) if price is None else price
    seat = next(
        (
            str(each.get("seat", ""))
            for each in response.get("seatbid") or ()
            if isinstance(each, dict) and bid in (each.get("bid") or ())
        ),
        "",
    )
    return {
        "AUCTION_ID": str(request["id"]),
        "AUCTION_BID_ID": str(response.get("bidid", "")),
        "AUCTION_IMP_ID": str(bid.get("impid", "")),
        "AUCTION_SEAT_ID": seat,
        "AUCTION_AD_ID": str(bid.get("adid", "")),
        "AUCTION_PRICE": cleared,
        "AUCTION_CURRENCY": str(response.get("cur", "USD")),
        "AUCTION_MBR": "1",
        "AUCTION_LOSS": "0",
        "AUCTION_MIN_TO_WIN": cleared,
        "AUCTION_MULTIPLIER": "1",
        "AUCTION_IMP_TS": "1700000000000",
        "AUCTION_DISCOUNT_PCT": "0",
        "AUCTION_DISCOUNT_CPM": "0",
    }


def filled(text: str, known: Mapping[str, str]) -> str:
    """Return a text with its macros filled in, plainly, wherever they stand."""
    for name, value in known.items():
        text = text.replace("${" + name + "}", value)
    return text
