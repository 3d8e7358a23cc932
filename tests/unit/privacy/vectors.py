"""Consent strings with their official decodings, from the corpus; and strings made bit by bit."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from adserver.privacy import legal_bases
from adserver.privacy.legal_bases import Registration
from adserver.privacy.tcf import read_consent
from tests.corpus.corpus import corpus

AFTER_2026_02_28 = 17_722_368_001
DAY_2023_11 = 16_990_000_000
EVERYTHING = frozenset(range(1, 12))
"""The purposes of TCF 2.2."""


def vectors(name: str) -> list[dict[str, Any]]:
    """Return one file of the corpus; skips without a corpus."""
    text = corpus("privacy", name).read_text(encoding="utf-8")
    found: list[dict[str, Any]] = json.loads(text)
    return found


def deciseconds(moment: str) -> int:
    """Return an official time in the unit of consent strings."""
    return round(datetime.fromisoformat(moment).timestamp() * 10)


def allowed(text: str, official: dict[str, Any], vendor: int) -> frozenset[int] | None:
    """Return the purposes that an official decoding allows a vendor by consent; `None`: it is void.

    The decoding does not tell an empty segment of disclosed vendors from none: its first letter does.
    """
    created = deciseconds(official["created"])
    if not official["isServiceSpecific"]:
        return None
    if created > 16_960_320_000 and official["policyVersion"] < 4:
        return None
    if created > 17_722_368_000 and vendor not in official["vendorsDisclosed"]:
        return None
    disclosing = any("I" <= segment[:1] <= "P" for segment in text.split(".")[1:])
    left_out = disclosing and vendor not in official["vendorsDisclosed"]
    if vendor not in official["vendorConsents"] or left_out:
        return frozenset()
    forbidden = {
        rule["purposeId"]
        for rule in official["publisherRestrictions"]
        if rule["restrictionType"] in {0, 2} and vendor in rule["vendors"]
    }
    if official["purposeOneTreatment"]:
        forbidden.add(1)
    return frozenset(official["purposeConsents"]) - forbidden & EVERYTHING


def by_consent(text: str, vendor: int) -> frozenset[int]:
    """Return what a string allows a vendor that registered everything by consent, and nothing as flexible."""
    return legal_bases.allowed(read_consent(text, vendor), Registration(consent=EVERYTHING))


def bits(*fields: tuple[int, int]) -> str:
    """Write (value, width) one after the other."""
    return "".join(f"{value:0{width}b}" for value, width in fields if width)


def encode(text: str) -> str:
    """Return bits as base64url, padded to whole characters only, as browsers' libraries do."""
    padded = text + "0" * (-len(text) % 6)
    characters = len(padded) // 6
    padded += "0" * (-len(padded) % 8)
    raw = int(padded, 2).to_bytes(len(padded) // 8, "big")
    return urlsafe_b64encode(raw).decode().rstrip("=")[:characters]


def vendor_bits(vendors: Sequence[int]) -> str:
    """Write a vendor section as a bit field."""
    highest = max(vendors, default=0)
    named = sum(1 << (highest - number) for number in set(vendors))
    return bits((highest, 16), (0, 1), (named, highest))


def vendor_ranges(ranges: Sequence[tuple[int, int]]) -> str:
    """Write a vendor section as ranges; equal ends are written as a single vendor."""
    highest = max((last for _, last in ranges), default=0)
    return bits((highest, 16), (1, 1)) + entries(ranges)


def entries(ranges: Sequence[tuple[int, int]]) -> str:
    """Write a count and ranges."""
    text = bits((len(ranges), 12))
    for first, last in ranges:
        text += (
            bits((0, 1), (first, 16)) if first == last else bits((1, 1), (first, 16), (last, 16))
        )
    return text


def mask(numbers: Iterable[int]) -> int:
    """Return 24 bits, the first for number 1."""
    return sum(1 << (24 - number) for number in numbers)


def core(
    *,
    version: int = 2,
    created: int = DAY_2023_11,
    cmp: int = 300,
    policy: int = 4,
    service_specific: int = 1,
    features: int = 0,
    purposes: Iterable[int] = range(1, 12),
    by_interest: Iterable[int] = (),
    treatment: int = 0,
    country: str = "DE",
    consents: str = "",
    interests: str = "",
    restrictions: Sequence[tuple[int, int, Sequence[tuple[int, int]]]] = (),
) -> str:
    """Write a core segment; the defaults allow vendor 12 everything."""
    first, second = (ord(letter) - ord("A") for letter in country)
    text = bits(
        (version, 6), (created, 36), (created, 36), (cmp, 12), (1, 12), (1, 6), (0, 12), (99, 12),
        (policy, 6), (service_specific, 1), (0, 1), (features, 12), (mask(purposes), 24), (mask(by_interest), 24), (treatment, 1), (first, 6), (second, 6),
    )  # fmt: skip
    text += consents or vendor_bits([12])
    text += interests or vendor_bits([])
    text += bits((len(restrictions), 12))
    for purpose, kind, ranges in restrictions:
        text += bits((purpose, 6), (kind, 2)) + entries(ranges)
    return encode(text)


def disclosed(section: str) -> str:
    """Write a segment of disclosed vendors."""
    return encode(bits((1, 3)) + section)


def today() -> int:
    """Return a moment for which vendors must be disclosed."""
    return round(datetime(2026, 11, 1, tzinfo=UTC).timestamp() * 10)
