"""What is on offer: an auction, and one opportunity per imp as we see it."""

from collections.abc import Mapping
from enum import IntEnum

import msgspec

from adserver.domain.app_install import AppInstall
from adserver.domain.consent import NO_MACROS, ConsentMacros
from adserver.domain.creative import Restriction
from adserver.domain.dsa import Transparency
from adserver.domain.money import Nanos
from adserver.domain.person import PersonKey
from adserver.domain.seen import NOT_SEEN, Seen
from adserver.domain.targeting import Dimension

Value = str | tuple[str, ...]
"""What a request says in one dimension: one value (empty if unknown), or any number of them."""
NO_FACTS: Mapping[Dimension, Value] = {}
OUT_OF_HOME = "out_of_home"
"""The inventory type of screens in public: whoever looks at them is nobody in particular, and cannot click."""


class MediaType(IntEnum):
    """Kinds of space; the numbers are OpenRTB's `mtype`."""

    BANNER = 1
    VIDEO = 2
    AUDIO = 3
    NATIVE = 4


class AuctionType(IntEnum):
    """How the price is found; the numbers are OpenRTB's `at`."""

    FIRST_PRICE = 1
    SECOND_PRICE = 2
    AGREED_PRICE = 3  # deals only: the floor is the price


class BannerSpace(msgspec.Struct, frozen=True):
    """A space for display markup."""

    sizes: tuple[tuple[int, int], ...]
    """Exact sizes that fit; empty when the exchange names none (then any fits)."""
    blocked_attributes: tuple[int, ...] = ()
    blocked_types: tuple[int, ...] = ()
    """AdCOM banner ad types: 1 text, 2 image, 3 with scripts, 4 in a frame."""
    mimes: tuple[str, ...] = ()
    ratios: tuple[tuple[int, int, int], ...] = ()
    """Ratios that fit, width to height, each with the least width: (16, 9, 320)."""
    apis: tuple[int, ...] = ()
    """AdCOM API frameworks that are there; what is not listed is not."""
    interstitial: bool = False
    """It fills the screen."""
    largest: tuple[int, int] | None = None
    """If given, smaller ones than the exact sizes fit too, up to this (`display_fit.within`); only some exchanges say so
    of interstitials."""


class PlayerSpace(msgspec.Struct, frozen=True):
    """What players of videos and of sounds say of themselves."""

    mimes: tuple[str, ...] = ()
    min_duration_s: int = 0
    max_duration_s: int | None = None
    durations_s: tuple[int, ...] = ()
    """If given, exactly one of these."""
    protocols: tuple[int, ...] = ()
    """AdCOM creative subtypes; empty means not said."""
    blocked_attributes: tuple[int, ...] = ()
    apis: tuple[int, ...] = ()
    min_bitrate_kbps: int = 0
    max_bitrate_kbps: int | None = None
    deliveries: tuple[str, ...] = ()
    """`progressive`, `streaming`; empty: any."""
    companions: tuple[tuple[int, int], ...] = ()
    """Sizes of the spaces beside the player that take pictures."""


class VideoSpace(PlayerSpace, frozen=True):
    """A player of videos."""

    size: tuple[int, int] | None = None
    linearity: int | None = None
    skippable: bool | None = None
    """The player adds a button to skip; `None`: not said."""


class AudioSpace(PlayerSpace, frozen=True):
    """A player of sounds."""


class NativeAsset(msgspec.Struct, frozen=True):
    """One part that a native ad is asked for."""

    id: int
    required: bool
    kind: str
    """`title`, `image`, `text` or `video`"""
    name: str = ""
    """For images `icon` or `main`; for texts the data type's name: `sponsored`, `description` ..."""
    length: int | None = None
    """Longest text allowed."""
    width: int | None = None
    height: int | None = None
    min_width: int = 0
    min_height: int = 0
    mimes: tuple[str, ...] = ()
    """Types that an image may be of; empty: any."""
    player: VideoSpace | None = None
    """What a video must be."""


class NativeSpace(msgspec.Struct, frozen=True):
    """A space that the publisher styles."""

    assets: tuple[NativeAsset, ...]
    wrapped: bool = False
    """The request had the old `native` root, so the answer must have it too."""
    version: str = "1.2"
    trackers: tuple[tuple[int, int], ...] = ()
    """Pairs (event, method) that the publisher offers to fire."""
    unanswerable: bool = False
    """A required part is of a kind we do not know."""
    privacy: bool = False
    """The publisher has a place for a link to why this was chosen."""
    places: int = 1
    """So many identical places in one list: the opportunity takes as many bids."""
    blocked_attributes: tuple[int, ...] = ()


class Apart(IntEnum):
    """What advertisements in one pod must not share; the numbers are OpenRTB's `poddedupe`."""

    ADVERTISER = 1
    CATEGORY = 2
    CREATIVE = 3
    MEDIA_FILE = 4


class Pod(msgspec.Struct, frozen=True):
    """A break of several advertisements, of which this opportunity is one slot or all of it (OpenRTB 2.6, 7.6)."""

    id: str
    duration_s: int | None = None
    """For all advertisements together; then this opportunity takes several bids (a dynamic pod)."""
    max_ads: int | None = None
    """How many bids a dynamic pod takes."""
    slot: int = 0
    """-1 last, 0 any, 1 first, 2 first or last."""
    apart: tuple[Apart, ...] = ()
    """What the seller wants kept apart; competitors are in any case."""


