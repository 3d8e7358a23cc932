"""How much less than its value to offer when the auction charges what we bid."""

from adserver.domain.creative import AnyCreative
from adserver.domain.dice import happens, mixed
from adserver.domain.exchange import ExchangeTerms
from adserver.domain.money import Nanos, share
from adserver.domain.offer import Offer
from adserver.domain.opportunity import Auction, AuctionType, DealTerms, Opportunity
from adserver.ports.landscape import Landscape

PPM = 1_000_000
TRIED_PPM = 20_000
_TRIES, _HEIGHT = 201, 202
"""Which dice of a request's seed are thrown: nobody else's."""


def price(
    landscape: Landscape,
    terms: ExchangeTerms,
    auction: Auction,
    opportunity: Opportunity,
    creative: AnyCreative,
    deal: DealTerms | None,
    auction_type: AuctionType,
    floor: Nanos,
    paced: Nanos,
    now_s: float,
    seed: int,
) -> tuple[Nanos, Offer | None]:
    """Return the price to offer, never below the floor, never above the paced value, and what it comes from.

    First price: what leaves most to be expected by the landscape; without evidence the floor and a fixed share of what
    lies above it. Where nobody tells what it takes to win, now and then any price between, by the dice of the seed: who
    always offers the best known price learns of no better one. Second price: the value, since the runner-up sets what is paid. Agreed price: the floor is the price.
    """
    if auction_type is AuctionType.SECOND_PRICE:
        return paced, None
    if auction_type is AuctionType.AGREED_PRICE:
        return floor, None
    if terms.shading == "learned":
        offer = landscape.offer(auction, opportunity, creative, deal, floor, paced, now_s)
        if offer is not None:
            if not offer.told and happens(seed, _TRIES, TRIED_PPM):
                return floor + share(paced - floor, mixed(seed, _HEIGHT) % PPM, PPM), None
            return min(max(offer.price, floor), paced), offer
    return floor + share(paced - floor, terms.keep_ppm, PPM), None
