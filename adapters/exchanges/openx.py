"""OpenX Ad Exchange.

What differs, by docs.openx.com/demand-partners:
- openrtb-win-notification: the price macro in `adm` is what is billed by; discrepancies by `nurl` are not honoured, and
  a `burl` is not called. `${AUCTION_PRICE}` does not work in `adm`, `${AUCTION_PRICE:OXCRYPT}` does.
- macros-demand: it becomes an encrypted price per impression, in the bid's currency. The iv comes of the impression's
  id, so it tells no time.
- openrtb-bidresponse: an answer has 125 ms; `nurl` is called with GET.
- rtb_sync_userdata: OpenX stores our id and sends it as `user.buyeruid`.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from adapters.exchanges.sealed_prices import SealedPrices
from adserver.domain.exchange import Macros
from adserver.openrtb.dialect import Agreed, Plain, Price, Unread

PRICE = "${AUCTION_PRICE:OXCRYPT}"


class OpenX(Plain):
    """The markup's pixel bills everything, and its price is encrypted."""

    defaults: ClassVar[Mapping[str, Any]] = {
        "billable_banner": "impression",
        "billable_video": "impression",
        "billable_native": "impression",
        "billable_audio": "impression",
        "billable_out_of_home": "impression",
        "default_tmax_ms": 125,
        "notices": ("win",),
        "macros": Macros(price=PRICE, markup_price=PRICE, vast_price=PRICE),
    }
    sync_url: ClassVar[str] = "https://us-u.openx.net/w/1.0/sd?id=ACCOUNT&rtb={id}"
    sealed: ClassVar[bool] = True

    def __init__(self, agreed: Agreed) -> None:
        """Know the keys; how old a price is can be judged only if an operator knows better."""
        self._prices = SealedPrices(
            agreed.price_keys, agreed.price_scale or "impression", agreed.price_skew_s
        )

    def read_price(self, text: str | None, bid_s: float, now_s: float) -> Price | Unread:
        """Return the clearing price, encrypted for us."""
        return self._prices.read(text, bid_s, now_s)
