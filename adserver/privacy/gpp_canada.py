"""The Canadian section of GPP (`tcfcav1`): like a TCF string, with express consent for consent, implied for interest.

Lists of vendors come in two codings, and nothing tells which: Fibonacci numbers, as the specification asks for, and
whole numbers, as the official library wrote until 2026. A writer picks the shortest form. So, as that library does,
we take the coding that would be written so again, Fibonacci first; unlike it, we refuse if neither would, or if both
would and differ in what they say of our vendor.
"""

import re
from contextlib import suppress
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from adserver.privacy.bits import Bits, numbered
from adserver.privacy.gpp_fibonacci import bits_needed, ranges
from adserver.privacy.tcf import (
    DISCLOSED_VENDORS,
    NO_CMP,
    PUBLISHER_PURPOSES,
    UNDEFINED,
    Consent,
    disclosed,
)

VERSION = 1
MAX_LENGTH = 2_048
"""In letters; the Canadian list has some dozens of vendors."""
_FIXED = 199
_KINDS = frozenset({DISCLOSED_VENDORS, PUBLISHER_PURPOSES})
_ONES = re.compile("1+")


class _Vendors(NamedTuple):
    named: bool
    end: int
    same: bool
    """Both codings mean the same by it: it is a bit field."""
    shortest: bool
    """A writer of this coding would have written it so."""


def read_canada(text: str, vendor: int) -> Consent:
    """Read what the section says of a vendor, as `read_consent` does; raises `ValueError` if it is void.

    Void: undecodable, with a segment twice, not version 1, or from no known consent platform.
    """
    if len(text) > MAX_LENGTH:
        raise ValueError("too long")
    return _remembered(text, vendor)


def read_canada_anew(text: str, vendor: int) -> Consent:
    """Read a section without remembering it; otherwise as `read_canada`."""
    if not 1 <= vendor <= 0xFFFF:  # noqa: PLR2004 - 16 bits
        raise ValueError("vendors have numbers from 1 to 65,535")
    core_text, *others = text.split(".")
    core = Bits(core_text)
    fixed = core.read(0, _FIXED)
    cmp, policy = fixed >> 109 & 0xFFF, fixed >> 61 & 0x3F
    if fixed >> 193 != VERSION:
        raise ValueError("not version 1")
    if cmp <= NO_CMP:
        raise ValueError("no consent platform")
    express, implied, restrictions = _lists(core.text(_FIXED), vendor)
    return Consent(
        consents=numbered(fixed >> 24 & 0xFF_FFFF, 24),
        interests=numbered(fixed & 0xFF_FFFF, 24),
        vendor_consent=express,
        vendor_interest=implied,
        disclosed=disclosed(others, _KINDS, lambda segment: _disclosed_vendors(segment, vendor)),
        special_features=numbered(fixed >> 48 & 0xFFF, 12),
        restrictions=restrictions,
        purpose_one_treatment=False,
        country="",
        cmp=cmp,
        policy=policy,
        created_s=(fixed >> 157 & 0xF_FFFF_FFFF) // 10,
        updated_s=(fixed >> 121 & 0xF_FFFF_FFFF) // 10,
    )


_remembered = lru_cache(maxsize=1_024)(read_canada_anew)


class _Lists(NamedTuple):
    express: bool
    implied: bool
    restrictions: tuple[tuple[int, int], ...]


class _Reading(NamedTuple):
    lists: _Lists
    fits: bool
    """A writer of this coding would have written it so, or it means the same in both."""
    whole: bool
    """Nothing but padding is left behind it."""


def _lists(text: str, vendor: int) -> _Lists:
    """Return express and implied consent of the vendor, and its restrictions, in the coding that fits."""
    readings = []
    for fibonacci in (True, False):
        with suppress(ValueError):  # it may be the other coding, then
            reading = _read_lists(text, vendor, fibonacci=fibonacci)
            if reading.fits:
                readings.append(reading)
    if not readings:
        raise ValueError("lists of vendors in no known coding")
    found = readings[0].lists
    if any(other.whole and other.lists != found for other in readings[1:]):
        raise ValueError(
            "lists of vendors that mean one thing in one coding, and another in the other"
        )
    if any(not purpose or kind == UNDEFINED for purpose, kind in found.restrictions):
        raise ValueError("a restriction that means nothing")
    return found