class DurationFloors(msgspec.Struct, frozen=True):
    """Floors that depend on how long a video or a sound lasts; house nanos per impression."""

    bands: tuple[tuple[int, int, Nanos], ...] = ()
    """Shortest and longest duration in seconds, both included, and the floor."""
    per_1000_s: Nanos = 0
    """What a thousand seconds cost at least."""

    def at(self, duration_s: int, otherwise: Nanos) -> Nanos:
        """Return the floor for a duration; the highest of those that apply, `otherwise` if none does."""
        floors = [floor for low, high, floor in self.bands if low <= duration_s <= high]
        if self.per_1000_s:
            floors.append(-(-self.per_1000_s * duration_s // 1_000))
        return max(floors, default=otherwise)

    def lowest(self, otherwise: Nanos) -> Nanos:
        """Return a bound that the floor of no duration is below."""
        floors = [floor for _, _, floor in self.bands]
        return min(
            [*floors, otherwise, self.per_1000_s // 1_000]
            if self.per_1000_s
            else [*floors, otherwise]
        )


class DealTerms(msgspec.Struct, frozen=True):
    """A deal as this request offers it."""

    id: str
    floor: Nanos
    auction_type: AuctionType | None = None
    """`None`: as the auction's."""
    advertiser_domains: frozenset[str] | None = None
    """If given, only these may use the deal."""
    floors: DurationFloors | None = None
    """For videos and sounds, in place of `floor`."""
    account: str = ""
    """What the exchange wants named in a bid by this deal as that for which it is billed."""
    guaranteed: bool = False
    """Both sides promised: it is bid on before anything else, at the agreed price (OpenRTB 2.6, `guar`)."""


class Opportunity(msgspec.Struct, frozen=True, kw_only=True):
    """One imp as we see it; amounts in house nanos per impression."""

    id: str
    banner: BannerSpace | None = None
    video: VideoSpace | None = None
    audio: AudioSpace | None = None
    native: NativeSpace | None = None
    floor: Nanos = 0
    video_floors: DurationFloors | None = None
    """For videos, in place of `floor`."""
    audio_floors: DurationFloors | None = None
    """For sounds, in place of `floor`."""
    deals: tuple[DealTerms, ...] = ()
    deals_only: bool = False
    secure: bool = False
    tag_id: str = ""
    """The publisher's name of the space as models are told it, and as it is logged: see `space_name`."""
    position: int = 0
    expiry_s: int | None = None
    """Seconds from auction to impression that the exchange allows, if it says so."""
    pod: Pod | None = None
    multiplier_ppm: int = 1_000_000
    """How many impressions this is, in millionths: a screen out of home is seen by several people at once. Prices are
    for each, money is for all.
    """
    app_install: AppInstall | None = None
    facts: Mapping[Dimension, Value] = NO_FACTS
    """What line items target of this space alone, by dimension; only what any of them does."""
    allowed_vendors: frozenset[int] | None = None
    """Whom markup may load something from, by their vendor list's ids; `None`: not restricted."""
    allowed_restrictions: frozenset[Restriction] | None = None
    """What advertisements may be about beside the unrestricted; `None`: not said."""
    blocked_creatives: frozenset[str] = frozenset()
    """Creatives, by id, that are not wanted here."""
    account: str = ""
    """What the exchange wants named in the bid as that for which it is billed."""


class Auction(msgspec.Struct):
    """Everything that is the same for all opportunities of one request.

    Written once more when the person is known: `person` and `segment_count`; and `segments`, if the person does not
    want them used. `seen` is written when it is decided.
    """

    id: str
    exchange: str
    opportunities: tuple[Opportunity, ...]
    auction_type: AuctionType = AuctionType.SECOND_PRICE
    currency: str = "USD"
    """The currency we bid in."""
    seat: str = ""
    """The seat we bid from."""
    test: bool = False
    country: str = ""
    region: str = ""
    """`USA-WI`"""
    city: str = ""
    """`USA/milwaukee`"""
    device_type: str = ""
    os: str = ""
    inventory_type: str = ""
    publication: str = ""
    categories: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    """Allowed creative languages; empty: any."""
    blocked_domains: tuple[str, ...] = ()
    blocked_categories: tuple[str, ...] = ()
    allowed_categories: tuple[str, ...] = ()
    category_taxonomy: int = 1
    """In which taxonomy the blocked and allowed categories are."""
    blocked_apps: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    """Segments that came with the request, `provider:id`."""
    segment_count: int = 0
    """How many segments the person is in, from the request and the store together, as far as the
    permission lets them choose the ad; the click model reads it and the bid event logs it.
    """
    person: PersonKey | None = None
    """Set only if an id may be read and somebody was looked up."""
    transparency: Transparency | None = None
    """What must be told about each advertisement; `None`: nothing is asked."""
    facts: Mapping[Dimension, Value] = NO_FACTS
    """What line items target of all spaces together, by dimension; only what any of them does."""
    point: tuple[float, float] | None = None
    """Latitude and longitude in degrees, as exact as the permission allows; `None`: unknown, or nobody targets it."""
    macros: ConsentMacros = NO_MACROS
    """What third parties' markup may ask for; empty where nobody's does."""
    household: PersonKey | None = None
    """As `person`: set only if an id may be read, some cap counts by household, and this one was looked up."""
    path: str = ""
    """Whose systems are paid, the owner's first: `ssp.example>exchange.example`; empty where nobody asks, or nobody said."""
    relation: str = ""
    """What the publisher says of the seller: `direct`, `reseller`, `both`; empty where nobody asks, or it is not known."""
    browser: str = ""
    """Its name in our words, of the structured user agent, or of the other one where some line item targets browsers."""
    weather: str = ""
    """A slot: no adapter tells it yet."""
    seen: Seen = NOT_SEEN
    """What models may know of the person."""
