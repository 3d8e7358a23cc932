"""Values of targeting that are groups of numbers: ranges of versions and numbers, circles on the Earth."""

import re
from collections.abc import Callable

from adapters.campaigns.authoring.cursor import Cursor, shown
from adapters.campaigns.authoring.values import choice, whole
from adserver.domain.bounds import Bounds, parts
from adserver.domain.circles import parse_circle
from adserver.domain.targeting import Dimension
from adserver.domain.vocabulary import WORDS

RANGE = ("at_least", "below")
VERSION = ("os", *RANGE)
CIRCLE = ("latitude", "longitude", "km")
ITEM_KEYS = frozenset({*VERSION, *CIRCLE})
"""The keys of one value; a group without any of these has `include` and `exclude`."""
_VERSION = re.compile(r"\d{1,9}(?:\.\d{1,9}){0,3}")


def version_range(cursor: Cursor) -> str:
    """Read `{os: ios, at_least: 16.4, below: 18}`; without `os` a range is of any system."""
    found = cursor.fields(VERSION)
    scope = choice(found["os"], WORDS[Dimension.OS]) if "os" in found else ""
    edges = {key: _version(found[key]) for key in RANGE if key in found}
    return _bounds(cursor, Bounds(scope, **edges))


def number_range(most: int, what: str) -> Callable[[Cursor], str]:
    """Return a reader of `{at_least: 70, below: 90}`, whole numbers up to `most`."""

    def read(cursor: Cursor) -> str:
        found = cursor.fields(RANGE)
        edges = {key: str(whole(found[key], 0, most + 1)) for key in RANGE if key in found}
        return _bounds(cursor, Bounds("", **edges), what)

    return read


def circle(cursor: Cursor) -> str:
    """Read `{latitude: 43.0389, longitude: -87.9065, km: 5}`."""
    found = cursor.fields(CIRCLE, required=CIRCLE)
    if len(found) < len(CIRCLE):
        return "0,0,1"
    try:
        return str(parse_circle(",".join(found[key].text() for key in CIRCLE)))
    except ValueError as error:
        cursor.fault(f"is no circle: {error}")
        return "0,0,1"


def _version(cursor: Cursor) -> str:
    word = cursor.text()
    if not _VERSION.fullmatch(word):
        cursor.fault(f"{shown(word)} is no version: write numbers parted by points, 16.4")
        return "1"
    return word


def _bounds(cursor: Cursor, bounds: Bounds, what: str = "of versions") -> str:
    low, high = bounds.at_least, bounds.below
    if not low and not high:
        cursor.fault(f"gives no range {what}: write `at_least`, `below` or both")
    elif low and high and parts(low) >= parts(high):
        cursor.fault(f"holds nothing: at least {low} and below {high}")
    return str(bounds)
