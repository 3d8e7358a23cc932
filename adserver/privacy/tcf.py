"""TCF consent strings (IAB TCF v2.2/2.3), read only as far as a buyer needs.

The string is base64url segments joined by "."; the first is the core, whose fields lie at fixed bit
positions up to the vendor sections. Whatever cannot be read raises `ValueError`: no permission.
"""

from base64 import urlsafe_b64decode
from collections.abc import Iterator

import msgspec

VERSION = 2
FLEXIBLE_PURPOSES = range(1, 12)
DECISECONDS_2023_09_30 = 16_960_320_000
"""Strings created later must carry policy version 4 or later."""
DECISECONDS_2026_02_28 = 17_722_368_000
"""Strings created later must disclose vendors in a segment of their own (TCF 2.3)."""
DISCLOSED_VENDORS = 1
NOT_ALLOWED, REQUIRE_CONSENT, REQUIRE_INTEREST = 0, 1, 2
MAX_LENGTH = 16_384


class Consent(msgspec.Struct, frozen=True):
    """What one string says about one vendor."""

    purposes: frozenset[int]
    """Purposes that the person consented to, for this vendor, and that no publisher forbids."""
    precise_location: bool
    """Special feature 1."""


class _Bits:
    """A segment as one integer, read from the most significant bit."""

    def __init__(self, segment: str) -> None:
        raw = urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
        self.length = len(raw) * 8
        self._whole = int.from_bytes(raw, "big")

    def read(self, start: int, width: int) -> int:
        end = start + width
        if end > self.length:
            raise ValueError(f"cut off: needs {end} bits, has {self.length}")
        return (self._whole >> (self.length - end)) & ((1 << width) - 1)


def read_consent(text: str, vendor: int) -> Consent:
    """Read what a string allows a vendor by consent; raises `ValueError` if it is void.

    Void: undecodable, not version 2, not service-specific, an outdated policy, or (for strings
    created after 28 Feb 2026) without this vendor among the disclosed.
    """
    if len(text) > MAX_LENGTH:
        raise ValueError("too long")
    core_text, *others = text.split(".")
    core = _Bits(core_text)
    if core.read(0, 6) != VERSION:
        raise ValueError("not version 2")
    if not core.read(138, 1):
        raise ValueError("not service-specific")
    created = core.read(6, 36)
    if created > DECISECONDS_2023_09_30 and core.read(132, 6) < 4:  # noqa: PLR2004 - policy version
        raise ValueError("policy version too old for its date")
    if created > DECISECONDS_2026_02_28 and not _disclosed(others, vendor):
        raise ValueError("vendor not disclosed")
    consented, position = _vendor_section(core, 213, vendor)
    if not consented:
        return Consent(frozenset(), precise_location=False)
    _, position = _vendor_section(core, position, vendor)
    mask = core.read(152, 24)
    purposes = {purpose for purpose in FLEXIBLE_PURPOSES if mask >> (24 - purpose) & 1}
    for purpose, kind in _restrictions(core, position, vendor):
        # We register every purpose by consent and none as flexible, so "require legitimate
        # interest" leaves no basis, as "not allowed" does.
        if kind in {NOT_ALLOWED, REQUIRE_INTEREST}:
            purposes.discard(purpose)
    return Consent(frozenset(purposes), precise_location=bool(core.read(140, 12) >> 11))


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
    named = False
    position = start + 12
    for _ in range(segment.read(start, 12)):
        if segment.read(position, 1):
            named |= segment.read(position + 1, 16) <= vendor <= segment.read(position + 17, 16)
            position += 33
        else:
            named |= segment.read(position + 1, 16) == vendor
            position += 17
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
