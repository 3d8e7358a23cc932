"""The rule language of line items: lists to include and exclude, and who the audience is.

The closed words of some dimensions are in `domain.vocabulary`.
"""

import re
from collections.abc import Container, Iterator
from enum import StrEnum

import msgspec


class Dimension(StrEnum):
    """What a line item may target by lists; values are text, compared exactly unless it says otherwise."""

    __hash__ = str.__hash__  # Enum has one in Python, ten times as slow

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
    # The rest is read of a request only if some line item targets it: see `facts`.
    METRO = "metro"  # the exchange's code of a metropolitan area: `501`
    POSTCODE = "postcode"  # country and code, without blanks: `USA/53202`
    NEAR = "near"  # circles: see `domain.circles`
    OS_VERSION = "os_version"  # ranges within a system: see `domain.bounds`
    BROWSER = "browser"  # lower case: chrome, safari, firefox, edge, samsung ...
    DEVICE_LANGUAGE = "device_language"  # ISO 639-1
    CONNECTION = "connection"  # ethernet, wifi, cellular, 2g ... 5g; cellular stands for the last
    CARRIER = "carrier"  # lower-case name, or country and network code: `310-005`
    MAKER = "maker"  # lower case
    MODEL = "model"  # lower case
    SITE_ID = "site_id"  # the exchange's own ids of sites, applications and publishers
    APP_ID = "app_id"
    PUBLISHER = "publisher"
    CHANNEL = "channel"  # lower-case name, domain or id, of the content
    TV_NETWORK = "tv_network"  # ditto
    GENRE = "genre"  # lower-case name, or taxonomy and number: `9:325`
    RATING = "rating"  # lower case: tv-ma ...; or all_audiences, over_12, mature
    LIVE = "live"  # yes, no
    KEYWORD = "keyword"  # lower case, of the page, the application or the content
    SENSITIVE = "sensitive"  # topics of the content: see `domain.sensitive`
    VENUE = "venue"  # where a screen stands, `transit.airports`; `transit` stands for its children
    SELLER = "seller"  # domains of whoever sold it on, as its supply chain says
    SUPPLY = "supply"  # direct, reseller
    HOPS = "hops"  # ranges of how many sold it
    TAG_ID = "tag_id"  # the exchange's own id of a space
    GPID = "gpid"  # the id of a space that all exchanges share
    KEY_VALUE = "key_value"  # what the publisher says of page and space, `section=sport`
    POSITION = "position"  # above_fold, below_fold ...
    VIEWABILITY = "viewability"  # ranges of per cent, as measured
    VIDEO_PLACEMENT = "video_placement"  # instream, accompanying, interstitial, standalone ...
    START_DELAY = "start_delay"  # pre, mid, post
    SKIPPABLE = "skippable"  # yes, no
    SLOT_DURATION = "slot_duration"  # ranges of seconds: the longest advertisement that it takes
    REWARDED = "rewarded"  # yes, no
    INTERSTITIAL = "interstitial"  # yes, no


EXACT_PLACES = frozenset({Dimension.NEAR, Dimension.POSTCODE})
"""Finer than a city: known only with permission, and people are told where it had a part."""


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
