"""Rows at serving time, by the tables of an artifact: what `features.SERVED` says, from what the request says."""

from collections.abc import Mapping
from math import nan

from adserver.domain.candidate import Candidate
from adserver.domain.opportunity import Auction, Opportunity
from adserver.domain.week import hour_of_week
from models.ctr.features import (
    MEDIA,
    SERVED,
    Tables,
    context_numbers,
    count,
    learned_size,
    placement,
)
from models.ctr.linear import Linear


class Encoder:
    """One for each model that serves; a row is `context`, `candidate` and `numbers`, in that order."""

    def __init__(self, tables: Tables) -> None:
        self.spread = tables.spread
        codes = {column: _floats(table) for column, table in tables.codes.items()}
        self._exchange = codes["exchange"]
        self._country = codes["country"]
        self._region = codes["region"]
        self._device_type = codes["device_type"]
        self._os = codes["os"]
        self._browser = codes["browser"]
        self._inventory_type = codes["inventory_type"]
        self._publication = codes["publication"]
        self._tag = codes["tag"]
        self._category = codes["category"]
        self._weather = codes["weather"]
        self._media = codes["media"]
        self._size = codes["size"]
        self._advertiser = codes["advertiser"]
        self._line_item = codes["line_item"]
        self._creative = codes["creative"]
        self._rates = tables.rates
        self._publication_rates = tables.rates["publication"]
        self._tag_rates = tables.rates["tag"]
        self._slots = {name: slot for slot, name in enumerate(tables.segments)}
        self._unknown = [nan] * SERVED.slots
        self._linear = Linear(tables.affinity) if tables.affinity is not None else None
        self._in_none = [0.0] * len(self._slots) + [nan] * (SERVED.slots - len(self._slots))

    def context(self, auction: Auction, opportunity: Opportunity, now_s: float) -> list[float]:
        """Return the values of `CONTEXT`; cheap look-ups, once per opportunity."""
        publication = self._publication.get(auction.publication, 0.0)
        tag_id = opportunity.tag_id
        tag = self._tag.get(placement(auction.publication, tag_id), 0.0) if tag_id else 0.0
        seen = auction.seen
        hour = hour_of_week(now_s)
        if self._linear is not None:
            self._linear.begin(auction, tag_id, hour)
        return [
            self._exchange.get(auction.exchange, 0.0),
            self._country.get(auction.country, 0.0),
            self._region.get(auction.region, 0.0),
            self._device_type.get(auction.device_type, 0.0),
            self._os.get(auction.os, 0.0),
            self._browser.get(auction.browser, 0.0),
            self._inventory_type.get(auction.inventory_type, 0.0),
            publication,
            tag,
            self._category.get(auction.categories[0] if auction.categories else "", 0.0),
            self._weather.get(auction.weather, 0.0),
            *context_numbers(
                hour,
                opportunity.position,
                auction.segment_count,
                opportunity.floor,
                seen.contacts,
            ),
            self._publication_rates[int(publication)],
            self._tag_rates[int(tag)],
            *(self._unknown if seen.audience is None else self._memberships(seen.audience)),
        ]

    def candidate(self, candidate: Candidate) -> list[float]:
        """Return the values of the columns after `CONTEXT` that depend on the candidate alone."""
        creative = candidate.creative
        size = self._size.get(learned_size(creative), 0.0)
        line_item = self._line_item.get(candidate.line_item, 0.0)
        code = self._creative.get(creative.id, 0.0)
        return [
            self._media.get(MEDIA[type(creative)], 0.0),
            size,
            self._advertiser.get(candidate.advertiser, 0.0),
            line_item,
            code,
            self._rates["size"][int(size)],
            self._rates["line_item"][int(line_item)],
            self._rates["creative"][int(code)],
        ]

    def numbers(self, auction: Auction, candidate: Candidate) -> tuple[float, ...]:
        """Return the last columns, `SERVED.candidate_numbers`, which depend on the auction, too: that of the last `context`."""
        contacts = count(auction.seen.of(candidate.line_item_number))
        if self._linear is None:
            return (contacts, nan)
        return (contacts, self._linear.affinity(auction, candidate, contacts))

    def _memberships(self, audience: tuple[str, ...]) -> list[float]:
        values = self._in_none.copy()
        slots = self._slots
        for name in audience:
            if name in slots:
                values[slots[name]] = 1.0
        return values


def _floats(table: Mapping[str, int]) -> dict[str, float]:
    return {word: float(code) for word, code in table.items()}
