"""Why somebody saw an advertisement: what its ticket remembers, and what its line item asks for."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime

import msgspec

from adserver.domain.campaign import Advertiser, Cap, Catalog, LineItem
from adserver.domain.dsa import disclosure
from adserver.domain.identity import segment_number
from adserver.domain.targeting import All, Any, Expression, Not, Segment, holds, segment_names
from adserver.domain.ticket import Ticket

About = Callable[[str, str], str]
"""Says what a person is told of a segment: `(its name, the language)`."""


class Parameter(msgspec.Struct, frozen=True):
    """One thing that the advertiser chose by."""

    kind: str
    """A dimension of targeting: `country`, `device_type`, `publication` ..."""
    include: tuple[str, ...] = ()
    """One of these; none means any."""
    exclude: tuple[str, ...] = ()
    """None of those."""


class Group(msgspec.Struct, frozen=True):
    """A segment, as people are told of it."""

    segment: int
    """Its number, to object by."""
    name: str
    about: str


class Limit(msgspec.Struct, frozen=True):
    """No person sees it more often."""

    impressions: int
    hours: int


class Why(msgspec.Struct, frozen=True):
    """The answer; as JSON it is the API's."""

    exchange: str
    """Through whom it was sold."""
    at: datetime
    """When we offered it."""
    known: bool = False
    """Is the campaign still there? Otherwise nothing below can be said."""
    advertiser: str = ""
    """On whose behalf."""
    paid_by: str = ""
    parameters: tuple[Parameter, ...] = ()
    hours_of_week: int = 0
    """In how many hours of a week it may run; 0 means always."""
    groups: tuple[Group, ...] = ()
    """Segments that it was for."""
    other_groups: tuple[Group, ...] = ()
    """Segments that it was not for."""
    groups_decided: bool = False
    """Could nobody without a group have seen it?"""
    limits: tuple[Limit, ...] = ()
    person: bool = False
    """Was an id of the person known, so that repetitions could be counted?"""


class Shelf:
    """The line items of a catalog by number, for when somebody asks about one."""

    def __init__(self, catalog: Catalog) -> None:
        self._found: dict[int, tuple[Advertiser, LineItem, tuple[Cap, ...]]] = {}
        for advertiser in catalog.advertisers:
            for campaign in advertiser.campaigns:
                for order in campaign.insertion_orders:
                    caps = advertiser.caps + campaign.caps + order.caps
                    for item in order.line_items:
                        self._found[item.number] = (advertiser, item, caps)

    def advertiser(self, line_item: int) -> str:
        """Return who advertises by a line item's number; nothing if it is no longer there."""
        found = self._found.get(line_item)
        return "" if found is None else found[0].name or found[0].domain

    def segments(self, line_item: int) -> frozenset[int]:
        """Return the numbers of the segments that a line item asks for."""
        found = self._found.get(line_item)
        if found is None or found[1].audience is None:
            return frozenset()
        return frozenset(map(segment_number, segment_names(found[1].audience)))

    def why(self, ticket: Ticket, about: About, language: str) -> Why:
        """Return what can be said of an advertisement by its ticket."""
        at = datetime.fromtimestamp(ticket.at_s, UTC)
        person = bool(ticket.person)
        found = self._found.get(ticket.line_item)
        if found is None:
            return Why(ticket.exchange, at, person=person)
        advertiser, item, caps = found
        told = disclosure(advertiser.dsa, advertiser.name, advertiser.domain)
        wanted, unwanted = _told_apart(item.audience)
        return Why(
            exchange=ticket.exchange,
            at=at,
            known=True,
            advertiser=told.behalf,
            paid_by=told.paid,
            parameters=tuple(
                Parameter(dimension.value, rule.include, rule.exclude)
                for dimension, rule in item.targeting.items()
            ),
            hours_of_week=len(item.hours_of_week),
            groups=_groups(wanted, about, language),
            other_groups=_groups(unwanted, about, language),
            groups_decided=item.audience is not None and not holds(item.audience, ()),
            limits=_limits(caps + item.caps),
            person=person,
        )


def _told_apart(audience: Expression | None) -> tuple[list[str], list[str]]:
    """Return the segments that open the way to an advertisement, and those that close it.

    Those behind `not` close it, and behind `not` within `not` they open it again.
    """
    wanted: dict[str, None] = {}
    unwanted: dict[str, None] = {}
    if audience is not None:
        _tell_apart(audience, wanted, unwanted)
    return list(wanted), [name for name in unwanted if name not in wanted]


def _tell_apart(part: Expression, here: dict[str, None], there: dict[str, None]) -> None:
    match part:
        case Segment(name):
            here[name] = None
        case Not(inner):
            _tell_apart(inner, there, here)
        case All(parts) | Any(parts):
            for each in parts:
                _tell_apart(each, here, there)


def _groups(names: Iterable[str], about: About, language: str) -> tuple[Group, ...]:
    return tuple(Group(segment_number(name), name, about(name, language)) for name in names)


def _limits(caps: Iterable[Cap]) -> tuple[Limit, ...]:
    found: Mapping[tuple[int, int], None] = {(cap.hours, cap.impressions): None for cap in caps}
    return tuple(Limit(impressions, hours) for hours, impressions in sorted(found))
