"""What an impression is worth to an advertiser, net of every fee, and how much of that to show now."""

from collections.abc import Iterator, Sequence

from adserver.decision import exploring
from adserver.decision.demands import Demand
from adserver.decision.pacing import shaken
from adserver.decision.tracing import Trace, Valued
from adserver.decision.world import Moment, World
from adserver.decision.worth import Worth, by_paced
from adserver.domain.campaign import Goal
from adserver.domain.candidate import Candidate
from adserver.domain.fees import PPM, media_value
from adserver.domain.money import Nanos
from adserver.domain.opportunity import OUT_OF_HOME, Auction, Opportunity
from adserver.domain.reasons import Reason
from adserver.ports import Orders

_NO_ORDERS = Orders(0.0, 0)


def value(
    world: World,
    auction: Auction,
    opportunity: Opportunity,
    demand: Demand,
    shortlisted: Sequence[Candidate],
    moment: Moment,
    trace: Trace,
) -> list[Worth]:
    """Return the worth of each that reaches the floor, the highest paced value first; now and then by another order, to
    learn: see `exploring`.

    In a guaranteed deal it is at least the agreed price, as far as the line item's maximum and the guard-rails allow.
    """
    if not shortlisted:
        return []
    clicks = _clicks(world, auction, opportunity, shortlisted, moment)
    ceiling = _ceiling(world, moment)
    floor, exactly = demand.floor, demand.exactly
    paces = moment.paces
    guaranteed = demand.deal is not None and demand.deal.guaranteed
    worths = []
    below = 0
    heard: dict[int, Orders] = {}
    orders = _orders(world, auction, opportunity, shortlisted, moment, heard)
    for candidate, probability in zip(shortlisted, clicks, strict=True):
        goal = candidate.goal
        net = media_value(min(_gross(goal, probability, orders), goal.max_cpm), candidate.fees)
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
                    *heard.get(candidate.index, _NO_ORDERS)[:2],
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
        if world.learn_ppm and exploring.happens(moment.seed, world.learn_ppm):
            return exploring.ranked(world, auction, opportunity, worths, heard, moment, trace)
        worths.sort(key=by_paced)
    return worths


def _clicks(
    world: World,
    auction: Auction,
    opportunity: Opportunity,
    shortlisted: Sequence[Candidate],
    moment: Moment,
) -> Sequence[float]:
    """Return each one's probability of a click; nobody clicks on a screen in public."""
    if auction.inventory_type == OUT_OF_HOME:
        return [0.0] * len(shortlisted)
    return world.clicks.click_probabilities(auction, opportunity, shortlisted, moment.now_s)


def _orders(
    world: World,
    auction: Auction,
    opportunity: Opportunity,
    shortlisted: Sequence[Candidate],
    moment: Moment,
    heard: dict[int, Orders],
) -> Iterator[Orders]:
    """Yield what is expected of each whose goal is by orders: one call for all, and none if nobody wants to know.

    What was heard is noted, by candidate.
    """
    asked = [each for each in shortlisted if each.goal.by_orders]
    expected = world.orders.orders(auction, opportunity, asked, moment.now_s)
    heard.update(zip([each.index for each in asked], expected, strict=True))
    yield from expected


def _gross(goal: Goal, click_probability: float, orders: Iterator[Orders]) -> Nanos:
    """Return what an impression is worth, fees included; rounded down."""
    kind = goal.kind
    if kind == "cpm":
        return goal.amount
    if kind == "cpc":
        return int(goal.amount * click_probability)
    expected = next(orders)
    per_view = click_probability * expected.per_click
    if kind == "cpa":
        return int(goal.amount * per_view)
    per_return = per_view * PPM / goal.return_ppm
    return int(expected.worth * per_return)


def _ceiling(world: World, moment: Moment) -> Nanos | None:
    """Return the lower of the guard-rails on a bid: everywhere, and at this exchange."""
    everywhere, here = world.max_cpm, moment.terms.max_cpm
    if everywhere is None or here is None:
        return here if everywhere is None else everywhere
    return min(everywhere, here)
