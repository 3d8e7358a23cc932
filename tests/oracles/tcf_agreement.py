"""Whether our reading of a TCF string agrees with the official library's, and where it may refuse what that reads.

Ours may refuse more, for one of the reasons in `STRICTER`, and never read anything else.
"""

from collections.abc import Callable, Mapping
from typing import Any

from adserver.privacy import tcf
from adserver.privacy.bits import MAX_LENGTH

Json = dict[str, Any]
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

# Each is asked of (string, the library's answer, its answer for the vendor).
STRICTER: Mapping[str, Callable[[str, Json, Json], bool]] = {
    "version 1 was retired in 2020: the library still reads it":
        lambda _, official, __: official["version"] != tcf.VERSION,
    "global strings are void since 2021":
        lambda _, official, __: not official["specific"],
    "policy versions before 4 are void in strings created after September 2023":
        lambda _, official, __: official["created"] > tcf.DECISECONDS_2023_09_30 and official["policy"] < 4,
    "strings created after February 2026 must disclose the vendor (TCF 2.3)":
        lambda _, official, vendor: official["created"] > tcf.DECISECONDS_2026_02_28
        and not (official["disclosing"] and vendor["disclosed"]),
    "the core comes first: the library takes segments in any order":
        lambda text, _, __: _kinds(text)[0] != 0,
    "a segment twice: the library takes the last, and who reads the first reads something else":
        lambda text, _, __: len(set(_kinds(text))) < len(_kinds(text)),
    "countries are two capital letters: the library takes six signs and small letters besides":
        lambda text, _, __: any(_bits(text.split(".")[0], place, 6) > 25 for place in (201, 207)),
    "vendors have numbers from 1: the library asks for that in all lists but restrictions":
        lambda _, official, __: bool(official["nobody"]),
    "nobody needs so long a string":
        lambda text, _, __: len(text) > MAX_LENGTH,
}  # fmt: skip


def disagreement(
    text: str, vendor: int, official: Json | None, of_vendor: Json | None
) -> str | None:
    """Return what is wrong with our reading for this vendor; `None` if nothing is.

    `official` is the library's answer as `consent/driver.mjs` gives it, `None` if it refuses the string.
    """
    try:
        ours = tcf.read_consent(text, vendor)
    except ValueError as error:
        if official is None or of_vendor is None:
            return None
        if any(reason(text, official, of_vendor) for reason in STRICTER.values()):
            return None
        return f"refused though the library reads it ({error})"
    if official is None or of_vendor is None:
        return "read though the library refuses it"
    for name, (mine, theirs) in _compared(ours, official, of_vendor).items():
        if mine != theirs:
            return f"{name} is {mine}, and {theirs} for the library"
    return None


def _compared(
    ours: tcf.Consent, official: Json, of_vendor: Json
) -> dict[str, tuple[object, object]]:
    return {
        "created": (ours.created_s, official["created"] // 10),
        "updated": (ours.updated_s, official["updated"] // 10),
        "cmp": (ours.cmp, official["cmp"]),
        "policy": (ours.policy, official["policy"]),
        "country": (ours.country, official["country"]),
        "treatment": (ours.purpose_one_treatment, official["treatment"]),
        "features": (_numbers(ours.special_features), sorted(official["features"])),
        "consents": (_numbers(ours.consents), sorted(official["consents"])),
        "interests": (_numbers(ours.interests), sorted(official["interests"])),
        "vendor consent": (ours.vendor_consent, of_vendor["consent"]),
        "vendor interest": (ours.vendor_interest, of_vendor["interest"]),
        "disclosed": (ours.disclosed, of_vendor["disclosed"] if official["disclosing"] else None),
        "restrictions": (
            sorted(set(ours.restrictions)),
            sorted({(purpose, kind) for purpose, kind in of_vendor["restrictions"]}),
        ),
    }


def _numbers(mask: int) -> list[int]:
    return [number for number in range(64) if mask >> number & 1]


def _kinds(text: str) -> list[int]:
    """Return the kind of each segment: its first three bits."""
    return [_bits(segment, 0, 3) for segment in text.split(".")]


def _bits(segment: str, start: int, width: int) -> int:
    text = "".join(f"{_ALPHABET.index(letter):06b}" for letter in segment)
    return int(text[start : start + width], 2)
