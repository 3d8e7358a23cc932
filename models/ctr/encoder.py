"""Rows at serving time, by the tables of an artifact: what `features.SERVED` says, from what the request says.

A word is looked up once for both stages: for the code that trees ask for, and for what the linear stage weighs it.
"""

from collections.abc import Mapping, Sequence
from math import nan
from typing import NamedTuple

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
from models.ctr.linear import NOWHERE, Linear
from models.ctr.weights import Affinity

_NO_STAGE = Affinity(0.0, {}, {}, {})


class _Word(NamedTuple):
    """What both stages make of a word."""

    code: float
    weight: float
    place: int
    """Of the linear stage: see `Linear.place`."""


class _Segment(NamedTuple):
    slot: int
    """The last one stands for none."""
    weight: float
    place: int


_UNKNOWN = _Word(0.0, 0.0, NOWHERE)


class Encoder:
    """One for each model that serves; a row is `context`, then one of `candidates`."""

    def __init__(self, tables: Tables) -> None:
        self.spread = tables.spread
        self._staged = tables.affinity is not None
        self._linear = linear = Linear(tables.affinity or _NO_STAGE)
        words = {column: _words(column, tables, linear) for column in SERVED.context_words}
        self._exchange = words["exchange"]
        self._country = words["country"]
        self._region = words["region"]
        self._device_type = words["device_type"]
        self._os = words["os"]
        self._browser = words["browser"]
        self._inventory_type = words["inventory_type"]
        self._publication = words["publication"]
        self._tag = words["tag"]
        self._category = words["category"]
        self._weather = words["weather"]
        self._hours = {country: linear.hours(country) for country in self._country}
        self._anywhere = linear.hours("")
        codes = {column: _floats(tables.codes[column]) for column in SERVED.candidate_words}
        self._media = codes["media"]
        self._size = codes["size"]
        self._advertiser = codes["advertiser"]
        self._line_item = codes["line_item"]
        self._creative = codes["creative"]
        self._rates = tables.rates
        self._publication_rates = tables.rates["publication"]
        self._tag_rates = tables.rates["tag"]
        slots = {name: slot for slot, name in enumerate(tables.segments)}
        self._segments = {
            name: _Segment(
                slots.get(name, SERVED.slots),
                linear.weight("segment", name),
                linear.place("segment", name),
            )
            for name in {*slots, *linear.words("segment")} - {""}
        }
        self._nobody = _Segment(
            SERVED.slots, linear.weight("segment", ""), linear.place("segment", "")
        )
        self._unknown = [nan] * SERVED.slots
        self._in_none = [0.0] * len(slots) + [nan] * (SERVED.slots - len(slots)) + [0.0]

    def context(self, auction: Auction, opportunity: Opportunity, now_s: float) -> list[float]:
        """Return the values of `CONTEXT`, and begin the linear stage; cheap look-ups, once per opportunity."""
        exchange, w_exchange, _ = self._exchange.get(auction.exchange, _UNKNOWN)
        country, w_country, at_country = self._country.get(auction.country, _UNKNOWN)
        region, w_region, _ = self._region.get(auction.region, _UNKNOWN)
        device_type, w_type, at_type = self._device_type.get(auction.device_type, _UNKNOWN)
        os, w_os, _ = self._os.get(auction.os, _UNKNOWN)
        browser, w_browser, _ = self._browser.get(auction.browser, _UNKNOWN)
        inventory_type, w_inventory, _ = self._inventory_type.get(auction.inventory_type, _UNKNOWN)
        publication, w_publication, at_publication = self._publication.get(
            auction.publication, _UNKNOWN
        )
        tag_id = opportunity.tag_id
        tag, w_tag, _ = (
            self._tag.get(placement(auction.publication, tag_id), _UNKNOWN) if tag_id else _UNKNOWN
        )
        categories = auction.categories
        category, w_category, _ = self._category.get(categories[0] if categories else "", _UNKNOWN)
        weather, w_weather, at_weather = self._weather.get(auction.weather, _UNKNOWN)
        hour = hour_of_week(now_s)
        w_hour, at_hour = self._hours.get(auction.country, self._anywhere)[hour]
        numbers = context_numbers(
            hour,
            opportunity.position,
            auction.segment_count,
            opportunity.floor,
            auction.seen.contacts,
        )
        linear = self._linear
        weight = (
            linear.base + w_exchange + w_country + w_region + w_type + w_os + w_browser + w_inventory + w_publication
            + w_tag + w_category + w_weather + w_hour + linear.by_contacts[numbers[-1]]
        )  # fmt: skip
        places = [at_country, at_type, at_publication, at_weather, at_hour]
        audience = auction.seen.audience
        if audience is None:
            segments = self._unknown
            weight += self._nobody.weight
            places.append(self._nobody.place)
        else:
            segments, known = self._in_none.copy(), self._segments
            for name in audience:
                if segment := known.get(name):
                    slot, w_segment, at_segment = segment
                    segments[slot] = 1.0
                    weight += w_segment
                    places.append(at_segment)
            segments.pop()
        linear.begin(weight, places)
        return [
            exchange, country, region, device_type, os, browser, inventory_type, publication, tag, category, weather,
            *numbers,
            self._publication_rates[int(publication)],
            self._tag_rates[int(tag)],
            *segments,
        ]  # fmt: skip

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

    def numbers(
        self, auction: Auction, candidates: Sequence[Candidate]
    ) -> tuple[list[float], list[float] | None]:
        """Return by candidate, at most 64, `SERVED.candidate_numbers`: contacts with its line item, and where its trees begin.

        The auction is that of the last `context`; `None`: at nothing.
        """
        seen = auction.seen
        if seen.contacts is None:
            contacts = [nan] * len(candidates)
        else:
            had = seen.by_line_item
            contacts = [
                count(had[number]) if (number := each.line_item_number) in had else 0.0
                for each in candidates
            ]
        return contacts, self._linear.affinities(candidates, contacts) if self._staged else None

    def candidates(self, auction: Auction, candidates: Sequence[Candidate]) -> list[list[float]]:
        """Return all columns after `CONTEXT` of each candidate, at most 64; the auction is that of the last `context`."""
        contacts, begins = self.numbers(auction, candidates)
        return [
            [*self.candidate(each), *numbers]
            for each, *numbers in zip(
                candidates, contacts, begins or [nan] * len(candidates), strict=True
            )
        ]


def _words(column: str, tables: Tables, linear: Linear) -> dict[str, _Word]:
    codes = tables.codes[column]
    return {
        word: _Word(
            float(codes.get(word, 0)), linear.weight(column, word), linear.place(column, word)
        )
        for word in {*codes, *linear.words(column)}
    }


def _floats(table: Mapping[str, int]) -> dict[str, float]:
    return {word: float(code) for word, code in table.items()}
