"""Where notices and markup report to: the one place that spells our tracking URLs.

`/n/{win|billing|loss}/{token}`   auction notices, called by the exchange
`/t/{impression|click|viewable}/{token}`   called by the person's device
`/v/{token}/{event}`              video events
`/r/why/{token}`                  why this was chosen and who paid, opened by the person
"""

from typing import NamedTuple
from urllib.parse import quote

from adserver.domain.consent import ConsentMacros
from adserver.domain.exchange import ExchangeTerms, Macros
from adserver.domain.opportunity import MediaType
from adserver.ports import Links


class Gaps(NamedTuple):
    """What stands in markup that is written once, where something differs from bid to bid."""

    token: str
    serving: str
    consent: ConsentMacros


class NoticeUrls(NamedTuple):
    """The notice URLs of one bid; `None` where the exchange's declaration wants none."""

    win: str | None
    billing: str | None
    loss: str | None


def markup_links(
    base: str,
    gaps: Gaps,
    terms: ExchangeTerms,
    media_type: MediaType,
    *,
    out_of_home: bool,
    labelled: bool,
) -> Links:
    """Return the links for a creative's markup; the price macro only where the pixel is what bills, and the exchange's
    macro before the click only in HTML: players and publishers count clicks by themselves.

    `labelled`: the markup is to have a link to why it was chosen.
    """
    token, macros = gaps.token, terms.macros
    price = ""
    if terms.billable(media_type, out_of_home=out_of_home) == "impression":
        played = media_type in {MediaType.VIDEO, MediaType.AUDIO}
        price = _price(macros.vast_price if played else macros.markup_price, macros, out_of_home)
    prefix = macros.click if media_type is MediaType.BANNER else ""
    click = f"{base}/t/click/{token}"
    return Links(
        f"{base}/t/impression/{token}{price}",
        prefix + quote(click, safe="") if prefix else click,
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
    """Return `nurl`, `burl` and `lurl`; `burl` only where the billing notice is what bills, the others where they bill
    or the exchange calls them. What would have won too is asked for once of a bid that won: when it wins, if that is told.
    """
    macros = terms.macros
    price = _price(macros.price, macros, out_of_home)
    bills = terms.billable(media_type, out_of_home=out_of_home)
    won = bills == "win" or "win" in terms.notices
    loss = f"{base}/n/loss/{token}?r={macros.loss}&p={macros.min_to_win}"
    least = f"{'&' if price else '?'}m={macros.min_to_win}" if macros.min_to_win else ""
    return NoticeUrls(
        f"{base}/n/win/{token}{price}{least}" if won else None,
        f"{base}/n/billing/{token}{price}{'' if won else least}" if bills == "billing" else None,
        loss if "loss" in terms.notices else None,
    )


def _price(macro: str, macros: Macros, out_of_home: bool) -> str:  # noqa: FBT001 - private
    """Return the query that brings the price, and out of home how many people it is for."""
    people = f"&n={macros.multiplier}" if out_of_home else ""
    return f"?p={macro}{people}" if macro else ""
