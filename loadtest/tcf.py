"""TCF consent strings, written bit by bit: what a consent platform leaves in a visitor's browser."""

from base64 import urlsafe_b64encode
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import NamedTuple

Ranges = Sequence[tuple[int, int]]
"""Vendor ids as closed ranges, ascending and without overlap."""

POLICY_VERSION = 5  # TCF 2.3
LIST_VERSION = 177
PURPOSES = range(1, 12)
LEGITIMATE_INTEREST = (2, 7, 8, 9, 10, 11)  # purposes 1 and 3 to 6 can never rest on it
_DISCLOSED_VENDORS = 1


class Choice(NamedTuple):
    """What a visitor decided, and who was on the list that they were shown."""

    created: date
    disclosed: Ranges
    vendors: Ranges = ()
    purposes: tuple[int, ...] = ()
    legitimate: tuple[int, ...] = ()
    language: str = "EN"
    country: str = "DE"
    cmp_id: int = 300


def everything(created: date, vendors: Ranges, *, language: str, country: str) -> Choice:
    """Return the choice of somebody who agrees to all purposes for these vendors."""
    return Choice(
        created, vendors, vendors, tuple(PURPOSES), LEGITIMATE_INTEREST, language, country
    )


def encode(choice: Choice) -> str:
    """Return the core segment and the disclosed-vendors segment (TCF 2.3), service specific."""
    at_midnight = datetime(*choice.created.timetuple()[:3], tzinfo=UTC)
    deciseconds = int(at_midnight.timestamp()) * 10
    core = _Bits()
    core.whole(2, 6)
    core.whole(deciseconds, 36)
    core.whole(deciseconds, 36)
    core.whole(choice.cmp_id, 12)
    core.whole(1, 12)  # version of the consent platform
    core.whole(1, 6)  # screen
    core.letters(choice.language)
    core.whole(LIST_VERSION, 12)
    core.whole(POLICY_VERSION, 6)
    core.whole(1, 1)  # service specific: others are invalid
    core.whole(0, 1)  # standard texts
    core.whole(0, 12)  # no special features
    core.flags(choice.purposes, 24)
    core.flags(choice.legitimate, 24)
    core.whole(0, 1)  # purpose one is asked for
    core.letters(choice.country)
    core.vendors(choice.vendors)
    core.vendors(choice.vendors if choice.legitimate else ())
    core.whole(0, 12)  # no publisher restrictions
    disclosed = _Bits()
    disclosed.whole(_DISCLOSED_VENDORS, 3)
    disclosed.vendors(choice.disclosed)
    return f"{core.text()}.{disclosed.text()}"


class _Bits:
    """An integer that grows at its low end."""

    def __init__(self) -> None:
        self._value = 0
        self._length = 0

    def whole(self, value: int, length: int) -> None:
        if not 0 <= value < 1 << length:
            raise ValueError(f"{value} does not fit into {length} bits")
        self._value = self._value << length | value
        self._length += length

    def flags(self, numbers: Iterable[int], length: int) -> None:
        """Write one bit per number from 1 to `length`, the first leftmost."""
        self.whole(sum(1 << length - number for number in numbers), length)

    def letters(self, code: str) -> None:
        for letter in code:
            self.whole(ord(letter) - ord("A"), 6)

    def vendors(self, ranges: Ranges) -> None:
        """Write a vendor section as ranges or as one bit per vendor, whichever is shorter."""
        last = ranges[-1][1] if ranges else 0
        as_ranges = 12 + sum(17 if first == end else 33 for first, end in ranges)
        self.whole(last, 16)
        self.whole(as_ranges < last, 1)
        if as_ranges >= last:
            self.flags((v for first, end in ranges for v in range(first, end + 1)), last)
            return
        self.whole(len(ranges), 12)
        for first, end in ranges:
            self.whole(first != end, 1)
            self.whole(first, 16)
            if first != end:
                self.whole(end, 16)

    def text(self) -> str:
        padding = -self._length % 8
        raw = (self._value << padding).to_bytes((self._length + padding) // 8, "big")
        return urlsafe_b64encode(raw).rstrip(b"=").decode()
