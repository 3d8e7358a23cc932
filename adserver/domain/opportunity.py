"""What is on offer: an auction, and one opportunity per imp as we see it."""

from enum import IntEnum

import msgspec

from adserver.domain.dsa import Transparency
from adserver.domain.money import Nanos
from adserver.domain.person import PersonKey


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
    """AdCOM banner ad types; ours are 2 (XHTML banner)."""
    mimes: tuple[str, ...] = ()


class VideoSpace(msgspec.Struct, frozen=True):
    """A player."""

    mimes: tuple[str, ...] = ()
    min_duration_s: int = 0
    max_duration_s: int | None = None
    durations_s: tuple[int, ...] = ()
    """If given, exactly one of these."""
    protocols: tuple[int, ...] = ()
    """AdCOM creative subtypes; empty means not said."""
    size: tuple[int, int] | None = None
    linearity: int | None = None
    blocked_attributes: tuple[int, ...] = ()


class NativeAsset(msgspec.Struct, frozen=True):
    """One part that a native ad is asked for."""

    id: int
    required: bool
    kind: str
    """`title`, `image` or `text`"""
    name: str = ""
    """For images `icon` or `main`; for texts the data type's name: `sponsored`, `description` ..."""
    length: int | None = None
    """Longest text allowed."""
    width: int | None = None
    height: int | None = None
    min_width: int = 0
    min_height: int = 0


class NativeSpace(msgspec.Struct, frozen=True):
    """A space that the publisher styles."""

    assets: tuple[NativeAsset, ...]
    wrapped: bool = False
    """The request had the old `native` root, so the answer must have it too."""
    version: str = "1.2"
    trackers: tuple[tuple[int, int], ...] = ()
    """Pairs (event, method) that the publisher offers to fire."""
    unanswerable: bool = False
    """A required part is of a kind we cannot fill (video, unknown)."""
    privacy: bool = False
    """The publisher has a place for a link to why this was chosen."""
    blocked_attributes: tuple[int, ...] = ()


class DealTerms(msgspec.Struct, frozen=True):
    """A deal as this request offers it."""

    id: str
    floor: Nanos
    auction_type: AuctionType | None = None
    """`None`: as the auction's."""
    advertiser_domains: frozenset[str] | None = None
    """If given, only these may use the deal."""


class Opportunity(msgspec.Struct, frozen=True, kw_only=True):
    """One imp as we see it; amounts in house nanos per impression."""

    id: str
    banner: BannerSpace | None = None
    video: VideoSpace | None = None
    native: NativeSpace | None = None
    floor: Nanos = 0
    deals: tuple[DealTerms, ...] = ()
    deals_only: bool = False
    secure: bool = False
    tag_id: str = ""
    position: int = 0
    expiry_s: int | None = None
    """Seconds from auction to impression that the exchange allows, if it says so."""


class Auction(msgspec.Struct):
    """Everything that is the same for all opportunities of one request.

    Written once more when the person is known: `person` and `segment_count`; and `segments`, if the person does not
    want them used.
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
