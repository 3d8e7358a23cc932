"""What we offer for one opportunity."""

import msgspec

from adserver.domain.candidate import Candidate
from adserver.domain.money import Nanos
from adserver.domain.opportunity import DealTerms, MediaType, Opportunity


class Bid(msgspec.Struct, frozen=True, kw_only=True):
    """A decided bid, still without identity or markup; amounts are house nanos per impression."""

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
    """What is set aside: the price and every fee that it would cause."""
