"""The bid event: what was known when we bid, for reports and training. The schema is documented."""

import msgspec

from adserver.domain.bid import Bid
from adserver.domain.creative import size_of
from adserver.domain.fees import PPM
from adserver.domain.opportunity import Auction, AuctionType
from adserver.domain.seen import NOT_SEEN
from adserver.domain.week import hour_of_week
from adserver.ports import ClickModel
from adserver.ports.deciding import Decider


class BidEvent(msgspec.Struct, frozen=True, gc=False):
    """One line of the event log. Amounts in house nanos per impression, hours in UTC."""

    at: float
    bid: str
    exchange: str
    media: str
    size: str
    country: str
    region: str
    city: str
    device_type: str
    os: str
    inventory_type: str
    publication: str
    position: int
    category: str
    hour_of_week: int
    segments: int
    floor: int
    advertiser: str
    line_item: str
    creative: str
    deal: str
    p_click: float
    value: int
    price: int
    model: str
    correction: float
    """By what the odds of `p_click` were multiplied, as later clicks asked for; 1 without evidence."""
    measured: bool
    trainable: bool
    impressions: float
    """How many the one on offer is: more on screens out of home."""
    path: str
    relation: str
    propensity: float
    """With which probability exactly this was shown of what takes turns."""
    draw: float
    """By what the click probability was multiplied to rank it, to learn; 1: it was not."""
    products: tuple[int, ...]
    browser: str
    tag: str
    """The publisher's name of the space, where it has the look of one and the person may be recognised."""
    weather: str
    contacts: int | None
    """What models saw of the person, like the next two; `None`: nothing, or it may not be learned from."""
    line_item_contacts: int | None
    audience: tuple[str, ...] | None
    auction: str
    """By which kind of auction the price was made: the deal's, if it says so."""
    p_win: float | None
    """How likely the price was thought to win; `None` where nothing is learned of such auctions."""
    event: str = "bid"


class ShadowEvent(msgspec.Struct, frozen=True, gc=False):
    """What a model that decided nothing would have said of a bid."""

    at: float
    bid: str
    exchange: str
    media: str
    model: str
    p_click: float
    measured: bool
    trainable: bool
    event: str = "shadow"


_KINDS = {each: each.name.lower() for each in AuctionType}
_encode = msgspec.json.Encoder().encode


def bid_event(
    auction: Auction,
    bid: Bid,
    bid_hex: str,
    now_s: float,
    decider: Decider,
    *,
    measured: bool,
    trainable: bool,
) -> bytes:
    """Return the JSON line, without its line end.

    Where measuring is not allowed it is kept for the books alone: of the place the region, of the person nothing. What
    only models need is there only where they may learn from it.
    """
    candidate = bid.candidate
    taught = measured and trainable
    seen = auction.seen if taught else NOT_SEEN
    opportunity = bid.opportunity
    media = bid.media_type.name.lower()
    return _encode(
        BidEvent(
            now_s,
            bid_hex,
            auction.exchange,
            media,
            size_of(candidate.creative),
            auction.country,
            auction.region,
            auction.city if measured else "",
            auction.device_type,
            auction.os,
            auction.inventory_type,
            auction.publication,
            opportunity.position,
            auction.categories[0] if auction.categories else "",
            hour_of_week(now_s),
            auction.segment_count if measured else 0,
            opportunity.floor,
            candidate.advertiser,
            candidate.line_item,
            candidate.creative.id,
            bid.deal.id if bid.deal is not None else "",
            bid.click_probability,
            bid.value,
            bid.price,
            decider.model.name,
            decider.correction(auction.exchange, media),
            measured,
            trainable,
            opportunity.multiplier_ppm / PPM,
            auction.path,
            auction.relation,
            bid.propensity,
            bid.draw,
            bid.products,
            auction.browser if taught else "",
            opportunity.tag_id if taught else "",
            auction.weather if taught else "",
            seen.contacts,
            seen.of(candidate.line_item_number),
            seen.audience,
            _KINDS[_auction_type(auction, bid)],
            None if bid.offer is None else bid.offer.chance,
        )
    )


def _auction_type(auction: Auction, bid: Bid) -> AuctionType:
    deal = bid.deal
    return auction.auction_type if deal is None or deal.auction_type is None else deal.auction_type


def shadow_event(
    auction: Auction, bid: Bid, bid_hex: str, now_s: float, shadow: ClickModel
) -> bytes:
    """Ask the shadow about a bid that may be measured and learned from; return the JSON line, without its line end."""
    (probability,) = shadow.click_probabilities(auction, bid.opportunity, [bid.candidate], now_s)
    media = bid.media_type.name.lower()
    return _encode(
        ShadowEvent(
            now_s,
            bid_hex,
            auction.exchange,
            media,
            shadow.name,
            probability,
            measured=True,
            trainable=True,
        )
    )
