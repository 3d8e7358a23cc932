"""What we may do with the data of the person behind a request."""

from enum import StrEnum
from typing import NamedTuple

import msgspec


class Reach(StrEnum):
    """How much of a person a bid may rest on."""

    PERSONAL = "personal"  # segments and history may choose the ad
    COUNTED = "counted"  # only what they have seen counts, for frequency caps
    CONTEXTUAL = "contextual"  # nothing: the page, the place and the device's type alone


class Signals(msgspec.Struct, frozen=True, gc=False):
    """The privacy signals as they arrived, old and new places merged; `None` means not sent."""

    gdpr: int | None = None
    tcf: str | None = None
    us_privacy: str | None = None
    gpp: str | None = None
    gpp_sections: tuple[int, ...] | None = None
    """Ids of the sections that apply; not positive: none does."""
    coppa: bool = False
    limited: bool = False
    """`lmt` or `dnt` is set."""
    gpc: bool = False
    """The browser says for its person: do not sell or share (Global Privacy Control)."""
    country: str | None = None


class ConsentMacros(NamedTuple):
    """The privacy signals as third parties' markup hands them on, letters and digits and `.`, `_`, `~`, `-` only."""

    gdpr: str = ""
    """`0`, `1` or nothing"""
    gdpr_consent: str = ""
    us_privacy: str = ""
    gpp: str = ""
    gpp_sid: str = ""
    """Section ids with commas between"""


NO_MACROS = ConsentMacros()


CHILDREN = "coppa"
"""The basis of a permission where the request is about children."""


class Permission(msgspec.Struct, frozen=True, gc=False):
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
    """May we measure beyond billing?"""
    train: bool
    """May models learn from it?"""
    precise: bool
    """May a place be known more exactly than to half a kilometre?"""
    basis: str
    """Where this comes from, for the trace: `tcf`, `us_privacy`, `gpp`, `coppa`, `limited`, `none_required` ..."""

    @property
    def reach(self) -> Reach:
        """How much of the person a bid may rest on."""
        if self.personalise:
            return Reach.PERSONAL
        return Reach.COUNTED if self.identify else Reach.CONTEXTUAL


def without_person(basis: str, *, bid: bool = True) -> Permission:
    """Return the permission to bid on the page alone (or not at all), naming what forbids more."""
    return Permission(
        bid=bid, identify=False, personalise=False, profile=False, measure=False, train=False, precise=False,
        basis=basis,
    )  # fmt: skip


REFUSED = without_person("refused", bid=False)