def _read_lists(text: str, vendor: int, *, fibonacci: bool) -> _Reading:
    express = _vendors(text, 0, vendor, fibonacci=fibonacci)
    implied = _vendors(text, express.end, vendor, fibonacci=fibonacci)
    position = implied.end + 12
    entries = _number(text, implied.end, position)
    shortest = express.shortest and implied.shortest
    restrictions = []
    for _ in range(entries):
        head = _number(text, position, position + 8)
        if fibonacci:
            named, position, _, canonical = _vendors(text, position + 8, vendor, fibonacci=True)
        else:
            listed, position = _whole_ranges(text, position + 8)
            named, canonical = _among(listed, vendor), _ascending(listed)
        if named:
            restrictions.append((head >> 2, head & 0b11))
        shortest = shortest and canonical
    same = express.same and implied.same and not entries
    lists = _Lists(express.named, implied.named, tuple(restrictions))
    return _Reading(lists, same or shortest, "1" not in text[position:])


def _vendors(text: str, start: int, vendor: int, *, fibonacci: bool) -> _Vendors:
    """Read a list of vendors: 16 bits for the highest, a bit for the form, then ranges or a bit for each."""
    highest = _number(text, start, start + 16)
    position = start + 17
    if _number(text, start + 16, position):
        listed, end = (ranges if fibonacci else _whole_ranges)(text, position)
        shorter = _needed(listed, fibonacci=fibonacci) <= highest
        last = listed[-1][1] if listed else 0
        return _Vendors(
            _among(listed, vendor), end, same=False,
            shortest=shorter and last == highest and _ascending(listed),
        )  # fmt: skip
    end = position + highest
    if end > len(text):
        raise ValueError("cut off in a vendor section")
    named = vendor <= highest and text[position + vendor - 1] == "1"
    listed = [
        (run.start() - position + 1, run.end() - position)
        for run in _ONES.finditer(text, position, end)
    ]
    last = listed[-1][1] if listed else 0
    longer = _needed(listed, fibonacci=fibonacci) > highest
    return _Vendors(named, end, same=True, shortest=longer and last == highest)


def _whole_ranges(text: str, start: int) -> tuple[list[tuple[int, int]], int]:
    position = start + 12
    entries = _number(text, start, position)
    listed = []
    for _ in range(entries):
        group = _number(text, position, position + 1)
        position += 33 if group else 17
        first = _number(
            text, position - 32 if group else position - 16, position - 16 if group else position
        )
        last = _number(text, position - 16, position)
        if not first or (group and last <= first):
            raise ValueError("a range that nobody writes")
        listed.append((first, last))
    return listed, position


def _number(text: str, start: int, end: int) -> int:
    if end > len(text):
        raise ValueError("cut off in a list of vendors")
    return int(text[start:end], 2)


def _needed(listed: list[tuple[int, int]], *, fibonacci: bool) -> int:
    if fibonacci:
        return bits_needed(listed)
    return 12 + sum(17 if first == last else 33 for first, last in listed)


def _among(listed: list[tuple[int, int]], vendor: int) -> bool:
    return any(first <= vendor <= last for first, last in listed)


def _ascending(listed: list[tuple[int, int]]) -> bool:
    """Tell whether the ranges ascend with gaps between them, so that none could be joined."""
    return all(before < first - 1 for (_, before), (first, _) in pairwise(listed))


def _disclosed_vendors(segment: Bits, vendor: int) -> bool:
    text = segment.text(3)
    for fibonacci in (True, False):
        with suppress(ValueError):  # it may be the other coding, then
            found = _vendors(text, 0, vendor, fibonacci=fibonacci)
            if found.same or found.shortest:
                return found.named
    raise ValueError("a list of vendors in no known coding")
