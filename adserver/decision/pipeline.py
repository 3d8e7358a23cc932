"""The decision, as a table of contents."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from msgspec.structs import replace

from adserver.catalog.audience import Listener
from adserver.catalog.snapshot import Snapshot
from adserver.decision import (
    demands,
    eligibility,
    fitting,
    frequency,
    places,
    pods,
    products,
    rotation,
    screens,
    seeing,
    selection,
    shortlist,
    transparency,
    valuation,
)
from adserver.decision.demands import Demand
from adserver.decision.tracing import SILENT, Trace
from adserver.decision.world import NOT_HELD_BACK, Moment, World
from adserver.domain.bid import Bid
from adserver.domain.creative import Dynamic
from adserver.domain.opportunity import OUT_OF_HOME, Auction, Opportunity
from adserver.domain.reasons import Reason


def look_ahead(snapshot: Snapshot, auction: Auction) -> list[int]:
    """Return who of all fits each opportunity: if nobody does, nothing more need be known, not even the person."""
    return [
        fitting.narrow(snapshot, each, snapshot.everyone, SILENT) for each in auction.opportunities
    ]


def allowed(snapshot: Snapshot, auction: Auction, moment: Moment, trace: Trace) -> int:
    """Return who may bid on a request at all, whatever its opportunities are like."""
    alive = eligibility.narrow(snapshot, auction, moment, trace)
    if auction.inventory_type == OUT_OF_HOME:
        return screens.narrow(snapshot, alive, trace)
    return frequency.hold_back(snapshot, auction, moment, alive, trace)


def decide(
    world: World, auction: Auction, fits: Sequence[int], moment: Moment, trace: Trace
) -> list[Bid]:
    """Return the bids for one auction; `trace.reason` names why an empty answer is empty.

    `fits` is what `look_ahead` returned. Pure but for what it claims from `moment.purse`, and for `auction.seen`: the
    same arguments give the same bids.
    """
    snapshot = world.snapshot
    if not any(fits):
        return _unfit(snapshot, auction, trace)
    eligible = allowed(snapshot, auction, moment, trace)
    if not eligible:
        trace.missed = dict.fromkeys((each.id for each in auction.opportunities), trace.reason)
        return []
    listener = eligibility.listener(snapshot, auction, moment)
    auction.seen = seeing.see(auction, moment, listener)
    bids: list[Bid] = []
    taken: set[int] = set()
    later: list[_Later] = []
    promised = snapshot.bound and demands.promised(auction.opportunities)
    for opportunity, fit in zip(auction.opportunities, fits, strict=True):
        trace.opportunity = opportunity.id
        alive = eligible & fit
        if trace.wanted or not alive:  # somebody wants to know who fell, or which step was the last
            alive = fitting.narrow(snapshot, opportunity, eligible, trace)
            if not alive:
                trace.missed[opportunity.id] = trace.reason
                continue
        if auction.transparency is not None or alive & snapshot.review.political:
            alive = _tellable(snapshot, auction, opportunity, alive, trace)
        ways = demands.split(snapshot, auction, opportunity, alive, trace)
        buy = partial(_buy, world, auction, opportunity, listener, moment, taken, trace)
        if promised:  # what is guaranteed at any opportunity comes before all else at all of them
            guaranteed, others = demands.apart(ways)
            found = _fill(snapshot, opportunity, guaranteed, bids, buy, trace)
            bids += found
            later.append(_Later(opportunity, others, buy, found, trace.reason))
            continue
        bids += _fill(snapshot, opportunity, ways, bids, buy, trace)
        if not bids or bids[-1].opportunity is not opportunity:
            trace.missed[opportunity.id] = trace.reason
    return _second_round(snapshot, later, bids, trace) if later else bids


def _tellable(
    snapshot: Snapshot, auction: Auction, opportunity: Opportunity, alive: int, trace: Trace
) -> int:
    """Return those of whom people will be told what must be told."""
    asked = auction.transparency
    if asked is not None:
        alive = transparency.narrow(snapshot, asked, opportunity, alive, trace)
    if alive & snapshot.review.political:
        alive = transparency.label_politics(snapshot, asked, opportunity, alive, trace)
    return alive


class _Later(NamedTuple):
    """An opportunity whose guaranteed deals were served."""

    opportunity: Opportunity
    others: list[Demand]
    """Its other ways to sell."""
    buy: pods.Buy
    found: list[Bid]
    reason: Reason
    """What emptied its field last."""


def _second_round(
    snapshot: Snapshot, later: Sequence[_Later], bids: list[Bid], trace: Trace
) -> list[Bid]:
    """Return all bids in the request's order, once the guaranteed deals of all opportunities were served."""
    answer: list[Bid] = []
    for opportunity, others, buy, found, reason in later:
        trace.opportunity, trace.reason = opportunity.id, reason
        more = _fill(snapshot, opportunity, others, bids, buy, trace, found)
        bids += more
        answer += found + more
        if not found and not more:
            trace.missed[opportunity.id] = trace.reason
    return answer


def _unfit(snapshot: Snapshot, auction: Auction, trace: Trace) -> list[Bid]:
    """Return no bids, and say of each opportunity what nobody fits."""
    for opportunity in auction.opportunities:
        trace.opportunity = opportunity.id
        fitting.narrow(snapshot, opportunity, snapshot.everyone, trace)
        trace.missed[opportunity.id] = trace.reason
    return []


def _fill(
    snapshot: Snapshot,
    opportunity: Opportunity,
    ways: Iterable[Demand],
    bids: list[Bid],
    buy: pods.Buy,
    trace: Trace,
    found: Sequence[Bid] = (),
) -> list[Bid]:
    """Return one bid for each way to sell an opportunity, or more where it has room for several.

    `found` are those of `bids` that its guaranteed deals got.
    """
    if opportunity.pod is not None:
        return pods.fill(snapshot, opportunity.pod, ways, bids, buy, trace, found)
    if opportunity.native is not None and opportunity.native.places > 1:
        return places.fill(snapshot, opportunity.native.places, ways, buy, trace)
    return [bid for bid in map(buy, ways) if bid is not None]


def _buy(
    world: World,
    auction: Auction,
    opportunity: Opportunity,
    listener: Listener,
    moment: Moment,
    taken: set[int],
    trace: Trace,
    demand: Demand,
) -> Bid | None:
    """Return the best bid for one way to sell, paid for."""
    if demand.deal is not None and demand.deal.guaranteed:
        moment = replace(moment, paces=NOT_HELD_BACK)
    turns = world.snapshot.rotation.members
    propensities: Mapping[int, float] | None = None
    if turns and demand.alive & turns:
        few, propensities = rotation.keep(world, demand, listener, moment, trace)
    else:
        few = shortlist.keep(world, demand, listener, moment, trace)
    worths = valuation.value(world, auction, opportunity, demand, few, moment, trace)
    bid = selection.choose(
        world.landscape, worths, auction, opportunity, demand, moment, taken, trace
    )
    if bid is not None:
        if propensities is not None:
            bid = replace(bid, propensity=propensities.get(bid.candidate.index, 1.0))
        if world.showcase is not None and isinstance(bid.candidate.creative, Dynamic):
            bid = products.furnished(world, auction, bid, bid.candidate.creative, moment)
    return bid
