"""What we read of a bid request: OpenRTB 2.6, with the `ext` places where 2.5 kept the same things.

Only fields that something uses are declared; all others are skipped while decoding. Every field is
optional here: absent and `null` mean "not said", what must be there is checked after decoding, and a
field of the wrong type is dropped (see `repair`). Names are the wire's.
"""

import msgspec

from adserver.openrtb.impression import (
    Audio,
    Banner,
    Deal,
    DurationFloor,
    Format,
    Imp,
    ImpExt,
    Native,
    Player,
    Pmp,
    Quantity,
    Video,
)
from adserver.openrtb.surroundings import (
    App,
    Brand,
    Content,
    Device,
    Dooh,
    Geo,
    Inventory,
    Publisher,
    Site,
    UserAgent,
)
from adserver.openrtb.wire import NOT_SENT, Code, Count, Id, Wire

__all__ = [
    "NOT_SENT",
    "App",
    "Audio",
    "Banner",
    "BidRequest",
    "Brand",
    "Code",
    "Content",
    "Count",
    "Data",
    "Deal",
    "Device",
    "Dooh",
    "Dsa",
    "DurationFloor",
    "Format",
    "Geo",
    "HomeGeo",
    "Id",
    "Imp",
    "ImpExt",
    "Inventory",
    "Native",
    "Player",
    "Pmp",
    "Publisher",
    "Quantity",
    "Regs",
    "RegsExt",
    "Segment",
    "Site",
    "User",
    "UserAgent",
    "UserExt",
    "Video",
    "Wire",
]


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
    source: msgspec.Raw = NOT_SENT
    """Who is paid, unread: only some settings ask for it (see `supply`)."""
