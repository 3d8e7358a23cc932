"""The weights of the linear stage, as an artifact has them."""

from bisect import bisect_right
from collections.abc import Collection, Iterator
from itertools import chain

import msgspec

CROSSING = ("advertiser", "line_item")
CROSSED = ("publication", "country", "device_type", "weather", "local_hour", "segment")
"""The columns of candidate and context whose pairs have weights of their own in `affinity`."""
HOURS = 24
COUNTED = ("contacts", "line_item_contacts")
"""Numbers whose buckets have weights, under the bucket's number; 0 is what is not known."""
EDGES = (
    1,
    2,
    3,
    4,
    5,
    6,
    8,
    10,
    13,
    16,
    20,
    25,
    32,
    40,
    50,
    64,
    80,
    100,
    128,
    160,
    200,
    256,
    320,
    400,
)
DERIVED = ("segment", "country_hour")
"""Columns of weights that no schema has: a person's segments; and the hour in a country."""
MAX_CONTACTS = 1_000
_MOST_WEIGHT = 50.0
GRAIN = float(1 << 20)
"""Log odds are sums in steps of 1 / `GRAIN`: so small that nobody sees them, so large that the order of adding up does not show."""


class Affinity(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Log odds that are sums of look-ups: what trees do not find by themselves, who likes what."""

    base: float
    turns: dict[str, int]
    """By country: the hours by which its day is turned, so that `local_hour` is the same time of its people's day everywhere."""
    weights: dict[str, dict[str, float]]
    """Per column and word; `hour`, `local_hour` and `weekday` have words of digits, `country_hour` both (`USA/13`), `segment` those the
    person is in, empty where nobody is known."""
    crosses: dict[str, dict[str, dict[str, dict[str, float]]]]
    """Per column and word of the candidate: per column and word of the context."""

    def problems(self, columns: Collection[str]) -> Iterator[str]:
        """Yield what is wrong with one that was read from outside; `columns` may have weights."""
        if not all(0 <= turn < HOURS for turn in self.turns.values()):
            yield "the affinity turns a day by more than a day"
        if not set(self.weights) <= set(columns):
            yield "the affinity weighs columns that there are not"
        if not all(word.isdecimal() for column in COUNTED for word in self.weights.get(column, ())):
            yield "the affinity weighs buckets that are no numbers"
        if not set(self.crosses) <= set(CROSSING):
            yield "the affinity crosses columns that are never crossed"
        inner = [each for words in self.crosses.values() for each in words.values()]
        if any(not set(each) <= set(CROSSED) for each in inner):
            yield "the affinity crosses columns that are never crossed"
        tables = [*self.weights.values(), *(table for each in inner for table in each.values())]
        numbers = chain((self.base,), *(table.values() for table in tables))
        if not all(abs(number) <= _MOST_WEIGHT for number in numbers):
            yield "a weight of the affinity is out of bounds"


def bucket(contacts: float) -> int:
    """Return in which bucket a number of contacts is: 0 for NaN, then 1 for none."""
    return 0 if contacts != contacts else 1 + bisect_right(EDGES, contacts)  # noqa: PLR0124 - NaN, told cheaply
