"""Prebid Server, or an exchange that is one: header bidding, in which the page's own ad server has the last word.

What differs, by docs.prebid.org (prebid-server/developers/add-new-bidder-go, endpoints/openrtb2/auction) and the source,
github.com/prebid/prebid-server:
- no server calls `nurl`, `burl` or `lurl`: a bid that was passed on may lose in the page, and nobody tells. So only the
  markup's own pixel says that something was shown, and it bills.
- `${AUCTION_PRICE}` in markup becomes the bid's price, put in by the bidder's adapter or by the page when it renders.
- auctions are first price; `cur` is USD unless the request says otherwise.
- what a publisher configured for us arrives in `imp.ext.bidder` and is addressed to the adapter, not to a bidder's
  server; OpenRTB itself says all that bears on bidding.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from adapters.exchanges.plain_prices import read_plain_price
from adserver.openrtb.dialect import Plain, Price, Unread


class Prebid(Plain):
    """The markup's pixel bills everything; there are no notices."""

    defaults: ClassVar[Mapping[str, Any]] = {
        "billable_banner": "impression",
        "billable_video": "impression",
        "billable_native": "impression",
        "billable_audio": "impression",
        "billable_out_of_home": "impression",
        "notices": (),
    }
    sync_url: ClassVar[str] = (
        "https://HOST/setuid?bidder=BIDDER&uid={id}&gdpr={gdpr}&gdpr_consent={gdpr_consent}"
        "&us_privacy={us_privacy}&gpp={gpp}&gpp_sid={gpp_sid}"
    )

    def read_price(self, text: str | None, bid_s: float, now_s: float) -> Price | Unread:
        """Return the clearing price, a decimal."""
        return read_plain_price(text)
