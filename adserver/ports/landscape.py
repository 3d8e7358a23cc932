"""What it takes to win: what shading needs to know of an auction's other bidders."""

from typing import Protocol

from adserver.domain.creative import AnyCreative
from adserver.domain.money import Nanos
from adserver.domain.offer import Offer
from adserver.domain.opportunity import Auction, DealTerms, Opportunity


class Landscape(Protocol):
    """How likely prices win first-price auctions."""

    def offer(
        self,
        auction: Auction,
        opportunity: Opportunity,
        creative: AnyCreative,
        deal: DealTerms | None,
        floor: Nanos,
        value: Nanos,
        now_s: float,
    ) -> Offer | None:
        """Return the price from `floor` to `value` with the highest (value - price) x P(win | price); pure.

        `None` without evidence about such auctions, or if no such price was ever seen to win. House nanos per impression.
        """


class PriceWatch(Protocol):
    """Who looks whether prices still win as often as the landscape says."""

    def booked(self, bid: bytes, exchange: str, offer: Offer, at_s: float) -> None:
        """Take in a bid that was sent with a price by the landscape; never blocks, never raises."""


class Unknown:
    """Nothing is known: a landscape of nowhere."""

    def offer(
        self,
        auction: Auction,
        opportunity: Opportunity,
        creative: AnyCreative,
        deal: DealTerms | None,
        floor: Nanos,
        value: Nanos,
        now_s: float,
    ) -> Offer | None:
        """Return nothing."""
        return None


UNKNOWN = Unknown()
