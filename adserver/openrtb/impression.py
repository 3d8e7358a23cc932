"""What we read of an imp: its spaces, its floors and its deals; names are the wire's (see `request`)."""

import msgspec

from adserver.openrtb.wire import NOT_SENT, Code, Count, Id, Wire


class Format(Wire):
    """A size that a banner may have, or a ratio with the least width (a flexible advertisement)."""

    w: Count | None = None
    h: Count | None = None
    wratio: Count | None = None
    hratio: Count | None = None
    wmin: Count | None = None


class Banner(Wire):
    """A space for display markup."""

    format: list[Format] | None = None
    w: Count | None = None
    h: Count | None = None
    btype: list[Code] | None = None
    battr: list[Code] | None = None
    mimes: list[str] | None = None
    pos: Count | None = None
    api: list[Code] | None = None


class DurationFloor(Wire):
    """A floor for creatives of some durations, both ends included."""

    mindur: Count | None = None
    maxdur: Count | None = None
    bidfloor: float | None = None


class Player(Wire):
    """What players of videos and of sounds have in common; `mimes` is required."""

    mimes: list[str] | None = None
    startdelay: Code | None = None
    minduration: Count | None = None
    maxduration: Count | None = None
    maxextended: Code | None = None
    rqddurs: list[Count] | None = None
    podid: Id | None = None
    poddur: Count | None = None
    maxseq: Count | None = None
    slotinpod: Code | None = None
    poddedupe: list[Code] | None = None
    protocols: list[Code] | None = None
    battr: list[Code] | None = None
    api: list[Code] | None = None
    minbitrate: Count | None = None
    maxbitrate: Count | None = None
    delivery: list[Code] | None = None
    companionad: list[Banner] | None = None
    companiontype: list[Code] | None = None
    mincpmpersec: float | None = None
    durfloors: list[DurationFloor] | None = None


class Video(Player):
    """A player of videos."""

    protocol: Code | None = None
    w: Count | None = None
    h: Count | None = None
    linearity: Code | None = None
    skip: Code | None = None
    pos: Count | None = None
    plcmt: Code | None = None
    placement: Code | None = None


class Audio(Player):
    """A player of sounds."""


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
    guar: int | None = None
    mincpmpersec: float | None = None
    durfloors: list[DurationFloor] | None = None


class Pmp(Wire):
    """A private marketplace."""

    private_auction: int | None = None
    deals: list[Deal] | None = None


class Quantity(Wire):
    """How many people see one impression out of home."""

    multiplier: float | None = None


class ImpExt(Wire):
    """What extensions of the standard say of an impression."""

    gpid: Id | None = None
    data: msgspec.Raw = NOT_SENT
    """The publisher's own words, unread: only some campaigns want them (see `facts`)."""

    skadn: msgspec.Raw = NOT_SENT
    """What Apple's SKAdNetwork can do there, unread: only some campaigns want it (see `skadnetwork`)."""


class Imp(Wire):
    """One impression on offer; `id` is required."""

    id: Id | None = None
    banner: Banner | None = None
    video: Video | None = None
    audio: Audio | None = None
    native: Native | None = None
    pmp: Pmp | None = None
    bidfloor: float | None = None
    bidfloorcur: str | None = None
    secure: int | None = None
    instl: int | None = None
    rwdd: int | None = None
    metric: msgspec.Raw = NOT_SENT
    tagid: Id | None = None
    exp: Count | None = None
    qty: Quantity | None = None
    ext: ImpExt | None = None
