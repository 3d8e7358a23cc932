"""The decision, as a table of contents."""

from collections.abc import Sequence

from adserver.catalog.snapshot import Snapshot
from adserver.decision import (
    demands,
    eligibility,
    fitting,
    frequency,
    selection,
    shortlist,
    transparency,
    valuation,
)
from adserver.decision.tracing import SILENT, Trace
from adserver.decision.world import Moment, World
from adserver.domain.bid import Bid
from adserver.domain.opportunity import Auction


def look_ahead(snapshot: Snapshot, auction: Auction) -> list[int]:
    """Return who of all fits each opportunity: if nobody does, nothing more need be known, not even the person."""
    return [
        fitting.narrow(snapshot, each, snapshot.everyone, SILENT) for each in auction.opportunities
    ]


def decide(
    world: World, auction: Auction, fits: Sequence[int], moment: Moment, trace: Trace
) -> list[Bid]:
    """Return the bids for one auction; `trace.reason` names why an empty answer is empty.

    `fits` is what `look_ahead` returned. Pure but for what it claims from `moment.purse`: the same arguments give the
    same bids.
    """
    snapshot = world.snapshot
    eligible = snapshot.everyone
    if any(fits):
        eligible = eligibility.narrow(snapshot, auction, moment, trace)
        eligible = frequency.hold_back(snapshot, auction, moment, eligible, trace)
    if not eligible:
        trace.missed = dict.fromkeys((each.id for each in auction.opportunities), trace.reason)
        return []
    listener = eligibility.listener(snapshot, auction, moment)
    bids: list[Bid] = []
    taken: set[int] = set()
    for opportunity, fit in zip(auction.opportunities, fits, strict=True):
        trace.opportunity = opportunity.id
        alive = eligible & fit
        if trace.wanted or not alive:  # somebody wants to know who fell, or which step was the last
            alive = fitting.narrow(snapshot, opportunity, eligible, trace)
        if auction.transparency is not None:
            alive = transparency.narrow(snapshot, auction.transparency, opportunity, alive, trace)
        for demand in demands.split(snapshot, auction, opportunity, alive, trace):
            few = shortlist.keep(world, demand, listener, moment, trace)
            worths = valuation.value(world, auction, opportunity, demand, few, moment, trace)
            bid = selection.choose(worths, auction, opportunity, demand, moment, taken, trace)
            if bid is not None:
                bids.append(bid)
        if not bids or bids[-1].opportunity is not opportunity:
            trace.missed[opportunity.id] = trace.reason
    return bids
