"""The rules about people's data in plain words, and who uses what: what `check` explains."""

from collections.abc import Collection, Iterator, Mapping

import msgspec

from adserver.catalog.placed import active_line_items
from adserver.catalog.sizes import (
    FROM_REQUESTS,
    Doubt,
    Size,
    Sizes,
    doubts,
    segments_in_use,
    small_segments,
)
from adserver.catalog.uses import in_words, is_capped, mentioned
from adserver.domain.campaign import Catalog
from adserver.domain.grant import UNDECLARED
from adserver.privacy.countries import CountryRule
from adserver.privacy.policy import Policy, Source

SHOWN = 10
"""Names in one sentence; of more it says how many."""

_HOLDS = {
    CountryRule.OPT_OUT: "people's data is used until they opt out",
    CountryRule.CONSENT: "nobody's data is used before they consent",
    CountryRule.CONTEXTUAL: "nobody's data is used, whatever a request says: the page alone chooses",
}


class LineItems(msgspec.Struct, frozen=True):
    """The active line items, by what they use of people."""

    segments: tuple[str, ...]
    """Choose people by segments."""
    contacts: tuple[str, ...]
    """Only count how often somebody saw them, for their frequency caps."""
    nothing: tuple[str, ...]
    """Use nothing that is known of anybody."""


class Explanation(msgspec.Struct, frozen=True):
    """What the rules come to for these campaigns."""

    says: tuple[str, ...]
    """Sentences, in order."""
    line_items: LineItems
    small_segments: dict[str, int | None]
    """Segments in use that are never used: of so many people, or never counted."""
    small_audiences: dict[str, int | None]
    """Line items that do not bid, likewise."""

    @property
    def is_uncounted(self) -> bool:
        """Tell whether anything is held back that was never counted."""
        return None in {*self.small_segments.values(), *self.small_audiences.values()}


def explained(
    policy: Policy, catalog: Catalog, sizes: Sizes, contextual: Mapping[str, bool]
) -> Explanation:
    """Say what holds; `contextual` tells of each exchange whether it gets bids without consent."""
    items = _line_items(catalog)
    small = small_segments(policy, catalog, sizes)
    unsure = [
        doubt
        for doubt in doubts(policy, catalog, sizes)
        if doubt.people is None or doubt.people < policy.minimum_people
    ]
    return Explanation(
        says=(
            *_of_countries(policy, contextual),
            *_of_sources(policy, catalog),
            *_of_sizes(policy, catalog, sizes, small, unsure),
            *_of_line_items(items),
        ),
        line_items=items,
        small_segments={n: None if size is None else size.people for n, size in small.items()},
        small_audiences={doubt.line_item: doubt.people for doubt in unsure},
    )


def _of_countries(policy: Policy, contextual: Mapping[str, bool]) -> Iterator[str]:
    by_law = "In the EEA, the United Kingdom and Switzerland"
    yield f"{by_law} {_HOLDS[CountryRule.CONSENT]} (TCF)."
    for rule in CountryRule:
        countries = sorted(name for name, held in policy.countries.items() if held is rule)
        if countries:
            yield f"In {_listed(countries)} {_HOLDS[rule]}."
    yield f"Everywhere else {_HOLDS[policy.default_country]}."
    with_page = sorted(name for name, allowed in contextual.items() if allowed)
    without = sorted(name for name, allowed in contextual.items() if not allowed)
    if without:
        yield f"Where consent is needed and missing, there is no bid at {_listed(without)}."
    if with_page:
        yield f"Where consent is needed and missing, the page alone chooses at {_listed(with_page)}."


