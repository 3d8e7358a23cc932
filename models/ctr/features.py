"""What the click model looks at: one definition of a row, for training and for serving.

A row is the context (the same for all candidates of an opportunity), then the candidate. A `Schema` says which columns
there are; `SERVED` is the one that the server fills, other tables are trained on by theirs.
"""

from collections.abc import Iterator
from itertools import chain
from math import inf, isfinite, log1p, nan
from typing import Annotated

import msgspec

from adserver.domain.creative import (
    Audio,
    Banner,
    Creative,
    Display,
    Dynamic,
    Html,
    Native,
    Video,
    size_of,
)
from adserver.domain.money import Nanos
from models.ctr.weights import DERIVED, MAX_CONTACTS, Affinity

MAX_SLOTS = 64
AFFINITY = "affinity"
"""A number of the candidate: log odds at which the trees begin. They never split it; NaN: they begin at nothing."""


class Schema(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which columns a model looks at, by name."""

    context_words: tuple[str, ...] = ()
    """Coded by tables; the same for all candidates."""
    context_numbers: tuple[str, ...] = ()
    candidate_words: tuple[str, ...] = ()
    candidate_numbers: tuple[str, ...] = ()
    """They may depend on the person too: the last columns of a row."""
    rated: tuple[str, ...] = ()
    """Words that also bring their smoothed click rate of earlier days, as column `<word>_rate`."""
    slots: int = 0
    """Columns `segment_00` and so on, one for each of the segments that the tables name: 1 in it, 0 not, NaN unknown."""

    @property
    def words(self) -> tuple[str, ...]:
        """Return all coded columns, the context's first."""
        return self.context_words + self.candidate_words

    @property
    def numbers(self) -> tuple[str, ...]:
        """Return all columns of plain numbers, the context's first."""
        return self.context_numbers + self.candidate_numbers

    @property
    def segments(self) -> tuple[str, ...]:
        """Return the columns of segments."""
        return tuple(f"segment_{slot:02}" for slot in range(self.slots))

    @property
    def context(self) -> tuple[str, ...]:
        """Return the columns of the context: words, numbers, rates, segments."""
        rates = tuple(rate_of(word) for word in self.context_words if word in self.rated)
        return (*self.context_words, *self.context_numbers, *rates, *self.segments)

    @property
    def candidate(self) -> tuple[str, ...]:
        """Return the columns of the candidate: words, rates, numbers."""
        rates = tuple(rate_of(word) for word in self.candidate_words if word in self.rated)
        return (*self.candidate_words, *rates, *self.candidate_numbers)

    @property
    def columns(self) -> tuple[str, ...]:
        """Return every column of a row, in order."""
        return self.context + self.candidate

    def problems(self) -> Iterator[str]:
        """Yield what is wrong with a schema that was read from outside."""
        if not 0 <= self.slots <= MAX_SLOTS:
            yield f"{self.slots} slots for segments; 0 to {MAX_SLOTS} can be"
        elif len(set(self.columns)) < len(self.columns):
            yield "a column is named twice"
        if not set(self.rated) <= set(self.words):
            yield "a rated column is none of the words"


def rate_of(word: str) -> str:
    """Return the name of the column with the click rate of a word's column."""
    return f"{word}_rate"


SERVED = Schema(
    context_words=(
        "exchange",
        "country",
        "region",
        "device_type",
        "os",
        "browser",
        "inventory_type",
        "publication",
        "tag",
        "category",
        "weather",
    ),
    context_numbers=("hour", "weekday", "position", "segments", "log_floor", "contacts"),
    candidate_words=("media", "size", "advertiser", "line_item", "creative"),
    candidate_numbers=("line_item_contacts", AFFINITY),
    rated=("publication", "tag", "size", "line_item", "creative"),
    slots=16,
)
WORDS, NUMBERS, RATED = SERVED.words, SERVED.numbers, SERVED.rated
CONTEXT, COLUMNS = SERVED.context, SERVED.columns
MEDIA: dict[type[Creative], str] = {
    Banner: "banner", Html: "banner", Dynamic: "banner", Video: "video", Audio: "audio", Native: "native",
}  # fmt: skip

UNKNOWN = 0
"""The code of a word that is empty, rare or was never seen in training."""
_MAX_POSITION = 100
_MAX_SEGMENTS = 1_000
_MAX_FLOOR = 10**15

_Seconds = Annotated[float, msgspec.Meta(ge=0, le=10_000_000_000)]


class BidEvent(msgspec.Struct, frozen=True):
    """The part of a logged bid that is learned from; older logs lack some of it."""

    at: _Seconds
    media: str
    line_item: str
    creative: str
    hour_of_week: Annotated[int, msgspec.Meta(ge=0, le=167)]
    exchange: str = ""
    size: str = ""
    country: str = ""
    region: str = ""
    device_type: str = ""
    os: str = ""
    browser: str = ""
    inventory_type: str = ""
    publication: str = ""
    tag: str = ""
    """The publisher's own name of the space; see `placement`."""
    category: str = ""
    weather: str = ""
    advertiser: str = ""
    position: int = 0
    segments: int = 0
    floor: Nanos = 0
    contacts: float | None = None
    """Impressions of ours that this person had lately; `None` without permission or where nobody is known."""
    line_item_contacts: float | None = None
    """The same of this line item alone."""
    audience: tuple[str, ...] | None = None
    """Segments of the person that some line item targets; `None` as above."""


class Tables(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How words become numbers; part of the artifact."""

    codes: dict[str, dict[str, int]]
    """Per column: word -> code, from 1 without gaps."""
    rates: dict[str, list[float]]
    """Per rated column: the click rate by code; that of `UNKNOWN` is the base rate."""
    base_rate: float
    segments: tuple[str, ...] = ()
    """Which segment has which slot, most frequent first; slots left over are NaN always."""
    schema: Schema = SERVED
    affinity: Affinity | None = None
    """The linear stage, on whose column the trees stand; NaN without."""
    views: dict[str, list[int]] = {}
    """Per rated column: how many training rows each code had, `UNKNOWN` first; so that exploring knows what is not known."""
    clicks: dict[str, list[int]] = {}
    """Of these, clicked."""
    spread: float = 0.0
    """How far the log odds of two candidates part from context to context, beyond what each of both explains: see `spread`."""

    def problems(self) -> Iterator[str]:
        """Yield what is wrong with tables that were read from outside."""
        schema = self.schema
        yield from schema.problems()
        if set(self.codes) != set(schema.words) or set(self.rates) != set(schema.rated):
            yield "the tables are not those of this version's features"
            return
        for column, codes in self.codes.items():
            if sorted(codes.values()) != list(range(1, len(codes) + 1)):
                yield f"the codes of {column} are not 1 to {len(codes)}"
        for column, rates in self.rates.items():
            if len(rates) != len(self.codes[column]) + 1:
                yield f"{column} has {len(rates)} rates for {len(self.codes[column])} words"
        if not all(0 < rate < 1 for rate in chain((self.base_rate,), *self.rates.values())):
            yield "a click rate is not between 0 and 1"
        yield from self._uncounted()

    def _uncounted(self) -> Iterator[str]:
        if self.affinity is not None:
            yield from self.affinity.problems((*self.schema.words, *self.schema.numbers, *DERIVED))
        if not 0 <= self.spread < inf:
            yield "its spread is no number"
        if len(set(self.segments)) < len(self.segments) or len(self.segments) > self.schema.slots:
            yield "the segments are more than there are slots, or one is named twice"
        for column, seen in (*self.views.items(), *self.clicks.items()):
            if len(seen) != len(self.rates.get(column, ())) or min(seen, default=0) < 0:
                yield f"the counts of {column} do not fit its rates"


def learned_size(creative: Creative) -> str:
    """Return the size of a banner, as `words` does; a player takes its size from the page."""
    return size_of(creative) if isinstance(creative, Display) else ""


def placement(publication: str, tag: str) -> str:
    """Return `publication/tag`, the word of the column `tag`; empty unless both are named."""
    return f"{publication}/{tag}" if publication and tag else ""


def words(event: BidEvent) -> tuple[str, ...]:
    """Return what a logged bid says for each of `WORDS`."""
    return (
        event.exchange,
        event.country,
        event.region,
        event.device_type,
        event.os,
        event.browser,
        event.inventory_type,
        event.publication,
        placement(event.publication, event.tag),
        event.category,
        event.weather,
        event.media,
        event.size if event.media == "banner" else "",
        event.advertiser,
        event.line_item,
        event.creative,
    )


def context_numbers(
    hour: int, position: int, segments: int, floor: Nanos, contacts: float | None
) -> tuple[float, ...]:
    """Return `SERVED.context_numbers` from the hour of the week, the raw counts and the floor in house nanos."""
    return (
        float(hour % 24),
        float(hour // 24),
        float(_held(position, _MAX_POSITION)),
        float(_held(segments, _MAX_SEGMENTS)),
        log1p(_held(floor, _MAX_FLOOR)),
        count(contacts),
    )


def _held(number: int, most: int) -> int:
    """Return a number within 0 and the most."""
    return number if 0 <= number <= most else 0 if number < 0 else most


def numbers(event: BidEvent) -> tuple[float, ...]:
    """Return what a logged bid says for each of `NUMBERS`."""
    return (
        *context_numbers(
            event.hour_of_week, event.position, event.segments, event.floor, event.contacts
        ),
        count(event.line_item_contacts),
        nan,  # the affinity, which tables give
    )


def count(contacts: float | None) -> float:
    """Return a number of contacts as a model sees it: NaN where it is not known."""
    if contacts is None or not isfinite(contacts):
        return nan
    return (
        float(contacts)
        if 0 <= contacts <= MAX_CONTACTS
        else 0.0
        if contacts < 0
        else float(MAX_CONTACTS)
    )
