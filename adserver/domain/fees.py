"""Fees on media, one arithmetic for what is reserved with a bid and what is charged when it is billed.

One opportunity may be so many impressions (a screen out of home that several people look at): prices and rates are per
impression, money is for all of them. How many is counted in millionths, since it need not be whole.
"""

from adserver.domain.campaign import Fees
from adserver.domain.money import Nanos, share

PPM = 1_000_000


def fees_on(media: Nanos, fees: Fees, multiplier_ppm: int = PPM) -> tuple[Nanos, Nanos, Nanos]:
    """Return data, tech and margin for media that cost this in all, each half-even to the nano."""
    data = fees.data_cpm
    return (
        data if multiplier_ppm == PPM else share(data, multiplier_ppm, PPM),
        share(media, fees.tech_ppm, PPM),
        share(media, fees.margin_ppm, PPM),
    )


def with_fees(price: Nanos, fees: Fees, multiplier_ppm: int = PPM) -> Nanos:
    """Return what so many impressions at this price each cost the advertiser in all."""
    media = price if multiplier_ppm == PPM else share(price, multiplier_ppm, PPM)
    return media + sum(fees_on(media, fees, multiplier_ppm))


def media_value(gross: Nanos, fees: Fees) -> Nanos:
    """Return what is left for media when `gross` must also pay the fees; rounds down, never negative."""
    left = gross - fees.data_cpm
    if left <= 0:
        return 0
    return left * PPM // (PPM + fees.tech_ppm + fees.margin_ppm)
