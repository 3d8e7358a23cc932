"""The linear stage at serving time: its column for a candidate, as `affinity.apply` finds it for logged rows."""

from typing import NamedTuple

from adserver.domain.candidate import Candidate
from adserver.domain.opportunity import Auction
from models.ctr.features import MEDIA, count, learned_size, placement
from models.ctr.weights import CROSSED, CROSSING, Affinity, bucket, grained

REMEMBERED = 4_096
"""Candidates whose weights are kept together; when full, that starts anew."""
_NOBODY = ("",)
_Table = dict[str, float]


class _Mine(NamedTuple):
    """What a candidate brings: its own log odds, and its weights by word of what is crossed."""

    own: float
    publication: _Table
    country: _Table
    device_type: _Table
    weather: _Table
    hour: _Table
    segment: _Table


class Linear:
    """One for each encoder; `begin` for every opportunity, then `affinity` for its candidates."""

    def __init__(self, affinity: Affinity) -> None:
        self._weights = {column: affinity.weights.get(column, {}) for column in _WEIGHED}
        self._counted = {
            int(number): weight
            for number, weight in affinity.weights.get("line_item_contacts", {}).items()
        }
        self._base = affinity.base
        self._crosses = affinity.crosses
        self._mine: dict[Candidate, _Mine] = {}
        self._begun = 0.0
        self._hour = ""
        self._people: tuple[str, ...] = _NOBODY

    def begin(self, auction: Auction, tag_id: str, hour_of_week: int) -> None:
        """Add up what is the same for all candidates."""
        weights = self._weights
        self._hour = hour = str(hour_of_week % 24)
        audience = auction.seen.audience
        self._people = people = _NOBODY if audience is None else audience
        begun = (
            self._base
            + weights["exchange"].get(auction.exchange, 0.0)
            + weights["country"].get(auction.country, 0.0)
            + weights["region"].get(auction.region, 0.0)
            + weights["device_type"].get(auction.device_type, 0.0)
            + weights["os"].get(auction.os, 0.0)
            + weights["browser"].get(auction.browser, 0.0)
            + weights["inventory_type"].get(auction.inventory_type, 0.0)
            + weights["publication"].get(auction.publication, 0.0)
            + weights["category"].get(auction.categories[0] if auction.categories else "", 0.0)
            + weights["weather"].get(auction.weather, 0.0)
            + weights["hour"].get(hour, 0.0)
            + weights["weekday"].get(str(hour_of_week // 24), 0.0)
            + weights["country_hour"].get(f"{auction.country}/{hour}", 0.0)
            + weights["contacts"].get(str(bucket(count(auction.seen.contacts))), 0.0)
        )
        if tag_id:
            begun += weights["tag"].get(placement(auction.publication, tag_id), 0.0)
        segments = weights["segment"]
        for name in people:
            begun += segments.get(name, 0.0)
        self._begun = begun

    def affinity(self, auction: Auction, candidate: Candidate, contacts: float) -> float:
        """Return the column for a candidate of the opportunity that was begun; `contacts` are those with its line item, or NaN."""
        mine = self._mine.get(candidate)
        if mine is None:
            mine = self._remember(candidate)
        total = (
            self._begun
            + mine.own
            + mine.publication.get(auction.publication, 0.0)
            + mine.country.get(auction.country, 0.0)
            + mine.device_type.get(auction.device_type, 0.0)
            + mine.weather.get(auction.weather, 0.0)
            + mine.hour.get(self._hour, 0.0)
        )
        segments = mine.segment
        for name in self._people:
            total += segments.get(name, 0.0)
        return grained(total + self._counted.get(bucket(contacts), 0.0))

    def _remember(self, candidate: Candidate) -> _Mine:
        if len(self._mine) >= REMEMBERED:
            self._mine.clear()
        creative, weights = candidate.creative, self._weights
        own = (
            weights["media"].get(MEDIA[type(creative)], 0.0)
            + weights["size"].get(learned_size(creative), 0.0)
            + weights["advertiser"].get(candidate.advertiser, 0.0)
            + weights["line_item"].get(candidate.line_item, 0.0)
            + weights["creative"].get(creative.id, 0.0)
        )
        words = (candidate.advertiser, candidate.line_item)
        tables: dict[str, _Table] = {column: {} for column in CROSSED}
        for crossing, word in zip(CROSSING, words, strict=True):
            for column, table in self._crosses.get(crossing, {}).get(word, {}).items():
                merged = tables[column]
                for name, weight in table.items():
                    merged[name] = merged.get(name, 0.0) + weight
        mine = self._mine[candidate] = _Mine(own, **tables)
        return mine


_WEIGHED = (
    "exchange", "country", "region", "device_type", "os", "browser", "inventory_type", "publication", "tag",
    "category", "weather", "hour", "weekday", "country_hour", "contacts", "segment", "media", "size", "advertiser", "line_item", "creative",
)  # fmt: skip
