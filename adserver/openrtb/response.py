"""What we write of a bid response: OpenRTB 2.6. Fields that are not set are not sent."""

import msgspec

from adserver.domain.reasons import Reason


class Described(msgspec.Struct, omit_defaults=True, gc=False, kw_only=True):
    """Of a bid what is the same whenever this creative is offered for such a space."""

    adm: str
    adid: str
    crid: str
    cid: str = ""
    adomain: tuple[str, ...]
    mtype: int
    nurl: str | None = None
    burl: str | None = None
    lurl: str | None = None
    bundle: str | None = None
    iurl: str | None = None
    cat: tuple[str, ...] = ()
    cattax: int | None = None
    attr: tuple[int, ...] = ()
    protocol: int | None = None
    language: str | None = None
    w: int | None = None
    h: int | None = None
    wratio: int | None = None
    hratio: int | None = None
    apis: tuple[int, ...] = ()
    dur: int | None = None


class NoBidExt(msgspec.Struct, gc=False):
    """Our own words, imp by imp."""

    reasons: dict[str, Reason]


class NoBid(msgspec.Struct, omit_defaults=True, gc=False):
    """The answer of an exchange's choice where we do not bid."""

    id: str
    nbr: int
    ext: NoBidExt | None = None
