"""What we read of a bid request: OpenRTB 2.6, with the `ext` places where 2.5 kept the same things.

Only fields that something uses are declared; all others are skipped while decoding. Every field is
optional here: absent and `null` mean "not said", what must be there is checked after decoding, and a
field of the wrong type is dropped (see `repair`). Names are the wire's.
"""

from typing import Annotated

import msgspec

Id = str | int
"""Ids are strings, but integers are common; we echo them as strings."""
Count = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]
"""A size, a number of seconds, a position: anything outside is treated as a wrong type."""

Code = Annotated[int, msgspec.Meta(ge=-(2**31), le=2**31)]
"""A value from some list; whatever is done with it later, it fits into 64 bits."""


NOT_SENT = msgspec.Raw()


class Wire(msgspec.Struct, gc=False, omit_defaults=True):
    """Base of everything decoded; trees only, so the garbage collector need not look.

    Written again it says what was sent: an unread field that was not there (`NOT_SENT`) would be no JSON.
    """


class Format(Wire):
    """A size that a banner may have."""

    w: Count | None = None
    h: Count | None = None


class Banner(Wire):
    """A space for display markup."""

    format: list[Format] | None = None
    w: Count | None = None
    h: Count | None = None
    btype: list[Code] | None = None
    battr: list[Code] | None = None
    mimes: list[str] | None = None
    pos: Count | None = None


class DurationFloor(Wire):
    """A floor for creatives of some durations."""

    bidfloor: float | None = None


class Video(Wire):
    """A player; `mimes` is required."""

    mimes: list[str] | None = None
    minduration: Count | None = None
    maxduration: Count | None = None
    rqddurs: list[Count] | None = None
    poddur: Count | None = None
    protocols: list[Code] | None = None
    protocol: Code | None = None
    w: Count | None = None
    h: Count | None = None
    linearity: Code | None = None
    battr: list[Code] | None = None
    pos: Count | None = None
    mincpmpersec: float | None = None
    durfloors: list[DurationFloor] | None = None


class Native(Wire):
    """A space that the publisher styles; `request` is required."""

    request: str | None = None
    ver: str | None = None
    battr: list[Code] | None = None


class Deal(Wire):
    """A deal; `id` is required."""

    id: Id | None = None
    bidfloor: float | None = None
    bidfloorcur: str | None = None
    at: int | None = None
    wseat: list[Id] | None = None
    wadomain: list[str] | None = None
    mincpmpersec: float | None = None
    durfloors: list[DurationFloor] | None = None


class Pmp(Wire):
    """A private marketplace."""

    private_auction: int | None = None
    deals: list[Deal] | None = None


class Quantity(Wire):
    """How many people see one impression out of home."""

    multiplier: float | None = None


class Imp(Wire):
    """One impression on offer; `id` is required."""

    id: Id | None = None
    banner: Banner | None = None
    video: Video | None = None
    native: Native | None = None
    pmp: Pmp | None = None
    bidfloor: float | None = None
    bidfloorcur: str | None = None
    secure: int | None = None
    tagid: Id | None = None
    exp: Count | None = None
    qty: Quantity | None = None


class Content(Wire):
    """What the advertisement appears with."""

    cat: list[str] | None = None


class Inventory(Wire):
    """What sites, applications and screens have in common (screens have no categories of their own)."""

    cat: list[str] | None = None
    sectioncat: list[str] | None = None
    pagecat: list[str] | None = None
    content: Content | None = None


class Site(Inventory):
    """A web site."""

    domain: str | None = None
    page: str | None = None


class App(Inventory):
    """An application."""

    bundle: Id | None = None


class Dooh(Inventory):
    """A screen in public."""

    domain: str | None = None


class Geo(Wire):
    """A place; coordinates are never read."""

    country: str | None = None
    region: Id | None = None
    city: str | None = None


class Brand(Wire):
    """A platform by name."""

    brand: str | None = None


class UserAgent(Wire):
    """Structured user agent."""

    platform: Brand | None = None
    browsers: list[Brand] | None = None


class Device(Wire):
    """What the advertisement is shown on."""

    devicetype: int | None = None
    os: str | None = None
    sua: UserAgent | None = None
    geo: Geo | None = None
    lmt: int | None = None
    dnt: int | None = None
    ifa: str | None = None
    ua: str | None = None
    ip: str | None = None
    ipv6: str | None = None


class Segment(Wire):
    """A group of people."""

    id: Id | None = None


class Data(Wire):
    """Segments of one provider."""

    id: Id | None = None
    name: str | None = None
    segment: list[Segment] | None = None


class UserExt(Wire):
    """Where 2.5 keeps the consent string and partners' ids."""

    consent: str | None = None
    eids: msgspec.Raw = NOT_SENT


class HomeGeo(Wire):
    """Where the person lives; the country decides which law may apply."""

    country: str | None = None


class User(Wire):
    """The person."""

    id: Id | None = None
    buyeruid: Id | None = None
    data: list[Data] | None = None
    geo: HomeGeo | None = None
    consent: str | None = None
    eids: msgspec.Raw = NOT_SENT
    """Partners' ids, unread: only some requests may be asked for them (see `people.eids`)."""
    ext: UserExt | None = None


class Dsa(Wire):
    """What must be told about the advertisement; `dsarequired` had two other names in drafts."""

    dsarequired: Code | None = None
    required: Code | None = None
    dsainfo: Code | None = None
    pubrender: Code | None = None
    datatopub: Code | None = None


class RegsExt(Wire):
    """Where 2.5 keeps what 2.6 keeps in `regs`; GPC and DSA live here in both."""

    gdpr: int | None = None
    us_privacy: str | None = None
    gpp: str | None = None
    gpp_sid: list[Code] | None = None
    gpc: int | None = None
    dsa: Dsa | None = None


class Regs(Wire):
    """Which rules apply."""

    coppa: int | None = None
    gdpr: int | None = None
    us_privacy: str | None = None
    gpp: str | None = None
    gpp_sid: list[Code] | None = None
    ext: RegsExt | None = None


class BidRequest(Wire):
    """A bid request; `id` and a non-empty `imp` are required."""

    id: Id | None = None
    imp: list[Imp] | None = None
    site: Site | None = None
    app: App | None = None
    dooh: Dooh | None = None
    device: Device | None = None
    user: User | None = None
    regs: Regs | None = None
    test: int | None = None
    at: int | None = None
    tmax: Count | None = None
    wseat: list[Id] | None = None
    bseat: list[Id] | None = None
    cur: list[str] | None = None
    wlang: list[str] | None = None
    wlangb: list[str] | None = None
    badv: list[str] | None = None
    bcat: list[str] | None = None
    acat: list[str] | None = None
    cattax: Code | None = None
    bapp: list[str] | None = None
