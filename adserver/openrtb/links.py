"""Where notices and markup report to: the one place that spells our tracking URLs.

`/n/{win|billing|loss}/{token}`   auction notices, called by the exchange
`/t/{impression|click}/{token}`   called by the person's device
`/v/{token}/{event}`              video events
`/r/why/{token}`                  why this was chosen and who paid, opened by the person
"""

from typing import NamedTuple

from adserver.domain.exchange import Billable
from adserver.ports import Links


class NoticeUrls(NamedTuple):
    """The notice URLs of one bid; `None` where the exchange's declaration wants none."""

    win: str
    billing: str | None
    loss: str


def markup_links(
    base: str, token: str, serving: str, billable: Billable, *, labelled: bool
) -> Links:
    """Return the links for a creative's markup; the price macro only where the pixel is what bills.

    `labelled`: the markup is to have a link to why it was chosen.
    """
    price = "?p=${AUCTION_PRICE}" if billable == "impression" else ""
    return Links(
        f"{base}/t/impression/{token}{price}",
        f"{base}/t/click/{token}",
        f"{base}/v/{token}/",
        serving,
        f"{base}/r/why/{token}" if labelled else "",
    )


def notice_urls(base: str, token: str, billable: Billable) -> NoticeUrls:
    """Return `nurl`, `burl` and `lurl`; `burl` only where the billing notice is what bills."""
    return NoticeUrls(
        f"{base}/n/win/{token}?p=${{AUCTION_PRICE}}",
        f"{base}/n/billing/{token}?p=${{AUCTION_PRICE}}" if billable == "billing" else None,
        f"{base}/n/loss/{token}?r=${{AUCTION_LOSS}}&p=${{AUCTION_MIN_TO_WIN}}",
    )
