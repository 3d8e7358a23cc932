"""What exchanges have said of our creatives."""

from enum import StrEnum
from hashlib import blake2b

import msgspec

from adserver.domain.creative import AnyCreative

_encode = msgspec.json.Encoder(order="deterministic").encode


class Standing(StrEnum):
    """How far a creative is at an exchange."""

    UNSENT = "unsent"  # nobody has shown it to them
    CHANGED = "changed"  # they have seen it, but it has been changed since
    PENDING = "pending"
    APPROVED = "approved"
    REFUSED = "refused"


class Review(msgspec.Struct, frozen=True, kw_only=True):
    """One exchange's last word on one creative, as it was then."""

    creative: str
    exchange: str
    standing: Standing
    fingerprint: str
    """Of the creative that they saw."""
    at_s: int
    """When it was noted, seconds since the epoch."""
    why: str = ""
    """Their words, or ours."""


Reviews = dict[str, dict[str, Review]]
"""By exchange, then by creative."""


def fingerprint(creative: AnyCreative) -> str:
    """Return 32 hexadecimal digits that change with anything people see or that is declared of it, not with its name."""
    unnamed = msgspec.structs.replace(creative, name="")
    return blake2b(_encode(unnamed), digest_size=16).hexdigest()


def standing(reviews: Reviews, exchange: str, creative: AnyCreative) -> Standing:
    """Return how far a creative, as it is now, is at an exchange.

    What was refused stays refused only as it was; changed, it may be shown to them again.
    """
    review = reviews.get(exchange, {}).get(creative.id)
    if review is None:
        return Standing.UNSENT
    return review.standing if review.fingerprint == fingerprint(creative) else Standing.CHANGED


def may_bid(how: Standing, *, approval_required: bool) -> bool:
    """Tell whether a creative of this standing may bid at an exchange that asks for approval, or does not."""
    return how is Standing.APPROVED if approval_required else how is not Standing.REFUSED
