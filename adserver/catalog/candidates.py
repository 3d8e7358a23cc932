"""The pairs that may bid: each line item with each of its creatives, in the order of what they promise."""

from collections.abc import Mapping, Sequence

from adserver.catalog.placed import Placed
from adserver.domain.campaign import Goal
from adserver.domain.candidate import Candidate
from adserver.domain.creative import AnyCreative, Banner
from adserver.domain.dsa import disclosure
from adserver.domain.fees import PPM, media_value
from adserver.domain.money import Nanos, share
from adserver.domain.targeting import Dimension, ListRule

GENEROUS_CLICKS_PPM = 20_000
"""Per-click goals are ranked as if people clicked this often: two in a hundred, rarely exceeded."""


def ranked(placed: Sequence[Placed]) -> list[Candidate]:
    """Return every pair of a line item and one of its creatives, the highest promise first."""
    pairs: list[tuple[Nanos, int, Placed, AnyCreative]] = []
    for position, each in enumerate(placed):
        creatives: Mapping[str, AnyCreative] = {c.id: c for c in each.advertiser.creatives}
        item = each.line_item
        sizes = item.targeting.get(Dimension.SIZE)
        promise = media_value(_promise(item.goal), item.fees)
        pairs.extend(
            (promise, position, each, creatives[name])
            for name in item.creatives
            if sizes is None or _wanted_size(creatives[name], sizes)
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
        )
        for index, (promise, position, each, creative) in enumerate(pairs)
    ]


def _promise(goal: Goal) -> Nanos:
    if goal.kind == "cpm":
        worth = goal.amount
    else:
        worth = share(goal.amount, GENEROUS_CLICKS_PPM, PPM)
        if goal.kind == "cpa":
            worth = int(worth * goal.orders_per_click)
    return min(worth, goal.max_cpm)


def _wanted_size(creative: AnyCreative, rule: ListRule) -> bool:
    """A banner's own size answers the rule now; players and native spaces answer it per request."""
    if not isinstance(creative, Banner):
        return True
    size = f"{creative.width}x{creative.height}"
    return size not in rule.exclude and (not rule.include or size in rule.include)
