"""The learner's rows straight from the market's arrays: what reading the lines would give (a test insists), in a fifth of the time."""

from collections.abc import Iterable
from math import log1p
from typing import NamedTuple

import numpy as np

from loadtest.market.advertising import Lineup
from loadtest.market.chance import Floats, Whole
from loadtest.market.past import Step
from loadtest.market.people import KINDS, Population
from loadtest.market.places import COUNTRIES, WEATHERS, weather
from loadtest.market.provider import SEGMENTS
from loadtest.market.wandering import SPACES
from models.ctr.audiences import Audiences
from models.ctr.dataset import Dataset
from models.ctr.features import SERVED, placement
from models.events import Tally

_CLICK_S = 30.0
_CITIES = max(len(country.cities) for country in COUNTRIES)


class _Words(NamedTuple):
    """A column: by row a position in the vocabulary."""

    codes: Whole
    vocabulary: list[str]


def rows(population: Population, lineup: Lineup, steps: Iterable[Step]) -> Dataset:
    """Return what was shown as the learner reads it."""
    parts = [_part(population, lineup, step) for step in steps]
    starts = np.concatenate([[0], *(part.counts for part in parts)]).cumsum()
    return Dataset(
        at=np.concatenate([part.at for part in parts]),
        clicked_at=np.concatenate([part.clicked_at for part in parts]),
        words=np.concatenate([part.words for part in parts]),
        vocabularies=tuple(parts[0].vocabularies),
        numbers=np.concatenate([part.numbers for part in parts]),
        audiences=Audiences(
            np.concatenate([part.counts for part in parts]) > 0,
            starts,
            np.concatenate([part.members for part in parts]),
            list(SEGMENTS),
        ),
        tally=Tally(),
    )


class _Part(NamedTuple):
    at: Floats
    clicked_at: Floats
    words: Whole
    vocabularies: list[list[str]]
    numbers: Floats
    counts: Whole
    """Segments by row."""
    members: Whole


def _part(population: Population, lineup: Lineup, step: Step) -> _Part:
    views, ads, told, contacts, prices = step.shown
    words = _words(population, lineup, step)
    found = [words[name] for name in SERVED.words]
    at = views.at.round(3)
    hours = ((at // 3_600).astype(np.int64) + 72) % 168
    floors = (prices.floors * 1e6).round()
    none = np.full(len(ads), np.nan)
    numbers = {
        "hour": hours % 24,
        "weekday": hours // 24,
        "position": np.array([each.placement.position for each in SPACES])[views.spaces],
        "segments": told.segments.sum(axis=1),
        "log_floor": np.array([log1p(floor) for floor in floors.tolist()]),
        "contacts": np.where(told.id, np.minimum(contacts.all, 1_000), none),
        "line_item_contacts": np.where(told.id, np.minimum(contacts.line_item, 1_000), none),
        "affinity": none,  # the learner's tables give it
    }
    return _Part(
        at,
        np.where(step.clicked, at + _CLICK_S, np.inf),
        np.column_stack([each.codes for each in found]).astype(np.int32),
        [each.vocabulary for each in found],
        np.column_stack([numbers[name] for name in SERVED.numbers]).astype(np.float64),
        told.segments.sum(axis=1),
        np.nonzero(told.segments)[1].astype(np.int32),
    )


def _words(population: Population, lineup: Lineup, step: Step) -> dict[str, _Words]:
    views, ads = step.shown.views, step.shown.ads
    countries, cities = population.countries[views.people], population.cities[views.people]
    regions = [
        f"{land.code}-{land.cities[city][0]}" if city < len(land.cities) else f"{land.code}-none"
        for land in COUNTRIES
        for city in range(_CITIES)
    ]

    def held(field: str) -> _Words:
        return _of(views.kinds, [getattr(kind, field) for kind in KINDS])

    def placed(names: list[str]) -> _Words:
        return _of(views.spaces, names)

    def shown(field: str) -> _Words:
        return _of(ads, [getattr(ad, field) for ad in lineup.ads])

    pages = [each.publisher for each in SPACES]
    return {
        "exchange": _of(np.zeros(len(ads), np.int64), ["demo"]),
        "country": _of(countries, [land.code for land in COUNTRIES]),
        "region": _of(countries * _CITIES + cities, regions),
        **{field: held(field) for field in ("device_type", "os", "browser")},
        "inventory_type": placed([page.kind for page in pages]),
        "publication": placed([page.name for page in pages]),
        "tag": placed([placement(each.publisher.name, each.tag) for each in SPACES]),
        "category": placed([page.categories[0] for page in pages]),
        "weather": _of(weather(views.at, countries, cities), list(WEATHERS)),
        **{
            field: shown(field)
            for field in ("media", "size", "advertiser", "line_item", "creative")
        },
    }


def _of(codes: Whole, names: list[str]) -> _Words:
    """Return a column whose equal names have one code."""
    vocabulary = sorted(set(names))
    return _Words(np.array([vocabulary.index(name) for name in names])[codes], vocabulary)
