"""The demand side as people write it: advertiser > campaign > insertion order > line item."""

from typing import Literal

import msgspec

from adserver.domain.app_install import AdvertisedApp
from adserver.domain.creative import AnyCreative
from adserver.domain.dsa import Disclosure
from adserver.domain.identity import number
from adserver.domain.money import Nanos
from adserver.domain.targeting import Dimension, Expression, ListRule

Status = Literal["draft", "active", "paused", "archived"]
Pacing = Literal["even", "ahead", "asap"]
CountedBy = Literal["person", "household"]
Rotation = Literal["", "even", "weighted", "learned"]
GoalKind = Literal["cpm", "cpc", "cpa", "roas"]


class Budget(msgspec.Struct, frozen=True):
    """What may be spent, gross of fees; `None` means no limit of this kind."""

    lifetime: Nanos | None = None
    daily: Nanos | None = None
    """Per calendar day in the advertiser's time zone, days of 23 and 25 hours included."""


class Cap(msgspec.Struct, frozen=True):
    """At most so many impressions per person, or per household, within a sliding window."""

    impressions: int
    hours: int
    per: CountedBy = "person"


class Flight(msgspec.Struct, frozen=True):
    """Half-open: `start_s <= now < end_s`, seconds since the epoch."""

    start_s: int
    end_s: int


class Goal(msgspec.Struct, frozen=True):
    """What the advertiser pays for, and how much."""

    kind: GoalKind
    amount: Nanos
    """Nanos per impression (cpm), per click (cpc) or per order (cpa). For roas the advertiser's own estimate of what an
    order is worth, used until orders have been measured.
    """
    max_cpm: Nanos
    """No bid of this line item is ever above; nanos per impression."""
    orders_per_click: float = 0.02
    """For cpa and roas: the advertiser's own estimate, used until conversions have been measured."""
    return_ppm: int = 0
    """For roas: what orders must be worth for each unit spent, in millionths; above 0."""

    @property
    def by_orders(self) -> bool:
        """Tell whether orders decide what a click is worth."""
        return self.kind in {"cpa", "roas"}


class Fees(msgspec.Struct, frozen=True):
    """What is paid beside media, each booked as an entry of its own."""

    data_cpm: Nanos = 0
    """Nanos per impression."""
    tech_ppm: int = 0
    """Parts per million of media."""
    margin_ppm: int = 0
    """Parts per million of media."""


class LineItem(msgspec.Struct, frozen=True, kw_only=True):
    """The unit that bids."""

    id: str
    name: str = ""
    status: Status = "active"
    flight: Flight
    hours_of_week: tuple[int, ...] = ()
    """Dayparts: 0 is Monday 00:00-01:00 in the advertiser's time zone; empty means always."""
    pacing: Pacing = "even"
    goal: Goal
    budget: Budget = Budget()
    caps: tuple[Cap, ...] = ()
    fees: Fees = Fees()
    targeting: dict[Dimension, ListRule] = {}
    audience: Expression | None = None
    creatives: tuple[str, ...]
    rotation: Rotation = ""
    """How those that fit take turns; nothing: the one that is worth most is shown."""
    weights: dict[str, int] = {}
    """By creative, where the rotation is weighted; 1 for the others."""
    app: AdvertisedApp | None = None
    """The application that people are to install, if Apple is to count installs."""

    @property
    def number(self) -> int:
        """The id as a stable 63-bit number."""
        return number("line_item", self.id)


class InsertionOrder(msgspec.Struct, frozen=True, kw_only=True):
    """What was agreed: a budget for some line items."""

    id: str
    name: str = ""
    status: Status = "active"
    budget: Budget = Budget()
    caps: tuple[Cap, ...] = ()
    line_items: tuple[LineItem, ...] = ()
    budget_shift_percent: int = 0
    """So much of its own budget may each line item give to, or get from, the others; 0: nothing is ever moved."""


class Campaign(msgspec.Struct, frozen=True, kw_only=True):
    """What the advertiser wants to achieve."""

    id: str
    name: str = ""
    status: Status = "active"
    budget: Budget = Budget()
    caps: tuple[Cap, ...] = ()
    insertion_orders: tuple[InsertionOrder, ...] = ()


class Advertiser(msgspec.Struct, frozen=True, kw_only=True):
    """Who pays, and what exchanges must know about them."""

    id: str
    name: str = ""
    domain: str
    """`adomain`: the landing domain that publishers block by."""
    bundle: str | None = None
    """The advertised app, for `bapp`."""
    timezone: str
    """IANA name"""
    categories: tuple[str, ...] = ()
    """In taxonomy `category_taxonomy`, e.g. `IAB19-5`."""
    category_taxonomy: int = 1
    dsa: Disclosure | None = None
    """Who pays and on whose behalf, where that is not the advertiser; what is left out is empty."""
    block_list: str = ""
    """The list of publications in which nothing of theirs is shown, by its name in the catalog."""
    allow_list: str = ""
    """The list of publications in which alone it is."""
    status: Status = "active"
    budget: Budget = Budget()
    caps: tuple[Cap, ...] = ()
    creatives: tuple[AnyCreative, ...] = ()
    campaigns: tuple[Campaign, ...] = ()


class Deal(msgspec.Struct, frozen=True, kw_only=True):
    """A private marketplace agreement that line items may target by its id."""

    id: str
    exchange: str
    name: str = ""


class Catalog(msgspec.Struct, frozen=True):
    """All campaigns at one moment, checked: ids unique, references whole."""

    advertisers: tuple[Advertiser, ...] = ()
    deals: tuple[Deal, ...] = ()
    currency: str = "USD"
    """The house currency: every sum in the catalog is in it."""
    publication_lists: dict[str, bytes] = {}
    """Domains and bundles in lower case, parted by newlines, by the name of their file: a text of a hundred thousand
    takes a tenth of what as many strings do.
    """
