"""How many people are in segments and audiences; those of too few are never used.

A segment below the minimum is treated as if nobody were in it. An audience, as far as it was counted, must have the
minimum as well: two large segments may have three people in common. What was never counted is held back, unless it
is sure to be large: everybody whom we do not know is in it, or a part that suffices alone. Nor does a line item bid
that wants to leave out a segment that was never counted.

Segments that come with requests cannot be counted. An audience is counted as if everybody were in them.
"""

from collections.abc import Container, Iterator, Mapping
from typing import NamedTuple

import msgspec

from adserver.catalog.placed import active_line_items
from adserver.catalog.withheld import Withheld
from adserver.domain.campaign import Catalog
from adserver.domain.targeting import (
    All,
    Any,
    Expression,
    Not,
    Segment,
    holds,
    segment_names,
    spell,
)
from adserver.privacy.policy import Policy

FROM_REQUESTS = ":"
"""Segments that exchanges send are named `provider:id`."""


class Size(msgspec.Struct, frozen=True, array_like=True):
    """So many people, as once counted."""

    people: int
    day: int
    """When: days since the epoch (UTC)."""
    source: str = ""
    """Of a segment that was counted while it was loaded: who said so."""


class Sizes(msgspec.Struct, frozen=True):
    """All that was counted."""

    segments: Mapping[str, Size] = {}
    """By name."""
    audiences: Mapping[str, Size] = {}
    """By what counts of the expression, see `countable`, as it is spelled."""

    def loaded(self, people: Mapping[str, Mapping[str, int]], day: int) -> "Sizes":
        """Return these with what was counted while loading: by source and segment, so many people."""
        news = {
            name: Size(count, day, source)
            for source, counts in people.items()
            for name, count in counts.items()
        }
        return Sizes({**self.segments, **news}, self.audiences)

    def counted(
        self, segments: Mapping[str, int], audiences: Mapping[str, int], day: int
    ) -> "Sizes":
        """Return these with what was counted in the store; what it was not asked for of audiences is forgotten."""
        news = {name: Size(count, day) for name, count in segments.items()}
        return Sizes(
            {**self.segments, **news},
            {spelled: Size(count, day) for spelled, count in audiences.items()},
        )


class Doubt(NamedTuple):
    """An audience that may be too small."""

    line_item: str
    counts: Expression | bool
    """What counts of its expression; a plain `False`: nobody can be in it."""
    people: int | None
    """How many are in it; `None` if that was never counted."""


def segments_in_use(catalog: Catalog) -> frozenset[str]:
    """Return the names of all segments that active line items mention."""
    return frozenset(
        name
        for placed in active_line_items(catalog)
        if placed.line_item.audience is not None
        for name in segment_names(placed.line_item.audience)
    )


def small_segments(policy: Policy, catalog: Catalog, sizes: Sizes) -> dict[str, Size | None]:
    """Return the segments in use that have too few people, with their size; `None` if never counted."""
    if policy.minimum_people <= 1:
        return {}
    return {
        name: sizes.segments.get(name)
        for name in sorted(segments_in_use(catalog))
        if not _is_uncountable(name, sizes) and not _is_large(policy, sizes.segments.get(name))
    }


def doubts(policy: Policy, catalog: Catalog, sizes: Sizes) -> Iterator[Doubt]:
    """Yield the active line items whose audience is not known to be large enough, small segments left out."""
    if policy.minimum_people <= 1:
        return
    small = small_segments(policy, catalog, sizes)
    for placed in active_line_items(catalog):
        audience = placed.line_item.audience
        if audience is None:
            continue
        counts = countable(audience, small, sizes)
        unknown = {name for name in segment_names(audience) if small.get(name, 0) is None}
        if unknown.intersection(_leaving_out(audience, wanted=True)):
            # Nobody would be left out by it: better nobody sees the advertisement than who should not.
            yield Doubt(placed.line_item.id, counts, None)
        elif isinstance(counts, bool):
            if not counts:
                yield Doubt(placed.line_item.id, counts, None if unknown else 0)
        elif not holds(counts, ()) and not _is_surely_large(counts):
            counted = sizes.audiences.get(spell(counts))
            yield Doubt(placed.line_item.id, counts, None if counted is None else counted.people)


def withheld(policy: Policy, catalog: Catalog, sizes: Sizes) -> Withheld:
    """Return what is never used, since too few people are in it."""
    small = small_segments(policy, catalog, sizes)
    return Withheld(
        segments=frozenset(small),
        line_items=frozenset(
            doubt.line_item
            for doubt in doubts(policy, catalog, sizes)
            if doubt.people is None or doubt.people < policy.minimum_people
        ),
    )


def countable(expression: Expression, small: Container[str], sizes: Sizes) -> Expression | bool:
    """Return an expression as it counts: nobody is in small segments, everybody who helps in those of requests."""
    return _counted(expression, small, sizes, wanted=True)


def _counted(
    expression: Expression, small: Container[str], sizes: Sizes, *, wanted: bool
) -> Expression | bool:
    """`wanted` is false behind an odd number of `not`: there, nobody in a segment helps."""
    match expression:
        case Segment(name):
            if name in small:
                return False
            return wanted if _is_uncountable(name, sizes) else expression
        case Not(inner):
            counted = _counted(inner, small, sizes, wanted=not wanted)
            return not counted if isinstance(counted, bool) else Not(counted)
        case All(parts) | Any(parts):
            decides = isinstance(expression, Any)
            kept: list[Expression] = []
            for part in parts:
                counted = _counted(part, small, sizes, wanted=wanted)
                if counted is decides:
                    return decides
                if not isinstance(counted, bool):
                    kept.append(counted)
            if not kept:
                return not decides
            return kept[0] if len(kept) == 1 else type(expression)(tuple(kept))


def _leaving_out(expression: Expression, *, wanted: bool) -> Iterator[str]:
    """Yield the segments that keep people out."""
    match expression:
        case Segment(name):
            if not wanted:
                yield name
        case Not(inner):
            yield from _leaving_out(inner, wanted=not wanted)
        case All(parts) | Any(parts):
            for part in parts:
                yield from _leaving_out(part, wanted=wanted)


def _is_surely_large(expression: Expression) -> bool:
    """Tell whether an audience is large by one segment alone; small ones are not in it any more."""
    match expression:
        case Segment():
            return True
        case Any(parts):
            return any(_is_surely_large(part) for part in parts)
        case All() | Not():
            return False


def _is_large(policy: Policy, size: Size | None) -> bool:
    return size is not None and size.people >= policy.minimum_people


def _is_uncountable(name: str, sizes: Sizes) -> bool:
    """Traits of a DMP look like segments of requests; what was counted is none."""
    return FROM_REQUESTS in name and name not in sizes.segments
