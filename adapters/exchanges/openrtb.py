"""The dialect of the standard itself, OpenRTB 2.5 and 2.6: `github.com/InteractiveAdvertisingBureau/openrtb2.x`."""

from adapters.exchanges.plain_prices import read_plain_price
from adserver.openrtb.dialect import Plain, Price, Unread


class OpenRtb(Plain):
    """Nothing differs: prices are plain, notices are `nurl`, `burl` and `lurl`, the markup's pixel bills players."""

    def read_price(self, text: str | None, bid_s: float, now_s: float) -> Price | Unread:
        """Return the clearing price, a decimal."""
        return read_plain_price(text)
