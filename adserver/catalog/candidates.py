"""The pairs that may bid: each line item with each of its creatives, in the order of what they promise."""

from collections.abc import Mapping, Sequence

import msgspec

from adserver.catalog.placed import Placed
from adserver.domain.campaign import Goal
from adserver.domain.candidate import Candidate
from adserver.domain.creative import AnyCreative, Display, Html
from adserver.domain.display_fit import Size, fills
from adserver.domain.dsa import disclosure
from adserver.domain.fees import PPM, media_value
from adserver.domain.money import Nanos, share
from adserver.domain.targeting import EXACT_PLACES, Dimension, ListRule

GENEROUS_CLICKS_PPM = 20_000
"""Per-click goals are ranked as if people clicked this often, where no model tells: two in a hundred, rarely exceeded."""
ANY_OTHER = ""
"""The name of whoever is not named, among usual click rates."""
NO_RATES: Mapping[str, float] = {}


def ranked(placed: Sequence[Placed], rates: Mapping[str, float] = NO_RATES) -> list[Candidate]:
    """Return every pair of a line item and one of its creatives, the highest promise first.

    `rates` are the usual click rates of line items, by id, and of `ANY_OTHER`, as far as they are known. They order
    candidates and bound nothing.
    """
    otherwise = rates.get(ANY_OTHER, GENEROUS_CLICKS_PPM / PPM)
    pairs: list[tuple[Nanos, int, Placed, AnyCreative]] = []
    for position, each in enumerate(placed):
        creatives: Mapping[str, AnyCreative] = {c.id: c for c in each.advertiser.creatives}
        item = each.line_item
        sizes = item.targeting.get(Dimension.SIZE)
        promise = media_value(_promise(item.goal, rates.get(item.id, otherwise)), item.fees)
        pairs.extend(
            (promise, position, each, creative)
            for name in item.creatives
            if (creative := _in_wanted_sizes(creatives[name], sizes)) is not None
        )
    pairs.sort(key=lambda pair: (-pair[0], pair[1]))
    disclosures = {
        payer.id: disclosure(payer.dsa, payer.name, payer.domain)
        for payer in (each.advertiser for each in placed)
    }
    return [
        Candidate(
            index=index,
            line_item_index=position,
            line_item=each.line_item.id,
            line_item_number=each.line_item.number,
            campaign=each.campaign.id,
            advertiser=each.advertiser.id,
            advertiser_domain=each.advertiser.domain,
            advertiser_bundle=each.advertiser.bundle,
            categories=each.advertiser.categories,
            category_taxonomy=each.advertiser.category_taxonomy,
            creative=creative,
            goal=each.line_item.goal,
            fees=each.line_item.fees,
            bound=media_value(each.line_item.goal.max_cpm, each.line_item.fees),
            promise=promise,
            disclosure=disclosures[each.advertiser.id],
            by_audience=each.line_item.audience is not None,
            by_exact_place=not EXACT_PLACES.isdisjoint(each.line_item.targeting),
            app=each.line_item.app,
        )
        for index, (promise, position, each, creative) in enumerate(pairs)
    ]


def _promise(goal: Goal, click_rate: float) -> Nanos:
    if goal.kind == "cpm":
        worth = goal.amount
    else:
        worth = share(goal.amount, round(click_rate * PPM), PPM)
        if goal.by_orders:
            worth = int(worth * goal.orders_per_click)
        if goal.kind == "roas":
            worth = worth * PPM // goal.return_ppm
    return min(worth, goal.max_cpm)


def _in_wanted_sizes(creative: AnyCreative, rule: ListRule | None) -> AnyCreative | None:
    """Return the creative in those of its sizes that the rule wants, if any; players answer the rule per request.

    What fits a ratio is held to the sizes that the rule includes; what it only excludes cannot be told from a ratio.
    """
    if rule is None or not isinstance(creative, Display):
        return creative
    if not isinstance(creative, Html):
        return creative if _accepts(rule, (creative.width, creative.height)) else None
    named = [
        (int(wide), int(high)) for wide, _, high in (word.partition("x") for word in rule.include)
    ]
    sizes: tuple[Size, ...] = (*creative.sizes, *(each for each in named if fills(creative, each)))
    sizes = tuple(dict.fromkeys(each for each in sizes if _accepts(rule, each)))
    ratio = None if rule.include else creative.ratio
    if not sizes and ratio is None:
        return None
    return msgspec.structs.replace(creative, sizes=sizes, ratio=ratio)


def _accepts(rule: ListRule, measure: Size) -> bool:
    word = f"{measure[0]}x{measure[1]}"
    return word not in rule.exclude and (not rule.include or word in rule.include)
