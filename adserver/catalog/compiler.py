"""Catalog -> snapshot: everything that can be known before a request is known here."""

from array import array
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from adserver.catalog.audience import AudienceIndex, without
from adserver.catalog.bits import Run, bits
from adserver.catalog.fitting import FitIndex
from adserver.catalog.floors import FloorIndex
from adserver.catalog.frequency import FrequencyIndex
from adserver.catalog.lists import Blocklist, ListIndex, category_and_parent
from adserver.catalog.schedule import Calendar
from adserver.catalog.snapshot import Snapshot
from adserver.catalog.withheld import NOTHING, Withheld
from adserver.domain.campaign import (
    Advertiser,
    Campaign,
    Cap,
    Catalog,
    Goal,
    InsertionOrder,
    LineItem,
)
from adserver.domain.candidate import Candidate
from adserver.domain.creative import AnyCreative, Banner
from adserver.domain.dsa import disclosure
from adserver.domain.fees import PPM, media_value
from adserver.domain.money import Nanos, share
from adserver.domain.reasons import Reason
from adserver.domain.targeting import Dimension, ListRule

GENEROUS_CLICKS_PPM = 20_000
"""Per-click goals are ranked as if people clicked this often: two in a hundred, rarely exceeded."""

SINGLE_VALUED = (
    Dimension.EXCHANGE,
    Dimension.COUNTRY,
    Dimension.INVENTORY_TYPE,
    Dimension.DEVICE_TYPE,
    Dimension.OS,
    Dimension.REGION,
    Dimension.CITY,
    Dimension.PUBLICATION,
)
"""Dimensions of which an auction has one value: in its field, and its reason, of the same name."""


class Placed(msgspec.Struct, frozen=True):
    """An active line item with its parents."""

    advertiser: Advertiser
    campaign: Campaign
    insertion_order: InsertionOrder
    line_item: LineItem

    @property
    def chain(self) -> tuple[Advertiser, Campaign, InsertionOrder, LineItem]:
        """The line item behind its parents."""
        return self.advertiser, self.campaign, self.insertion_order, self.line_item

    @property
    def is_active(self) -> bool:
        """Tell whether it may bid: it is active, as all its parents are."""
        return all(each.status == "active" for each in self.chain)

    @property
    def is_archived(self) -> bool:
        """Tell whether it, or a parent, is history."""
        return any(each.status == "archived" for each in self.chain)


def compile_snapshot(catalog: Catalog, withheld: Withheld = NOTHING) -> Snapshot:
    """Build the indexes for a checked catalog. Linear in candidates times dimensions.

    Nobody is in the segments that are withheld, and the line items that are do not bid.
    """
    placed = list(active_line_items(catalog))
    candidates = _candidates(placed)
    size = len(candidates)
    members: list[list[int]] = [[] for _ in placed]
    for candidate in candidates:
        members[candidate.line_item_index].append(candidate.index)
    home = [placed[candidate.line_item_index] for candidate in candidates]
    items = [each.line_item for each in home]
    rules = {
        dimension: [
            (index, item.targeting[dimension])
            for index, item in enumerate(items)
            if dimension in item.targeting
        ]
        for dimension in Dimension
    }
    deals = ListIndex(rules[Dimension.DEAL], size)
    everyone = bits(range(size), size)
    return Snapshot(
        catalog=catalog,
        candidates=candidates,
        promises=array("q", [candidate.promise for candidate in candidates]),
        bounds=array("q", [candidate.bound for candidate in candidates]),
        homes=array("l", [candidate.line_item_index for candidate in candidates]),
        everyone=everyone,
        line_items=[each.line_item for each in placed],
        line_item_members=[
            Run(indices[0], len(indices)) if indices else Run(0, 0) for indices in members
        ],
        advertiser_members=_by_advertiser(candidates, size),
        rules=[
            (Reason(dimension.value), dimension.value, index)
            for dimension in SINGLE_VALUED
            if not (index := ListIndex(rules[dimension], size)).accepts_all
        ],
        categories=ListIndex(rules[Dimension.CATEGORY], size, category_and_parent),
        sizes=ListIndex(rules[Dimension.SIZE], size),
        deal_exchanges={deal.id: deal.exchange for deal in catalog.deals},
        deals=deals,
        bound=everyone & ~deals.otherwise,
        audience=AudienceIndex(
            (
                (i, without(item.audience, withheld.segments))
                for i, item in enumerate(items)
                if item.audience is not None
            ),
            size,
        ),
        too_small=bits((i for i, item in enumerate(items) if item.id in withheld.line_items), size),
        calendar=Calendar(
            (
                (i, each.line_item.flight, each.line_item.hours_of_week, each.advertiser.timezone)
                for i, each in enumerate(home)
            ),
            size,
        ),
        frequency=FrequencyIndex(_cap_owners(placed, members), size),
        floors=FloorIndex([candidate.bound for candidate in candidates]),
        fit=FitIndex([candidate.creative for candidate in candidates]),
        advertiser_domains=Blocklist(
            ((c.index, _domain_and_parents(c.advertiser_domain)) for c in candidates), size
        ),
        advertiser_categories=Blocklist(
            (
                (
                    c.index,
                    {
                        (c.category_taxonomy, name)
                        for category in c.categories
                        for name in category_and_parent(category)
                    },
                )
                for c in candidates
            ),
            size,
        ),
        advertiser_apps=Blocklist(
            ((c.index, [c.advertiser_bundle]) for c in candidates if c.advertiser_bundle), size
        ),
        languages=Blocklist(
            ((c.index, [c.creative.language]) for c in candidates if c.creative.language), size
        ),
        languageless=bits((c.index for c in candidates if not c.creative.language), size),
    )


