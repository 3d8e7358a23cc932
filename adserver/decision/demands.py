"""One opportunity, several ways to sell it: each deal by its own terms, and the open auction."""

from collections.abc import Iterator

import msgspec

from adserver.catalog.snapshot import Snapshot
from adserver.decision.tracing import Trace
from adserver.domain.money import Nanos
from adserver.domain.opportunity import Auction, AuctionType, DealTerms, Opportunity
from adserver.domain.reasons import Reason


class Demand(msgspec.Struct, frozen=True):
    """A way to sell one opportunity, and who may buy that way."""

    deal: DealTerms | None
    floor: Nanos
    auction_type: AuctionType
    alive: int


def split(
    snapshot: Snapshot, auction: Auction, opportunity: Opportunity, alive: int, trace: Trace
) -> Iterator[Demand]:
    """Yield the deals that anybody can use, then the open auction unless only deals may bid.

    Deals do not compete on price with the open auction: the seller weighs them (OpenRTB 7.3).
    """
    bound = alive & snapshot.bound if snapshot.bound else 0
    if bound:
        offered = 0
        for deal in opportunity.deals:
            if snapshot.deal_exchanges.get(deal.id) != auction.exchange:
                continue
            members = bound & snapshot.deals.accepting(deal.id)
            offered |= members
            if deal.advertiser_domains is not None:
                allowed = snapshot.advertiser_domains.holding(deal.advertiser_domains)
                members = trace.narrow(Reason.DEAL, members, allowed, deal.id)
            kind = deal.auction_type or auction.auction_type
            if kind is AuctionType.AGREED_PRICE and not deal.floor:
                members = trace.narrow(Reason.DEAL, members, 0, f"{deal.id} names no price")
            if members:
                yield Demand(deal, deal.floor, kind, members)
        trace.narrow(Reason.DEAL, bound, offered, opportunity.deals)
    free = alive & ~snapshot.bound if snapshot.bound else alive
    if opportunity.deals_only:
        trace.narrow(Reason.DEAL, free, 0, "deals only")
    elif free:
        yield Demand(None, opportunity.floor, auction.auction_type, free)
