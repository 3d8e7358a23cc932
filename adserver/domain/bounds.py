"""Ranges of versions and numbers, as line items target them: at least this, below that, each within a scope.

Versions are compared number by number, and what is not said is 0: 16.4 is below 16.10, and 16 is 16.0.
"""

import re
from typing import NamedTuple

MAX_PARTS = 4
"""Of a longer version only the first parts count."""
_NUMBERS = re.compile(r"\d{1,9}")
_WRITTEN = re.compile(
    r"([a-z_]{0,20})(?:>=(\d{1,9}(?:\.\d{1,9}){0,3}))?(?:<(\d{1,9}(?:\.\d{1,9}){0,3}))?"
)

Version = tuple[int, ...]
"""Exactly `MAX_PARTS` numbers."""


class Bounds(NamedTuple):
    """`at_least <= version < below`, both where given; of one operating system, or of any."""

    scope: str
    """The system whose versions these are; empty: of any, or a plain number."""
    at_least: str = ""
    below: str = ""

    def __str__(self) -> str:
        """Return it as it is kept in lists: `ios>=16.4<18`."""
        low = f">={self.at_least}" if self.at_least else ""
        return f"{self.scope}{low}" + (f"<{self.below}" if self.below else "")

    def holds(self, scope: str, version: Version) -> bool:
        """Tell whether a version of a system lies within."""
        return (
            self.scope in {"", scope}
            and (not self.at_least or version >= parts(self.at_least))
            and (not self.below or version < parts(self.below))
        )


def parse_bounds(text: str) -> Bounds:
    """Read `ios>=16.4<18`. Raises `ValueError`."""
    found = _WRITTEN.fullmatch(text)
    if found is None or not any(found.groups()):
        raise ValueError("write versions as numbers parted by points: 16.4")
    return Bounds(found[1], found[2] or "", found[3] or "")


def parts(text: str) -> Version:
    """Return the numbers of a version, `17.5.1` or `17_5_1`, filled up with zeros."""
    found = tuple(map(int, _NUMBERS.findall(text[:40])[:MAX_PARTS]))
    return found + (0,) * (MAX_PARTS - len(found))


def scoped(text: str) -> tuple[str, Version] | None:
    """Read what a request says, `ios 17.5` or `17.5`; `None` if there is no number."""
    scope, _, version = text.rpartition(" ")
    return (scope, parts(version)) if version[:1].isdigit() else None
