"""What we read of where an advertisement would show: site, application or screen, and the device (see `request`)."""

import msgspec

from adserver.openrtb.wire import NOT_SENT, Code, Id, Wire


class Content(Wire):
    """What the advertisement appears with; what only some campaigns want is unread (see `surroundings`)."""

    cat: list[str] | None = None
    cattax: Code | None = None
    keywords: msgspec.Raw = NOT_SENT
    kwarray: msgspec.Raw = NOT_SENT
    channel: msgspec.Raw = NOT_SENT
    network: msgspec.Raw = NOT_SENT
    genre: msgspec.Raw = NOT_SENT
    genres: msgspec.Raw = NOT_SENT
    gtax: Code | None = None
    contentrating: msgspec.Raw = NOT_SENT
    qagmediarating: Code | None = None
    livestream: Code | None = None


class Publisher(Wire):
    """Who sells it: an account at the exchange."""

    id: Id | None = None


class Inventory(Wire):
    """What sites, applications and screens have in common (screens have no categories of their own)."""

    id: Id | None = None
    publisher: Publisher | None = None
    keywords: msgspec.Raw = NOT_SENT
    kwarray: msgspec.Raw = NOT_SENT
    ext: msgspec.Raw = NOT_SENT
    cattax: Code | None = None
    inventorypartnerdomain: str | None = None
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
    domain: str | None = None


class Dooh(Inventory):
    """A screen in public."""

    domain: str | None = None
    venuetype: msgspec.Raw = NOT_SENT
    venuetypetax: Code | None = None


class Geo(Wire):
    """A place; what is finer than a city is used only where that is permitted, and somebody targets it."""

    country: str | None = None
    region: Id | None = None
    city: str | None = None
    metro: Id | None = None
    zip: Id | None = None
    lat: float | None = None
    lon: float | None = None


class Brand(Wire):
    """A platform or browser by name."""

    brand: str | None = None
    version: list[Id] | None = None


class UserAgent(Wire):
    """Structured user agent."""

    platform: Brand | None = None
    browsers: list[Brand] | None = None
    model: str | None = None


class DeviceExt(Wire):
    """What extensions say of it."""

    atts: Code | None = None
    """Whether the person let the application track them: 3 is yes; 0 to 2, not asked, not to be asked and no, count as
    `lmt` (community extension "SKAdNetwork" of IAB Tech Lab, "DNT, LMT and App Tracking Transparency Guidance").
    """


class Device(Wire):
    """What the advertisement is shown on."""

    devicetype: int | None = None
    os: str | None = None
    osv: str | float | None = None
    make: str | None = None
    model: str | None = None
    language: str | None = None
    langb: str | None = None
    connectiontype: Code | None = None
    carrier: str | None = None
    mccmnc: str | None = None
    sua: UserAgent | None = None
    geo: Geo | None = None
    lmt: int | None = None
    dnt: int | None = None
    ifa: str | None = None
    ua: str | None = None
    ip: str | None = None
    ipv6: str | None = None
    ext: DeviceExt | None = None
