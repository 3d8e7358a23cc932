"""One opportunity, several ways to sell it: each deal by its own terms, and the open auction."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial

import msgspec

from adserver.catalog.snapshot import Snapshot
from adserver.decision.tracing import Trace
from adserver.domain.creative import AnyCreative
from adserver.domain.floors import floor_for, lowest_floor
from adserver.domain.money import Nanos
from adserver.domain.opportunity import Auction, AuctionType, DealTerms, Opportunity
from adserver.domain.reasons import Reason


class Demand(msgspec.Struct, frozen=True):
    """A way to sell one opportunity, and who may buy that way."""

    deal: DealTerms | None
    floor: Nanos
    """What nobody may bid below."""
    auction_type: AuctionType
    alive: int
    exactly: Callable[[AnyCreative], Nanos] | None = None
    """The floor of one creative, where it depends on the duration: then it may be above `floor`."""

    @property
    def guaranteed(self) -> bool:
        """Tell whether we promised to buy this way."""
        return self.deal is not None and self.deal.guaranteed


def promised(opportunities: Iterable[Opportunity]) -> bool:
    """Tell whether any of them is offered by a guaranteed deal."""
    for each in opportunities:
        for deal in each.deals:  # mostly there are none
            if deal.guaranteed:
                return True
    return False


def apart(ways: Iterable[Demand]) -> tuple[list[Demand], list[Demand]]:
    """Return the guaranteed deals, and all other ways to sell."""
    guaranteed: list[Demand] = []
    others: list[Demand] = []
    for way in ways:
        (guaranteed if way.guaranteed else others).append(way)
    return guaranteed, others


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
            if kind is AuctionType.AGREED_PRICE and not deal.floor and deal.floors is None:
                members = trace.narrow(Reason.DEAL, members, 0, f"{deal.id} names no price")
            if members:
                yield (
                    Demand(deal, deal.floor, kind, members)
                    if deal.floors is None
                    else _by_duration(opportunity, deal, kind, members)
                )
        trace.narrow(Reason.DEAL, bound, offered, opportunity.deals)
    free = alive & ~snapshot.bound if snapshot.bound else alive
    if opportunity.deals_only:
        trace.narrow(Reason.DEAL, free, 0, "deals only")
    elif free:
        yield (
            Demand(None, opportunity.floor, auction.auction_type, free)
            if opportunity.video_floors is None and opportunity.audio_floors is None
            else _by_duration(opportunity, None, auction.auction_type, free)
        )


def _by_duration(
    opportunity: Opportunity, deal: DealTerms | None, kind: AuctionType, members: int
) -> Demand:
    exactly = partial(floor_for, opportunity, deal)
    return Demand(deal, lowest_floor(opportunity, deal), kind, members, exactly)
