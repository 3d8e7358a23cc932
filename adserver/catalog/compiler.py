"""Catalog -> snapshot: everything that can be known before a request is known here."""

from array import array
from collections import defaultdict
from collections.abc import Iterator, Sequence

from adserver.catalog.audience import AudienceIndex, without
from adserver.catalog.bits import Run, bits
from adserver.catalog.candidates import ranked
from adserver.catalog.fitting import FitIndex
from adserver.catalog.floors import FloorIndex
from adserver.catalog.frequency import FrequencyIndex
from adserver.catalog.lists import Blocklist, ListIndex, category_and_parent
from adserver.catalog.placed import Placed, active_line_items
from adserver.catalog.schedule import Calendar
from adserver.catalog.snapshot import Snapshot
from adserver.catalog.withheld import NOTHING, Withheld
from adserver.domain.campaign import Cap, Catalog
from adserver.domain.candidate import Candidate
from adserver.domain.reasons import Reason
from adserver.domain.targeting import Dimension
from adserver.domain.wanted import Wanted

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


def compile_snapshot(catalog: Catalog, withheld: Withheld = NOTHING) -> Snapshot:
    """Build the indexes for a checked catalog. Linear in candidates times dimensions.

    Nobody is in the segments that are withheld, and the line items that are do not bid.
    """
    placed = list(active_line_items(catalog))
    pairs = ranked(placed)
    size = len(pairs)
    members: list[list[int]] = [[] for _ in placed]
    for candidate in pairs:
        members[candidate.line_item_index].append(candidate.index)
    home = [placed[candidate.line_item_index] for candidate in pairs]
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
        candidates=pairs,
        promises=array("q", [candidate.promise for candidate in pairs]),
        bounds=array("q", [candidate.bound for candidate in pairs]),
        homes=array("l", [candidate.line_item_index for candidate in pairs]),
        everyone=everyone,
        line_items=[each.line_item for each in placed],
        line_item_members=[
            Run(indices[0], len(indices)) if indices else Run(0, 0) for indices in members
        ],
        advertiser_members=_by_advertiser(pairs, size),
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
        floors=FloorIndex([candidate.bound for candidate in pairs]),
        fit=FitIndex([candidate.creative for candidate in pairs]),
        advertiser_domains=Blocklist(
            ((c.index, _domain_and_parents(c.advertiser_domain)) for c in pairs), size
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
                for c in pairs
            ),
            size,
        ),
        advertiser_apps=Blocklist(
            ((c.index, [c.advertiser_bundle]) for c in pairs if c.advertiser_bundle), size
        ),
        languages=Blocklist(
            ((c.index, [c.creative.language]) for c in pairs if c.creative.language), size
        ),
        wanted=Wanted(),
        languageless=bits((c.index for c in pairs if not c.creative.language), size),
    )


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
