"""What the click model looks at: one definition of a row, for training and for serving.

A row is the context (the same for all candidates of an opportunity), then the candidate.
"""

from collections.abc import Iterator
from itertools import chain
from math import log1p
from typing import Annotated

import msgspec

from adserver.domain.candidate import Candidate
from adserver.domain.creative import (
    Audio,
    Banner,
    Creative,
    Dynamic,
    Html,
    Native,
    Video,
)
from adserver.domain.money import Nanos
from adserver.domain.opportunity import Auction, Opportunity
from adserver.domain.week import hour_of_week

CONTEXT_WORDS = (
    "exchange",
    "country",
    "region",
    "device_type",
    "os",
    "inventory_type",
    "publication",
    "category",
)
NUMBERS = ("hour", "weekday", "position", "segments", "log_floor")
CANDIDATE_WORDS = ("media", "size", "advertiser", "line_item", "creative")
WORDS = CONTEXT_WORDS + CANDIDATE_WORDS
RATED = ("publication", "size", "line_item", "creative")
"""Words that also bring their smoothed click rate of earlier days, as column `<word>_rate`."""
CONTEXT = (*CONTEXT_WORDS, *NUMBERS, "publication_rate")
COLUMNS = (*CONTEXT, *CANDIDATE_WORDS, "size_rate", "line_item_rate", "creative_rate")

UNKNOWN = 0
"""The code of a word that is empty, rare or was never seen in training."""
_MAX_POSITION = 100
_MAX_SEGMENTS = 1_000
_MAX_FLOOR = 10**15
_MEDIA: dict[type[Creative], str] = {
    Banner: "banner", Html: "banner", Dynamic: "banner", Video: "video", Audio: "audio", Native: "native",
}  # fmt: skip


_Seconds = Annotated[float, msgspec.Meta(ge=0, le=10_000_000_000)]


class BidEvent(msgspec.Struct, frozen=True):
    """The part of a logged bid that is learned from."""

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
    inventory_type: str = ""
    publication: str = ""
    category: str = ""
    advertiser: str = ""
    position: int = 0
    segments: int = 0
    floor: Nanos = 0


class Tables(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How words become numbers; part of the artifact."""

    codes: dict[str, dict[str, int]]
    """Per column: word -> code, from 1 without gaps."""
    rates: dict[str, list[float]]
    """Per rated column: the click rate by code; that of `UNKNOWN` is the base rate."""
    base_rate: float

    def problems(self) -> Iterator[str]:
        """Yield what is wrong with tables that were read from outside."""
        if set(self.codes) != set(WORDS) or set(self.rates) != set(RATED):
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


def size_of(creative: Creative) -> str:
    """Return `300x250` for a banner; what else is shown takes its size from the page."""
    return f"{creative.width}x{creative.height}" if isinstance(creative, Banner) else ""


def words(event: BidEvent) -> tuple[str, ...]:
    """Return what a logged bid says for each of `WORDS`."""
    return (
        event.exchange,
        event.country,
        event.region,
        event.device_type,
        event.os,
        event.inventory_type,
        event.publication,
        event.category,
        event.media,
        event.size if event.media == "banner" else "",
        event.advertiser,
        event.line_item,
        event.creative,
    )


def numbers(hour: int, position: int, segments: int, floor: Nanos) -> tuple[float, ...]:
    """Return `NUMBERS` from the hour of the week, the raw counts and the floor in house nanos."""
    return (
        float(hour % 24),
        float(hour // 24),
        float(min(max(position, 0), _MAX_POSITION)),
        float(min(max(segments, 0), _MAX_SEGMENTS)),
        log1p(min(max(floor, 0), _MAX_FLOOR)),
    )


class Encoder:
    """Rows at serving time, by the tables of an artifact."""

    def __init__(self, tables: Tables) -> None:
        codes = {
            column: {word: float(code) for word, code in table.items()}
            for column, table in tables.codes.items()
        }
        self._exchange = codes["exchange"]
        self._country = codes["country"]
        self._region = codes["region"]
        self._device_type = codes["device_type"]
        self._os = codes["os"]
        self._inventory_type = codes["inventory_type"]
        self._publication = codes["publication"]
        self._category = codes["category"]
        self._media = codes["media"]
        self._size = codes["size"]
        self._advertiser = codes["advertiser"]
        self._line_item = codes["line_item"]
        self._creative = codes["creative"]
        self._rates = tables.rates

    def context(self, auction: Auction, opportunity: Opportunity, now_s: float) -> list[float]:
        """Return the values of `CONTEXT`; cheap look-ups, once per opportunity."""
        publication = self._publication.get(auction.publication, 0.0)
        return [
            self._exchange.get(auction.exchange, 0.0),
            self._country.get(auction.country, 0.0),
            self._region.get(auction.region, 0.0),
            self._device_type.get(auction.device_type, 0.0),
            self._os.get(auction.os, 0.0),
            self._inventory_type.get(auction.inventory_type, 0.0),
            publication,
            self._category.get(auction.categories[0] if auction.categories else "", 0.0),
            *numbers(
                hour_of_week(now_s),
                opportunity.position,
                auction.segment_count,
                opportunity.floor,
            ),
            self._rates["publication"][int(publication)],
        ]

    def candidate(self, candidate: Candidate) -> list[float]:
        """Return the values of the columns after `CONTEXT`; they depend on the candidate alone."""
        creative = candidate.creative
        size = self._size.get(size_of(creative), 0.0)
        line_item = self._line_item.get(candidate.line_item, 0.0)
        code = self._creative.get(creative.id, 0.0)
        return [
            self._media.get(_MEDIA[type(creative)], 0.0),
            size,
            self._advertiser.get(candidate.advertiser, 0.0),
            line_item,
            code,
            self._rates["size"][int(size)],
            self._rates["line_item"][int(line_item)],
            self._rates["creative"][int(code)],
        ]
