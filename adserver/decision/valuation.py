"""What an impression is worth to an advertiser, net of every fee, and how much of that to show now."""

from collections.abc import Sequence

import msgspec

from adserver.decision.demands import Demand
from adserver.decision.pacing import shaken
from adserver.decision.tracing import Trace, Valued
from adserver.decision.world import Moment, World
from adserver.domain.candidate import Candidate
from adserver.domain.fees import media_value
from adserver.domain.money import Nanos
from adserver.domain.opportunity import OUT_OF_HOME, Auction, Opportunity
from adserver.domain.reasons import Reason


class Worth(msgspec.Struct, frozen=True):
    """A candidate with its value here; house nanos per impression."""

    candidate: Candidate
    click_probability: float
    value: Nanos
    paced: Nanos
    """`value` times the line item's pace: what selection compares and shading starts from."""
    floor: Nanos


def value(
    world: World,
    auction: Auction,
    opportunity: Opportunity,
    demand: Demand,
    shortlisted: Sequence[Candidate],
    moment: Moment,
    trace: Trace,
) -> list[Worth]:
    """Return the worth of each that reaches the floor, the highest paced value first.

    In a guaranteed deal it is at least the agreed price, as far as the line item's maximum and the guard-rails allow.
    """
    if not shortlisted:
        return []
    if auction.inventory_type == OUT_OF_HOME:
        clicks: Sequence[float] = [0.0] * len(shortlisted)
    else:
        clicks = world.clicks.click_probabilities(auction, opportunity, shortlisted, moment.now_s)
    ceiling = _ceiling(world, moment)
    floor, exactly = demand.floor, demand.exactly
    paces = moment.paces
    guaranteed = demand.deal is not None and demand.deal.guaranteed
    worths = []
    below = 0
    for candidate, probability in zip(shortlisted, clicks, strict=True):
        gross = min(_gross(world, candidate, probability), candidate.goal.max_cpm)
        net = media_value(gross, candidate.fees)
        if ceiling is not None and net > ceiling:
            net = ceiling
        floor = floor if exactly is None else exactly(candidate.creative)
        if guaranteed and net < floor:  # it was agreed to be worth that, whatever the model says
            net = min(floor, candidate.bound, floor if ceiling is None else ceiling)
        pace = paces[candidate.line_item_index]
        paced = int(net * (pace if pace == 1.0 else shaken(pace, moment.shake)))
        if trace.wanted:
            deal = demand.deal.id if demand.deal is not None else ""
            trace.valued(
                Valued(
                    opportunity.id,
                    candidate.index,
                    deal,
                    probability,
                    net,
                    paced,
                    floor,
                    guaranteed,
                )
            )
        if paced < floor or paced <= 0:
            below |= 1 << candidate.index
        else:
            worths.append(Worth(candidate, probability, net, paced, floor))
    if below:
        alive = sum(1 << candidate.index for candidate in shortlisted)
        trace.narrow(Reason.BELOW_FLOOR, alive, ~below, demand.floor)
    if len(worths) > 1:
        worths.sort(key=_rank)
    return worths


def _rank(worth: Worth) -> tuple[int, int]:
    return (-worth.paced, worth.candidate.index)


def _gross(world: World, candidate: Candidate, click_probability: float) -> Nanos:
    goal = candidate.goal
    if goal.kind == "cpm":
        return goal.amount
    if goal.kind == "cpc":
        return int(goal.amount * click_probability)
    return int(goal.amount * click_probability * world.orders.orders_per_click(candidate))


def _ceiling(world: World, moment: Moment) -> Nanos | None:
    """Return the lower of the guard-rails on a bid: everywhere, and at this exchange."""
    everywhere, here = world.max_cpm, moment.terms.max_cpm
    if everywhere is None or here is None:
        return here if everywhere is None else everywhere
    return min(everywhere, here)
