"""Catalog -> snapshot: everything that can be known before a request is known here."""

from array import array
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from adserver.catalog.audience import AudienceIndex, without
from adserver.catalog.candidates import NO_RATES, ranked
from adserver.catalog.facts import (
    TOLD_BY_AGENTS,
    auction_groups,
    space_groups,
    targeted,
)
from adserver.catalog.fitting import FitIndex
from adserver.catalog.floors import FloorIndex
from adserver.catalog.frequency import FrequencyIndex
from adserver.catalog.lists import Blocklist, ListIndex, category_and_parent
from adserver.catalog.placed import Placed, active_line_items, all_line_items
from adserver.catalog.publications import PublicationLists
from adserver.catalog.radius import RadiusIndex
from adserver.catalog.review import NO_BARS, Bars, ReviewIndex
from adserver.catalog.rotation import RotationIndex, product_facts
from adserver.catalog.schedule import Calendar
from adserver.catalog.snapshot import Snapshot
from adserver.catalog.withheld import NOTHING, Withheld
from adserver.domain.bits import Run, bits
from adserver.domain.campaign import Cap, Catalog
from adserver.domain.candidate import Candidate
from adserver.domain.placeholders import hands_on_consent
from adserver.domain.targeting import Dimension, ListRule
from adserver.domain.wanted import Wanted


def compile_snapshot(
    catalog: Catalog,
    withheld: Withheld = NOTHING,
    bars: Bars = NO_BARS,
    rates: Mapping[str, float] = NO_RATES,
) -> Snapshot:
    """Build the indexes for a checked catalog. Linear in candidates times dimensions.

    Nobody is in the segments that are withheld, and the line items that are do not bid; nor do creatives where
    they are barred. `rates`: see `ranked`.
    """
    placed = list(active_line_items(catalog))
    pairs = ranked(placed, rates)
    size = len(pairs)
    members: list[list[int]] = [[] for _ in placed]
    for candidate in pairs:
        members[candidate.line_item_index].append(candidate.index)
    home = [placed[candidate.line_item_index] for candidate in pairs]
    items = [each.line_item for each in home]
    rules: dict[Dimension, list[tuple[int, ListRule]]] = {each: [] for each in Dimension}
    for index, item in enumerate(items):
        for dimension, rule in item.targeting.items():
            rules[dimension].append((index, rule))
    deals = ListIndex(rules[Dimension.DEAL], size)
    everyone = bits(range(size), size)
    runs = [Run(indices[0], len(indices)) if indices else Run(0, 0) for indices in members]
    return Snapshot(
        catalog=catalog,
        candidates=pairs,
        promises=array("q", [candidate.promise for candidate in pairs]),
        bounds=array("q", [candidate.bound for candidate in pairs]),
        homes=array("l", [candidate.line_item_index for candidate in pairs]),
        everyone=everyone,
        line_items=[each.line_item for each in placed],
        line_item_members=runs,
        rotation=RotationIndex([each.line_item for each in placed], runs, pairs),
        advertiser_members=_by_advertiser(pairs, size),
        rules=auction_groups(rules, size),
        sizes=ListIndex(rules[Dimension.SIZE], size),
        space_rules=space_groups(rules, size),
        near=RadiusIndex(rules[Dimension.NEAR], size),
        publication_lists=_publication_lists(catalog, home, size),
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
        frequency=FrequencyIndex(_cap_owners(catalog, placed, members), size),
        household_frequency=FrequencyIndex(
            _cap_owners(catalog, placed, members), size, "household"
        ),
        for_clicks=bits((c.index for c in pairs if c.goal.kind != "cpm"), size),
        floors=FloorIndex([candidate.bound for candidate in pairs]),
        review=ReviewIndex(pairs, bars),
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
        advertiser_apps=Blocklist(((c.index, c.apps) for c in pairs if c.apps), size),
        languages=Blocklist(
            ((c.index, [c.creative.language]) for c in pairs if c.creative.language), size
        ),
        wanted=Wanted(
            dimensions=targeted(rules) | product_facts(pairs),
            point=bool(rules[Dimension.NEAR]),
            device=frozenset(each for each in TOLD_BY_AGENTS if rules[each]),
            app_installs=any(c.app for c in pairs),
            macros=any(
                hands_on_consent(creative)
                for creative in {c.creative.id: c.creative for c in pairs}.values()
            ),
        ),
        languageless=bits((c.index for c in pairs if not c.creative.language), size),
    )


def _publication_lists(catalog: Catalog, home: Sequence[Placed], size: int) -> PublicationLists:
    blocking: dict[str, list[int]] = defaultdict(list)
    allowing: dict[str, list[int]] = defaultdict(list)
    for index, each in enumerate(home):
        if each.advertiser.block_list:
            blocking[each.advertiser.block_list].append(index)
        if each.advertiser.allow_list:
            allowing[each.advertiser.allow_list].append(index)
    return PublicationLists(catalog.publication_lists, blocking, allowing, size)


def _by_advertiser(candidates: Sequence[Candidate], size: int) -> dict[str, int]:
    members: dict[str, list[int]] = defaultdict(list)
    for candidate in candidates:
        members[candidate.advertiser].append(candidate.index)
    return {advertiser: bits(indices, size) for advertiser, indices in members.items()}


def _cap_owners(
    catalog: Catalog, placed: Sequence[Placed], members: Sequence[Sequence[int]]
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
    for each in all_line_items(catalog):  # what was seen of a paused one counts for its neighbours
        for kind, owner in (
            ("advertiser", each.advertiser),
            ("campaign", each.campaign),
            ("insertion order", each.insertion_order),
            ("line item", each.line_item),
        ):
            name = f"{kind} {owner.id}"
            if name in owned:
                owned[name][2].append(each.line_item.number)
    for name, (caps, indices, numbers) in owned.items():
        yield name, caps, indices, numbers


def _domain_and_parents(domain: str) -> list[str]:
    """Blocking `shop.example` blocks `de.shop.example`; a bare top-level domain blocks nobody."""
    labels = domain.lower().split(".")
    return [".".join(labels[start:]) for start in range(len(labels) - 1)] or [domain.lower()]
