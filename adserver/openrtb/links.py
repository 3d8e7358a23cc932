"""Where notices and markup report to: the one place that spells our tracking URLs.

`/n/{win|billing|loss}/{token}`   auction notices, called by the exchange
`/t/{impression|click|viewable}/{token}`   called by the person's device
`/v/{token}/{event}`              video events
`/r/why/{token}`                  why this was chosen and who paid, opened by the person
"""

from typing import NamedTuple
from urllib.parse import quote

from adserver.domain.consent import ConsentMacros
from adserver.domain.exchange import ExchangeTerms
from adserver.domain.opportunity import MediaType
from adserver.ports import Links


class Gaps(NamedTuple):
    """What stands in markup that is written once, where something differs from bid to bid."""

    token: str
    serving: str
    consent: ConsentMacros


class NoticeUrls(NamedTuple):
    """The notice URLs of one bid; `None` where the exchange's declaration wants none."""

    win: str
    billing: str | None
    loss: str


def markup_links(
    base: str,
    gaps: Gaps,
    terms: ExchangeTerms,
    media_type: MediaType,
    *,
    out_of_home: bool,
    labelled: bool,
) -> Links:
    """Return the links for a creative's markup; the price macro only where the pixel is what bills.

    `labelled`: the markup is to have a link to why it was chosen.
    """
    token, macros = gaps.token, terms.macros
    price = ""
    if terms.billable(media_type, out_of_home=out_of_home) == "impression":
        played = media_type in {MediaType.VIDEO, MediaType.AUDIO}
        price = f"?p={macros.vast_price if played else macros.markup_price}"
    click = f"{base}/t/click/{token}"
    return Links(
        f"{base}/t/impression/{token}{price}",
        macros.click + quote(click, safe="") if macros.click else click,
        f"{base}/v/{token}/",
        gaps.serving,
        f"{base}/r/why/{token}" if labelled else "",
        f"{base}/t/viewable/{token}",
        gaps.consent,
        click,
    )


def notice_urls(
    base: str, token: str, terms: ExchangeTerms, media_type: MediaType, *, out_of_home: bool
) -> NoticeUrls:
    """Return `nurl`, `burl` and `lurl`; `burl` only where the billing notice is what bills."""
    macros = terms.macros
    people = f"&n={macros.multiplier}" if out_of_home else ""
    price = f"?p={macros.price}{people}"
    billing = terms.billable(media_type, out_of_home=out_of_home) == "billing"
    return NoticeUrls(
        f"{base}/n/win/{token}{price}",
        f"{base}/n/billing/{token}{price}" if billing else None,
        f"{base}/n/loss/{token}?r={macros.loss}&p={macros.min_to_win}",
    )
