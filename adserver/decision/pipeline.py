"""The decision, as a table of contents."""

from adserver.decision import (
    demands,
    eligibility,
    fitting,
    frequency,
    selection,
    shortlist,
    valuation,
)
from adserver.decision.tracing import Trace
from adserver.decision.world import Moment, World
from adserver.domain.bid import Bid
from adserver.domain.opportunity import Auction


def decide(world: World, auction: Auction, moment: Moment, trace: Trace) -> list[Bid]:
    """Return the bids for one auction; `trace.reason` names why an empty answer is empty.

    Pure but for what it claims from `moment.purse`: the same arguments give the same bids.
    """
    snapshot = world.snapshot
    eligible = eligibility.narrow(snapshot, auction, moment, trace)
    eligible = frequency.hold_back(snapshot, auction, moment, eligible, trace)
    if not eligible:
        trace.missed = dict.fromkeys((each.id for each in auction.opportunities), trace.reason)
        return []
    bids: list[Bid] = []
    taken: set[int] = set()
    for opportunity in auction.opportunities:
        trace.opportunity = opportunity.id
        fit = fitting.narrow(snapshot, opportunity, eligible, trace)
        for demand in demands.split(snapshot, auction, opportunity, fit, trace):
            few = shortlist.keep(world, demand, moment, trace)
            worths = valuation.value(world, auction, opportunity, demand, few, moment, trace)
            bid = selection.choose(worths, auction, opportunity, demand, moment, taken, trace)
            if bid is not None:
                bids.append(bid)
        if not bids or bids[-1].opportunity is not opportunity:
            trace.missed[opportunity.id] = trace.reason
    return bids