def _of_sources(policy: Policy, catalog: Catalog) -> Iterator[str]:
    users: dict[str, set[str]] = {}
    for placed in active_line_items(catalog):
        for name in mentioned(placed):
            users.setdefault(name, set()).add(placed.line_item.id)
    for source in policy.sources:
        names = {name for name in users if policy.source_of(name) is source}
        items = set().union(*(users[name] for name in names))
        patterns = _listed([f"'{pattern}'" for pattern in source.patterns])
        used = f"{_count(len(names), 'segment')} in {_count(len(items), 'line item')}"
        yield f"{patterns} ({used}): {_right(source)}."
    undeclared = sorted(name for name in users if policy.source_of(name) is None)
    if policy.undeclared_refused:
        yield "Segments that no source covers are refused."
    elif undeclared:
        grant = UNDECLARED
        yield (
            f"No source covers {_listed(undeclared)}: collected {in_words(grant.basis, grant.uses)}, kept "
            f"{grant.keep_days} days."
        )


def _right(source: Source) -> str:
    if source.sensitive:
        return "sensitive, so it is never loaded, and no line item may ask for it"
    grant = source.grant
    return (
        f"from {grant.source}, {in_words(grant.basis, grant.uses)}, "
        f"kept {_count(grant.keep_days, 'day')}"
    )


def _of_sizes(
    policy: Policy,
    catalog: Catalog,
    sizes: Sizes,
    small: Mapping[str, Size | None],
    unsure: Collection[Doubt],
) -> Iterator[str]:
    if policy.minimum_people <= 1:
        return
    least = f"{policy.minimum_people:,}"
    yield f"A segment or an audience of fewer than {least} people is never used."
    counted = [f"'{name}' ({size.people:,})" for name, size in small.items() if size is not None]
    if counted:
        yield f"Too few people, so that nobody counts as being in them, nor is left out by them: {_listed(counted)}."
    uncounted = [f"'{name}'" for name, size in small.items() if size is None]
    if uncounted:
        yield (
            f"Never counted, so not used: {_listed(uncounted)}. Load them with `adserver segments`, or run `adserver "
            "audiences count`."
        )
    yield from _of_audiences(unsure)
    from_requests = [
        f"'{name}'"
        for name in sorted(segments_in_use(catalog))
        if FROM_REQUESTS in name and name not in sizes.segments
    ]
    if from_requests:
        yield (
            f"Nobody can count who is in {_listed(from_requests)}: these come with requests. Audiences are counted as if "
            "everybody were in them."
        )


def _of_audiences(unsure: Collection[Doubt]) -> Iterator[str]:
    few = [f"{each.line_item} ({each.people:,})" for each in unsure if each.people is not None]
    if few:
        yield f"Line items that do not bid, since too few people are in their audience: {_listed(few)}. Make it wider."
    uncounted = [each.line_item for each in unsure if each.people is None]
    if uncounted:
        yield (
            f"Line items that do not bid, since their audience was never counted: {_listed(uncounted)}. Run `adserver "
            "audiences count`."
        )


def _line_items(catalog: Catalog) -> LineItems:
    found: dict[str, list[str]] = {"segments": [], "contacts": [], "nothing": []}
    for placed in active_line_items(catalog):
        kind = "segments" if mentioned(placed) else "contacts" if is_capped(placed) else "nothing"
        found[kind].append(placed.line_item.id)
    return LineItems(**{kind: tuple(sorted(ids)) for kind, ids in found.items()})


def _of_line_items(items: LineItems) -> Iterator[str]:
    for ids, one, many in (
        (items.segments, "chooses people by segments", "choose people by segments"),
        (
            items.contacts,
            "only counts how often somebody saw it",
            "only count how often somebody saw them",
        ),
        (
            items.nothing,
            "uses nothing that is known of anybody",
            "use nothing that is known of anybody",
        ),
    ):
        if ids:
            yield f"{_count(len(ids), 'line item')} {one if len(ids) == 1 else many}: {_listed(ids)}."


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _listed(names: Collection[str]) -> str:
    shown = list(names)[:SHOWN]
    if len(names) > SHOWN:
        return f"{', '.join(shown)} and {len(names) - SHOWN:,} more"
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
