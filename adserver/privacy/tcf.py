"""TCF consent strings (IAB TCF v2.2/2.3), read only as far as a buyer needs.

The string is base64url segments joined by "."; the first is the core, whose fields lie at fixed bit
positions up to the vendor sections. Whatever cannot be read raises `ValueError`: no permission.
"""

from base64 import urlsafe_b64decode
from collections.abc import Iterator
from functools import lru_cache

import msgspec

VERSION = 2
PURPOSES = range(1, 12)
DECISECONDS_2023_09_30 = 16_960_320_000
"""Strings created later must carry policy version 4 or later."""
DECISECONDS_2026_02_28 = 17_722_368_000
"""Strings created later must disclose vendors in a segment of their own (TCF 2.3)."""
NO_CMP = 1
"""Consent platforms have numbers from 2; 0 and 1 are what unfinished software writes."""
DISCLOSED_VENDORS = 1
NOT_ALLOWED, REQUIRE_INTEREST = 0, 2
MAX_LENGTH = 16_384
REMEMBERED_LENGTH = 2_048
"""Real strings are shorter; without a limit, hostile ones would fill the memory with 128 MB."""


class Consent(msgspec.Struct, frozen=True):
    """What one string says about one vendor."""

    purposes: frozenset[int]
    """Purposes that the person consented to, for this vendor, and that no publisher forbids."""
    precise_location: bool
    """Special feature 1."""


class _Bits:
    """A segment, read from the most significant bit; each character holds six bits."""

    def __init__(self, segment: str) -> None:
        padded = segment + "A" * (-len(segment) % 4)
        raw = urlsafe_b64decode(padded)
        # The decoder passes over what is not in its alphabet, and takes that of plain base64 too.
        if len(raw) * 4 != len(padded) * 3 or "+" in segment or "/" in segment:
            raise ValueError("not base64url")
        self.length = len(segment) * 6
        spare = len(raw) * 8 - self.length
        self.whole = int.from_bytes(raw, "big") >> spare

    def read(self, start: int, width: int) -> int:
        after = self.length - start - width
        if after < 0:
            raise ValueError(f"cut off: {-after} bits are missing")
        return (self.whole >> after) & ((1 << width) - 1)


def read_consent(text: str, vendor: int) -> Consent:
    """Read what a string allows a vendor by consent; raises `ValueError` if it is void.

    Void: undecodable, not version 2, not service-specific, from no known consent platform, an outdated
    policy, or (for strings created after 28 Feb 2026) without this vendor among the disclosed.
    """
    if len(text) > REMEMBERED_LENGTH:
        return read_anew(text, vendor)
    return _remembered(text, vendor)


def read_anew(text: str, vendor: int) -> Consent:
    """Read a string without remembering it; otherwise as `read_consent`."""
    if vendor < 1:
        raise ValueError("vendors have numbers from 1")
    if len(text) > MAX_LENGTH:
        raise ValueError("too long")
    core_text, *others = text.split(".")
    core = _Bits(core_text)
    _refuse_void(core, others, vendor)
    consented, position = _vendor_section(core, 213, vendor)
    _, position = _vendor_section(core, position, vendor)
    mask = core.read(152, 24)
    purposes = {purpose for purpose in PURPOSES if mask >> (24 - purpose) & 1}
    for purpose, kind in _restrictions(core, position, vendor):
        # We register every purpose by consent and none as flexible, so "require legitimate
        # interest" leaves no basis, as "not allowed" does.
        if kind in {NOT_ALLOWED, REQUIRE_INTEREST}:
            purposes.discard(purpose)
    if not consented:  # asked last: a string that is cut off further on is void for everybody
        return Consent(frozenset(), precise_location=False)
    return Consent(frozenset(purposes), precise_location=bool(core.read(140, 12) >> 11))


# A page view brings a handful of requests with the same string.
_remembered = lru_cache(maxsize=2_048)(read_anew)


def _refuse_void(core: _Bits, others: list[str], vendor: int) -> None:
    head = core.read(0, 139)
    if head >> 133 != VERSION:
        raise ValueError("not version 2")
    if not head & 1:
        raise ValueError("not service-specific")
    if (head >> 49) & 0xFFF <= NO_CMP:
        raise ValueError("no consent platform")
    created = (head >> 97) & 0xF_FFFF_FFFF
    if created > DECISECONDS_2023_09_30 and (head >> 1) & 0x3F < 4:  # noqa: PLR2004 - policy version
        raise ValueError("policy version too old for its date")
    if created > DECISECONDS_2026_02_28 and not _disclosed(others, vendor):
        raise ValueError("vendor not disclosed")


def _vendor_section(segment: _Bits, start: int, vendor: int) -> tuple[bool, int]:
    """Return whether the section starting here names the vendor, and where it ends."""
    highest = segment.read(start, 16)
    if not segment.read(start + 16, 1):
        named = vendor <= highest and bool(segment.read(start + 16 + vendor, 1))
        end = start + 17 + highest
        if end > segment.length:
            raise ValueError("cut off in a vendor section")
        return named, end
    return _range(segment, start + 17, vendor)


def _range(segment: _Bits, start: int, vendor: int) -> tuple[bool, int]:
    """Entries are 17 or 33 bits long; dozens are usual, so that each is cut out at once."""
    named = False
    position = start + 12
    # Room for a longest entry after the last bit; whether the segment had it is asked at the end.
    whole, end = segment.whole << 33, segment.length
    for _ in range(segment.read(start, 12)):
        entry = (whole >> (end - position)) & 0x1_FFFF_FFFF
        first = (entry >> 16) & 0xFFFF
        if entry >> 32:
            last = entry & 0xFFFF
            position += 33
        else:
            last = first
            position += 17
        if position > end:
            raise ValueError("cut off in a range")
        if not first:
            raise ValueError("vendors have numbers from 1")
        if first <= vendor <= last:
            named = True
    return named, position


def _restrictions(core: _Bits, start: int, vendor: int) -> Iterator[tuple[int, int]]:
    position = start + 12
    for _ in range(core.read(start, 12)):
        purpose, kind = core.read(position, 6), core.read(position + 6, 2)
        named, position = _range(core, position + 8, vendor)
        if named:
            yield purpose, kind


def _disclosed(segments: list[str], vendor: int) -> bool:
    for text in segments:
        segment = _Bits(text)
        if segment.read(0, 3) == DISCLOSED_VENDORS:
            return _vendor_section(segment, 3, vendor)[0]
    return False
