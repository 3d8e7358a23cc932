"""Fees on media, one arithmetic for what is reserved with a bid and what is charged when it is billed."""

from adserver.domain.campaign import Fees
from adserver.domain.money import Nanos, share

PPM = 1_000_000


def fees_on(media: Nanos, fees: Fees) -> tuple[Nanos, Nanos, Nanos]:
    """Return data, tech and margin for media of this price, each half-even to the nano."""
    return (
        fees.data_cpm,
        share(media, fees.tech_ppm, PPM),
        share(media, fees.margin_ppm, PPM),
    )


def with_fees(media: Nanos, fees: Fees) -> Nanos:
    """Return what media of this price costs the advertiser in all."""
    return media + sum(fees_on(media, fees))


def media_value(gross: Nanos, fees: Fees) -> Nanos:
    """Return what is left for media when `gross` must also pay the fees; rounds down, never negative."""
    left = gross - fees.data_cpm
    if left <= 0:
        return 0
    return left * PPM // (PPM + fees.tech_ppm + fees.margin_ppm)
