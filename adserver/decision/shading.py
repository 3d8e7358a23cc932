"""How much less than its value to offer when the auction charges what we bid."""

from adserver.domain.money import Nanos, share
from adserver.domain.opportunity import AuctionType

PPM = 1_000_000


def price(paced: Nanos, floor: Nanos, auction_type: AuctionType, keep_ppm: int) -> Nanos:
    """Return the price to offer: never below the floor, never above the paced value.

    First price: the floor and a fixed share of what lies above it, a plain first rule. Second price:
    the value, since the runner-up sets what is paid. Agreed price: the floor is the price.
    """
    if auction_type is AuctionType.SECOND_PRICE:
        return paced
    if auction_type is AuctionType.AGREED_PRICE:
        return floor
    return floor + share(paced - floor, keep_ppm, PPM)
