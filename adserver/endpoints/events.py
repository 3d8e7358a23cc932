"""The bid event: what was known when we bid, for reports and training. The schema is documented."""

import msgspec

from adserver.domain.bid import Bid
from adserver.domain.creative import Banner, Creative, Dynamic, Video
from adserver.domain.fees import PPM
from adserver.domain.opportunity import Auction
from adserver.domain.week import hour_of_week


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
    measured: bool
    trainable: bool
    impressions: float
    """How many the one on offer is: more on screens out of home."""
    path: str
    relation: str
    propensity: float
    """With which probability exactly this was shown of what takes turns."""
    products: tuple[int, ...]
    event: str = "bid"


_encode = msgspec.json.Encoder().encode


def bid_event(
    auction: Auction,
    bid: Bid,
    bid_hex: str,
    now_s: float,
    model: str,
    *,
    measured: bool,
    trainable: bool,
) -> bytes:
    """Return the JSON line, without its line end.

    Where measuring is not allowed it is kept for the books alone: of the place the region, of the person nothing.
    """
    candidate = bid.candidate
    opportunity = bid.opportunity
    return _encode(
        BidEvent(
            now_s,
            bid_hex,
            auction.exchange,
            bid.media_type.name.lower(),
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
            model,
            measured,
            trainable,
            opportunity.multiplier_ppm / PPM,
            auction.path,
            auction.relation,
            bid.propensity,
            bid.products,
        )
    )


def size_of(creative: Creative) -> str:
    """Return `300x250` for a banner, the first rendition's size for a video, nothing for the others."""
    if isinstance(creative, Banner | Dynamic):
        return f"{creative.width}x{creative.height}"
    if isinstance(creative, Video) and creative.media_files:
        return f"{creative.media_files[0].width}x{creative.media_files[0].height}"
    return ""
