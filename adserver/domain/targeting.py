"""The rule language of line items: lists to include and exclude, and who the audience is."""

import re
from collections.abc import Container, Iterator
from enum import StrEnum

import msgspec


class Dimension(StrEnum):
    """What a line item may target by lists; values are text, compared exactly."""

    EXCHANGE = "exchange"
    COUNTRY = "country"  # ISO 3166-1 alpha-3, upper case
    REGION = "region"  # country and ISO 3166-2 part: `USA-WI`
    CITY = "city"  # country and lower-case name: `USA/milwaukee`
    DEVICE_TYPE = (
        "device_type"  # phone, tablet, computer, tv, set_top_box, connected, out_of_home, mobile
    )
    OS = "os"  # lower case: ios, android, windows, macos, linux ...
    INVENTORY_TYPE = "inventory_type"  # site, app, out_of_home
    PUBLICATION = "publication"  # registrable-looking domain or app bundle, lower case
    CATEGORY = "category"  # content category, `IAB19`; a parent stands for its children
    SIZE = "size"  # `300x250`; video and native spaces have the size of their player or main image
    DEAL = "deal"  # deal ids; a line item with deals bids on those only


DEVICE_TYPES = (
    "phone", "tablet", "computer", "tv", "set_top_box", "connected", "out_of_home", "mobile",
)  # fmt: skip
OPERATING_SYSTEMS = (
    "android", "ios", "windows", "macos", "linux", "chromeos", "tizen", "webos", "roku", "kaios",
)  # fmt: skip
INVENTORY_TYPES = ("site", "app", "out_of_home")


class ListRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Included: at least one of these (empty: anything). Excluded: none of those."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()


class Segment(msgspec.Struct, frozen=True, tag=True):
    """The person is in this segment."""

    name: str


class Not(msgspec.Struct, frozen=True, tag=True):
    """The inner expression does not hold."""

    inner: "Expression"


class All(msgspec.Struct, frozen=True, tag=True):
    """Every part holds."""

    parts: "tuple[Expression, ...]"


class Any(msgspec.Struct, frozen=True, tag=True):
    """At least one part holds."""

    parts: "tuple[Expression, ...]"


Expression = Segment | Not | All | Any

MAX_EXPRESSION_LENGTH = 4_000
MAX_EXPRESSION_DEPTH = 32
_TOKEN = re.compile(r"([()])|([^\s()]+)")


def parse_audience(text: str) -> Expression:
    """Parse `camera-intent and (weekly or not owner)`; `not` binds tightest, then `and`, then `or`.

    Raises `ValueError` with the position and what was expected.
    """
    if len(text) > MAX_EXPRESSION_LENGTH:
        raise ValueError(f"longer than {MAX_EXPRESSION_LENGTH} characters")
    return _Parser(text).whole()


def holds(expression: Expression, segments: Container[str]) -> bool:
    """Evaluate an expression the obvious way: the oracle for the compiled form."""
    match expression:
        case Segment(name):
            return name in segments
        case Not(inner):
            return not holds(inner, segments)
        case All(parts):
            return all(holds(part, segments) for part in parts)
        case Any(parts):
            return any(holds(part, segments) for part in parts)


def segment_names(expression: Expression) -> Iterator[str]:
    """Yield every segment that an expression mentions, with repetitions."""
    match expression:
        case Segment(name):
            yield name
        case Not(inner):
            yield from segment_names(inner)
        case All(parts) | Any(parts):
            for part in parts:
                yield from segment_names(part)


def spell(expression: Expression) -> str:
    """Return an expression as people write it; parsing it gives the same expression again."""
    match expression:
        case Segment(name):
            return name
        case Not(inner):
            return f"not {_bracketed(inner)}"
        case All(parts):
            return " and ".join(_bracketed(part) for part in parts)
        case Any(parts):
            return " or ".join(_bracketed(part) for part in parts)


def _bracketed(part: Expression) -> str:
    return f"({spell(part)})" if isinstance(part, All | Any) else spell(part)


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens = [
            (found.start(), found.group(1) or found.group(2)) for found in _TOKEN.finditer(text)
        ]
        self._next = 0
        self._end = len(text)

    def whole(self) -> Expression:
        expression = self._any(0)
        if self._next < len(self._tokens):
            raise self._unexpected("`and`, `or` or the end")
        return expression

    def _any(self, depth: int) -> Expression:
        parts = [self._all(depth)]
        while self._take("or"):
            parts.append(self._all(depth))
        return parts[0] if len(parts) == 1 else Any(tuple(parts))

    def _all(self, depth: int) -> Expression:
        parts = [self._not(depth)]
        while self._take("and"):
            parts.append(self._not(depth))
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _not(self, depth: int) -> Expression:
        if depth > MAX_EXPRESSION_DEPTH:
            raise ValueError(f"nested deeper than {MAX_EXPRESSION_DEPTH} levels")
        if self._take("not"):
            return Not(self._not(depth + 1))
        if self._take("("):
            inner = self._any(depth + 1)
            if not self._take(")"):
                raise self._unexpected("`)`")
            return inner
        word = self._peek()
        if word is None or word in {"and", "or", ")"}:
            raise self._unexpected("a segment, `not` or `(`")
        self._next += 1
        return Segment(word)

    def _peek(self) -> str | None:
        return self._tokens[self._next][1] if self._next < len(self._tokens) else None

    def _take(self, word: str) -> bool:
        if self._peek() != word:
            return False
        self._next += 1
        return True

    def _unexpected(self, wanted: str) -> ValueError:
        if self._next < len(self._tokens):
            position, word = self._tokens[self._next]
            return ValueError(f"at character {position + 1}: found {word!r}, expected {wanted}")
        return ValueError(f"at character {self._end + 1}: found the end, expected {wanted}")
