"""The landscape as the request path sees it: the one that was loaded, moved by where prices are now.

Whatever changes, changes between two requests by setting an attribute.
"""

from collections.abc import Mapping
from types import MappingProxyType

from adserver.domain.creative import AnyCreative
from adserver.domain.money import Nanos, share
from adserver.domain.offer import Offer
from adserver.domain.opportunity import Auction, DealTerms, Opportunity
from adserver.ports.landscape import UNKNOWN, Landscape

PPM = 1_000_000
STILL: Mapping[str, int] = MappingProxyType({})
ALL: Mapping[str, float] = MappingProxyType({})


class ServedLandscape:
    """`ports.landscape.Landscape`."""

    def __init__(self) -> None:
        self.levels: Mapping[str, int] = STILL
        """By exchange: what prices are there now, as millionths of what was learned; 0: what was learned is refuted."""
        self.served = 0
        """How many landscapes have served here."""
        self.since_s = 0.0
        """When the one in force began to serve."""
        self._landscape: Landscape = UNKNOWN
        self._paid: Mapping[str, float] = ALL

    def serve(self, landscape: Landscape, paid: Mapping[str, float], now_s: float) -> None:
        """Have this one serve from the next request on; it has learned where prices are, and which share of won bids is
        ever billed, by exchange.
        """
        self._landscape, self._paid = landscape, paid
        self.levels = STILL
        self.since_s = now_s
        self.served += 1

    def paid(self, exchange: str) -> float:
        """Return which share of the bids won there is billed."""
        return self._paid.get(exchange, 1.0)

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
        """Return the best price, as if all amounts were what they were when that was learned."""
        level = self.levels.get(auction.exchange, PPM)
        if level == PPM:
            return self._landscape.offer(auction, opportunity, creative, deal, floor, value, now_s)
        if level <= 0:
            return None
        before = -(-floor * PPM // level), value * PPM // level
        found = self._landscape.offer(auction, opportunity, creative, deal, *before, now_s)
        if found is None:
            return None
        return found._replace(price=min(max(share(found.price, level, PPM), floor), value))
