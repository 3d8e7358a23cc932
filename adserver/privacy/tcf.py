"""TCF consent strings (IAB TCF v2.2/2.3), read only as far as one vendor needs.

The string is base64url segments joined by "."; the first is the core, whose fields lie at fixed bit
positions up to the vendor sections. Whatever cannot be read raises `ValueError`: no permission.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping

import msgspec

from adserver.privacy.bits import MAX_LENGTH, Bits, numbered

VERSION = 2
DECISECONDS_2023_09_30 = 16_960_320_000
"""Strings created later must carry policy version 4 or later."""
DECISECONDS_2026_02_28 = 17_722_368_000
"""Strings created later must disclose vendors in a segment of their own (TCF 2.3)."""
NO_CMP = 1
"""Consent platforms have numbers from 2; 0 and 1 are what unfinished software writes."""
POLICY_OF_2_2 = 4
DISCLOSED_VENDORS, ALLOWED_VENDORS, PUBLISHER_PURPOSES = 1, 2, 3
"""Segments; the second is of version 2.0, and nothing asks for it any more."""
NOT_ALLOWED, REQUIRE_CONSENT, REQUIRE_INTEREST, UNDEFINED = 0, 1, 2, 3
SKEW_S = 86_400
"""Dates of strings are days, and clocks of browsers are wrong: so far in the future they may lie."""
_FIXED = 213
_KINDS = frozenset({DISCLOSED_VENDORS, ALLOWED_VENDORS, PUBLISHER_PURPOSES})
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Consent(msgspec.Struct, frozen=True):
    """What one string says about one vendor. In masks, bit `n` stands for purpose or feature `n`."""

    consents: int
    """Purposes that the person consented to, for vendors in general."""
    interests: int
    """Purposes whose legitimate interest was disclosed and not objected to, likewise. In Canada: implied consent."""
    vendor_consent: bool
    """The vendor is among those consented to; only then may it rely on `consents`."""
    vendor_interest: bool
    """The same for `interests`."""
    disclosed: bool | None
    """Whether the segment of disclosed vendors names the vendor; `None`: there is none, and need not be."""
    special_features: int
    """Special features opted in to: 1 precise location, 2 scanning the device."""
    restrictions: tuple[tuple[int, int], ...]
    """(purpose, kind) that the publisher lays upon this vendor; kinds are `NOT_ALLOWED` and its neighbours."""
    purpose_one_treatment: bool
    """Purpose 1 was not disclosed, as the law of `country` does not ask for it."""
    country: str
    """Whose law the publisher is under: ISO 3166-1 alpha-2, upper case. In Canada: empty."""
    cmp: int
    """The number of the consent platform."""
    policy: int
    """The version of the TCF policies."""
    created_s: int
    """Seconds since the epoch."""
    updated_s: int


def is_current(
    consent: Consent, now_s: int, deleted_platforms: Mapping[int, int] | None = None
) -> bool:
    """Tell whether a string counts at this time; pure.

    Not if it comes from the future by more than `SKEW_S`, or from a consent platform that was deleted by now:
    `deleted_platforms` has the second of each one's end, by number.
    """
    latest = max(consent.created_s, consent.updated_s)
    if latest > now_s + SKEW_S:
        return False
    ended_s = deleted_platforms.get(consent.cmp) if deleted_platforms else None
    return ended_s is None or now_s < ended_s


def read_consent(text: str, vendor: int) -> Consent:
    """Read what a string says of a vendor; raises `ValueError` if it is void.

    Void: undecodable in any part, with a segment twice, not version 2, not service-specific, from no known
    consent platform, an outdated policy, or (for strings created after 28 Feb 2026) without this vendor among
    the disclosed. Whether its dates and its platform are good is asked by `is_current`, which knows the time.
    """
    if not 1 <= vendor <= 0xFFFF:  # noqa: PLR2004 - 16 bits
        raise ValueError("vendors have numbers from 1 to 65,535")
    if len(text) > MAX_LENGTH:
        raise ValueError("too long")
    core_text, *others = text.split(".")
    core = Bits(core_text)
    fixed = core.read(0, _FIXED)
    created = fixed >> 171 & 0xF_FFFF_FFFF
    cmp, policy = fixed >> 123 & 0xFFF, fixed >> 75 & 0x3F
    if fixed >> 207 != VERSION:
        raise ValueError("not version 2")
    if not fixed >> 74 & 1:
        raise ValueError("not service-specific")
    if cmp <= NO_CMP:
        raise ValueError("no consent platform")
    if created > DECISECONDS_2023_09_30 and policy < POLICY_OF_2_2:
        raise ValueError("policy version too old for its date")
    country = _country(fixed & 0xFFF)
    vendor_consent, position = core.vendors(_FIXED, vendor)
    vendor_interest, position = core.vendors(position, vendor)
    entries = core.read(position, 12)
    restrictions = tuple(_restrictions(core, position + 12, entries, vendor)) if entries else ()
    named = disclosed(others, _KINDS, lambda segment: segment.vendors(3, vendor)[0])
    if created > DECISECONDS_2026_02_28 and not named:
        raise ValueError("vendor not disclosed")
    return Consent(
        numbered(fixed >> 37 & 0xFF_FFFF, 24), numbered(fixed >> 13 & 0xFF_FFFF, 24),
        vendor_consent, vendor_interest, named, numbered(fixed >> 61 & 0xFFF, 12), restrictions,
        bool(fixed >> 12 & 1), country, cmp, policy, created // 10, (fixed >> 135 & 0xF_FFFF_FFFF) // 10,
    )  # fmt: skip


def _country(field: int) -> str:
    first, second = field >> 6, field & 0x3F
    if first >= len(_ALPHABET) or second >= len(_ALPHABET):
        raise ValueError("no country of two letters")
    return _ALPHABET[first] + _ALPHABET[second]


def _restrictions(
    core: Bits, position: int, entries: int, vendor: int
) -> Iterator[tuple[int, int]]:
    for _ in range(entries):
        head = core.read(position, 20)
        purpose, kind = head >> 14, head >> 12 & 0b11
        if head & 0xFFF and (not purpose or kind == UNDEFINED):
            raise ValueError("a restriction that means nothing")
        named, position = core.ranges(position + 8, vendor, ascending=True)
        if named:
            yield purpose, kind


def disclosed(
    segments: Iterable[str], kinds: frozenset[int], named: Callable[[Bits], bool]
) -> bool | None:
    """Read all segments behind the core, each of which may be there once, and be of one of these kinds.

    Returns what `named` makes of the segment of disclosed vendors; `None` if there is none.
    """
    found = None
    seen = 0
    for text in segments:
        segment = Bits(text)
        kind = segment.read(0, 3)
        if seen >> kind & 1 or kind not in kinds:
            raise ValueError("a segment twice, or of no known kind")
        seen |= 1 << kind
        if kind == PUBLISHER_PURPOSES:
            segment.read(57, 2 * segment.read(51, 6))
        elif named(segment) and kind == DISCLOSED_VENDORS:
            found = True
        elif kind == DISCLOSED_VENDORS:
            found = False
    return found
