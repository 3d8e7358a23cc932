"""The best candidate per way to sell, its price, and its money taken before the next is chosen."""

from collections.abc import Sequence

from adserver.decision import shading
from adserver.decision.demands import Demand
from adserver.decision.tracing import Trace
from adserver.decision.world import Moment
from adserver.decision.worth import Worth
from adserver.domain.bid import Bid
from adserver.domain.creative import AnyCreative, Audio, Native, Video
from adserver.domain.fees import with_fees
from adserver.domain.opportunity import Auction, MediaType, Opportunity
from adserver.domain.reasons import Reason
from adserver.ports.landscape import Landscape


def choose(
    landscape: Landscape,
    worths: Sequence[Worth],
    auction: Auction,
    opportunity: Opportunity,
    demand: Demand,
    moment: Moment,
    taken: set[int],
    trace: Trace,
) -> Bid | None:
    """Return a bid for the first whose money can be claimed; `taken` line items are passed over.

    A failed claim falls to the runner-up, and two opportunities never spend the same money.
    """
    for position, worth in enumerate(worths):
        candidate = worth.candidate
        alone = 1 << candidate.index
        if candidate.line_item_index in taken:
            trace.narrow(Reason.SEPARATION, alone, 0)
            continue
        price, offer = shading.price(
            landscape,
            moment.terms,
            auction,
            opportunity,
            candidate.creative,
            demand.deal,
            demand.auction_type,
            worth.floor,
            worth.paced,
            moment.now_s,
            moment.seed,
        )
        if price <= 0:  # nothing kept above no floor: an offer of nothing is none
            trace.narrow(Reason.BELOW_FLOOR, alone, 0, worth.floor)
            continue
        reserved = with_fees(price, candidate.fees, opportunity.multiplier_ppm)
        if not auction.test and not moment.purse.claim(
            candidate.line_item_index, auction.exchange, reserved
        ):
            ceiling = not moment.purse.covers(auction.exchange, reserved)
            trace.narrow(Reason.CEILING if ceiling else Reason.CLAIM_FAILED, alone, 0)
            continue
        taken.add(candidate.line_item_index)
        if trace.wanted:
            for other in worths[position + 1 :]:
                trace.narrow(Reason.OUTBID, 1 << other.candidate.index, 0, worth.paced)
        return Bid(
            opportunity=opportunity,
            candidate=candidate,
            media_type=_media_type(candidate.creative),
            deal=demand.deal,
            click_probability=worth.click_probability,
            value=worth.value,
            price=price,
            reserved=reserved,
            draw=worth.draw,
            offer=offer,
        )
    return None


def _media_type(creative: AnyCreative) -> MediaType:
    if isinstance(creative, Video):
        return MediaType.VIDEO
    if isinstance(creative, Audio):
        return MediaType.AUDIO
    if isinstance(creative, Native):
        return MediaType.NATIVE
    return MediaType.BANNER
