"""A landscape with one price, which wins half of the time."""

from adserver.domain.creative import AnyCreative
from adserver.domain.money import Nanos
from adserver.domain.offer import Offer
from adserver.domain.opportunity import Auction, DealTerms, Opportunity


class FakeLandscape:
    """Offers its price as near as floor and value allow; `wild`: whatever they say."""

    def __init__(self, price: Nanos, *, wild: bool = False, told: bool = True) -> None:
        self._price = price
        self._told = told
        self._wild = wild

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
        """Return the price."""
        price = self._price if self._wild else min(max(self._price, floor), value)
        return Offer(price, 0.5, "ssp / USA", 1_234, self._told)