def active_line_items(catalog: Catalog) -> Iterator[Placed]:
    """Yield the line items that may bid: active, as all their parents are."""
    return (placed for placed in all_line_items(catalog) if placed.is_active)


def all_line_items(catalog: Catalog) -> Iterator[Placed]:
    """Yield every line item with its parents, whatever its status."""
    for advertiser in catalog.advertisers:
        for campaign in advertiser.campaigns:
            for order in campaign.insertion_orders:
                for item in order.line_items:
                    yield Placed(advertiser, campaign, order, item)


def _promise(goal: Goal) -> Nanos:
    if goal.kind == "cpm":
        worth = goal.amount
    else:
        worth = share(goal.amount, GENEROUS_CLICKS_PPM, PPM)
        if goal.kind == "cpa":
            worth = int(worth * goal.orders_per_click)
    return min(worth, goal.max_cpm)


def _candidates(placed: Sequence[Placed]) -> list[Candidate]:
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


def _wanted_size(creative: AnyCreative, rule: ListRule) -> bool:
    """A banner's own size answers the rule now; players and native spaces answer it per request."""
    if not isinstance(creative, Banner):
        return True
    size = f"{creative.width}x{creative.height}"
    return size not in rule.exclude and (not rule.include or size in rule.include)


def _by_advertiser(candidates: Sequence[Candidate], size: int) -> dict[str, int]:
    members: dict[str, list[int]] = defaultdict(list)
    for candidate in candidates:
        members[candidate.advertiser].append(candidate.index)
    return {advertiser: bits(indices, size) for advertiser, indices in members.items()}


def _cap_owners(
    placed: Sequence[Placed], members: Sequence[Sequence[int]]
) -> Iterator[tuple[str, tuple[Cap, ...], Sequence[int], Sequence[int]]]:
    owned: dict[str, tuple[tuple[Cap, ...], list[int], list[int]]] = {}
    for position, each in enumerate(placed):
        for kind, owner in (
            ("advertiser", each.advertiser),
            ("campaign", each.campaign),
            ("insertion order", each.insertion_order),
            ("line item", each.line_item),
        ):
            if owner.caps:
                _, indices, numbers = owned.setdefault(f"{kind} {owner.id}", (owner.caps, [], []))
                indices.extend(members[position])
                numbers.append(each.line_item.number)
    for name, (caps, indices, numbers) in owned.items():
        yield name, caps, indices, numbers


def _domain_and_parents(domain: str) -> list[str]:
    """Blocking `shop.example` blocks `de.shop.example`; a bare top-level domain blocks nobody."""
    labels = domain.lower().split(".")
    return [".".join(labels[start:]) for start in range(len(labels) - 1)] or [domain.lower()]
