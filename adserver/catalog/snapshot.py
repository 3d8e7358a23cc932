"""The campaigns at one moment, compiled for look-up; immutable once built."""

from collections.abc import Mapping, Sequence

import msgspec

from adserver.catalog.audience import AudienceIndex
from adserver.catalog.fitting import FitIndex
from adserver.catalog.floors import FloorIndex
from adserver.catalog.frequency import FrequencyIndex
from adserver.catalog.groups import RuleGroup
from adserver.catalog.lists import Blocklist, ListIndex
from adserver.catalog.publications import PublicationLists
from adserver.catalog.radius import RadiusIndex
from adserver.catalog.review import ReviewIndex
from adserver.catalog.rotation import RotationIndex
from adserver.catalog.schedule import Calendar
from adserver.domain.bits import Run
from adserver.domain.campaign import Catalog, LineItem
from adserver.domain.candidate import Candidate
from adserver.domain.money import Nanos
from adserver.domain.wanted import Wanted


class Snapshot(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """Candidates and one index per question that a request can ask of all of them at once."""

    catalog: Catalog
    candidates: Sequence[Candidate]
    promises: Sequence[Nanos]
    """Of each candidate, as `bounds` and `homes`: side by side, since the shortlist looks at many."""
    bounds: Sequence[Nanos]
    homes: Sequence[int]
    """The index of the line item."""
    everyone: int
    line_items: Sequence[LineItem]
    line_item_members: Sequence[Run]
    """The candidates of each line item, by its index: of equal promise, so they are neighbours."""
    advertiser_members: Mapping[str, int]
    rules: Sequence[RuleGroup]
    """What line items target of all spaces together. What nobody targets costs nothing."""
    space_rules: Sequence[RuleGroup]
    """What they target of each space."""
    sizes: ListIndex
    """Asked of players; a banner's own size was answered when it was compiled."""
    near: RadiusIndex
    publication_lists: PublicationLists
    """The advertisers' own."""
    deals: ListIndex
    deal_exchanges: Mapping[str, str]
    """Where each deal was agreed: another exchange's deal of the same name is another deal."""
    bound: int
    """Candidates that bid by deals only; the others bid in the open auction."""
    audience: AudienceIndex
    too_small: int
    """Candidates whose audience has too few people, or was never counted."""
    calendar: Calendar
    frequency: FrequencyIndex
    household_frequency: FrequencyIndex
    for_clicks: int
    """Candidates that pay for clicks or for what follows them."""
    floors: FloorIndex
    review: ReviewIndex
    fit: FitIndex
    advertiser_domains: Blocklist
    advertiser_categories: Blocklist
    advertiser_apps: Blocklist
    languages: Blocklist
    wanted: Wanted
    """What of a request has to be read for these campaigns."""
    rotation: RotationIndex
    """Which creatives take turns."""
    languageless: int
    """Candidates whose creative has no language: they suit any."""
