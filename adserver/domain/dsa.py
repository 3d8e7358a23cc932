"""What a person must be told about an advertisement (Digital Services Act, article 26), and who tells them."""

from enum import IntEnum

import msgspec

MAX_NAME_CHARS = 100
"""Exchanges take no longer names."""


class Disclosure(msgspec.Struct, frozen=True):
    """Who is behind an advertisement, as the advertiser declares it."""

    behalf: str
    """On whose behalf it is shown."""
    paid: str
    """Who paid for it; said even if it is the same."""
    domain: str = ""
    """Of whoever chose by what is known of the person; empty: ours."""


NOBODY_DECLARED = Disclosure("", "")


def disclosure(declared: Disclosure | None, name: str, domain: str) -> Disclosure:
    """Return what is declared; what is not is the advertiser's name, or for want of one the domain."""
    usual = (name or domain)[:MAX_NAME_CHARS]
    if declared is None:
        return Disclosure(usual, usual)
    return Disclosure(declared.behalf or usual, declared.paid or usual, declared.domain)


class Label(IntEnum):
    """Does the publisher show people what they must be told? The numbers are OpenRTB's `pubrender`."""

    CANNOT = 0
    CAN = 1
    WILL = 2


class Parameter(IntEnum):
    """By what an advertisement was chosen; the numbers are OpenRTB's `dsaparams`."""

    PROFILE = 1
    CONTEXT = 2
    PRECISE_PLACE = 3


class Transparency(msgspec.Struct, frozen=True):
    """What the exchange wants to be told about each advertisement."""

    required: bool
    """A bid that does not tell is thrown away."""
    publisher: Label
    parameters: bool
    """Does it want to know by what the advertisement was chosen?"""

    @property
    def falls_to_us(self) -> bool:
        """Whether our markup must tell the person, because nobody else does."""
        return self.required and self.publisher is Label.CANNOT
