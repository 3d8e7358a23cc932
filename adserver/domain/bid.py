"""What we offer for one opportunity."""

import msgspec

from adserver.domain.candidate import Candidate
from adserver.domain.money import Nanos
from adserver.domain.offer import Offer
from adserver.domain.opportunity import DealTerms, MediaType, Opportunity


class Bid(msgspec.Struct, frozen=True, kw_only=True):
    """A decided bid, still without identity or markup; amounts but `reserved` are house nanos per impression."""

    opportunity: Opportunity
    candidate: Candidate
    media_type: MediaType
    deal: DealTerms | None
    click_probability: float
    value: Nanos
    """What the impression is worth to the advertiser as media cost: net of fees, before pacing."""
    price: Nanos
    """What we offer: never above value, never below the floor."""
    reserved: Nanos
    """What is set aside: the price of all impressions that the opportunity is, and every fee that it would cause."""
    propensity: float = 1.0
    """With which probability exactly this was shown of what takes turns in the line item: creatives, products."""
    draw: float = 1.0
    """By what the click probability was multiplied to rank it among the others of this opportunity; 1: not to learn."""
    offer: Offer | None = None
    """What the price comes from, where the landscape knows such auctions."""
    generation: int = 0
    """Which state of the feed the products are of."""
    products: tuple[int, ...] = ()
    """Numbers of the products in a dynamic creative; none: its fallback is shown."""
