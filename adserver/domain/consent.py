"""What we may do with the data of the person behind a request."""

import msgspec


class Signals(msgspec.Struct, frozen=True):
    """The privacy signals as they arrived, old and new places merged; `None` means not sent."""

    gdpr: int | None = None
    tcf: str | None = None
    us_privacy: str | None = None
    gpp: str | None = None
    gpp_sections: tuple[int, ...] = ()
    coppa: bool = False
    limited: bool = False
    """`lmt` or `dnt` is set, or GPC arrived."""
    country: str | None = None


class Permission(msgspec.Struct, frozen=True):
    """The only thing the core sees of consent; every field is a plain yes or no."""

    bid: bool
    """May we take part at all?"""
    identify: bool
    """May we read an id and look the person up (frequency counts included)?"""
    personalise: bool
    """May segments and history choose the ad?"""
    profile: bool
    """May this event be added to what we know of the person?"""
    measure: bool
    """May we measure beyond billing, and train on it?"""
    basis: str
    """Where this comes from, for the trace: `tcf`, `us_privacy`, `gpp`, `coppa`, `limited`, `none_required` ..."""


REFUSED = Permission(
    bid=False, identify=False, personalise=False, profile=False, measure=False, basis="refused"
)
