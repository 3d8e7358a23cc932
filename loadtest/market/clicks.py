"""How likely somebody clicks: factors that multiply, some in plain sight and some hidden."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from loadtest.market.advertising import Lineup
from loadtest.market.chance import Floats, Whole, quality
from loadtest.market.interests import TOPICS, Levels, kin
from loadtest.market.laws import LEVELS, laws
from loadtest.market.people import KINDS, Population
from loadtest.market.places import WEATHERS, local_hours, weather
from loadtest.market.publishers import PUBLISHERS
from loadtest.market.views import Views
from loadtest.market.wandering import SPACES, about

EVENING, MORNING = 20, 7
_SATURDAY = 5


class Contacts(NamedTuple):
    """Earlier impressions of ours on the same screen in the last thirty days, by row; none where no id is kept."""

    all: Whole
    line_item: Whole


def visible(
    views: Views, ads: Whole, lineup: Lineup, contacts: Contacts, population: Population
) -> Floats:
    """Return by row the product of the factors that the wire and our own books tell."""
    law = laws().clicks
    countries = population.countries[views.people]
    hours = local_hours(views.at, countries)
    topics = lineup.topics[ads]
    peak = np.where(_morning()[topics], MORNING, EVENING)
    sky = weather(views.at, countries, population.cities[views.people])
    product: Floats = (
        lineup.factors[ads]
        * _kinds()[views.kinds]
        * _positions()[views.spaces]
        * _tags()[views.spaces]
        * _publications()[views.pages]
        * (1 + law.evening * np.cos((hours % 24 - peak) / 24 * 2 * np.pi))
        * np.where(hours // 24 >= _SATURDAY, law.weekend, 1.0)
        * np.where(_thrives()[topics] == sky, law.thriving, 1.0)
        * np.where(about()[views.pages, topics], law.at_home, 1.0)
        * law.fatigue ** np.minimum(contacts.line_item, law.contacts)
    )
    return product


def hidden(
    views: Views,
    ads: Whole,
    lineup: Lineup,
    contacts: Contacts,
    population: Population,
    levels: Levels,
) -> Floats:
    """Return by row the product of the factors that nobody is told; `levels` are those of the views' people."""
    law = laws().clicks
    rows, topics = np.arange(len(ads)), lineup.topics[ads]
    padded = np.hstack([levels, np.zeros((len(levels), 1), levels.dtype)])
    people = views.people
    annoyed = law.annoyance ** np.minimum(contacts.all, law.contacts)
    product: Floats = (
        interest_factors()[topics, padded[rows, topics]]
        * kin_factors()[topics, padded[rows, kin()[topics]]]
        * population.eagerness[people]
        * np.where(population.customers[people], law.customer, 1.0)
        * np.where(population.touchy[people], annoyed, 1.0)
    )
    return product


@lru_cache(maxsize=1)
def interest_factors() -> Floats:
    """Return by topic and level what the interest in it does; 1 for advertisements about nothing."""
    return np.vstack([np.tile(laws().clicks.interest, (len(TOPICS), 1)), np.ones(LEVELS)])


@lru_cache(maxsize=1)
def kin_factors() -> Floats:
    """Return by topic and the level of its kin what that does."""
    return np.vstack([np.tile(laws().clicks.kin, (len(TOPICS), 1)), np.ones(LEVELS)])


@lru_cache(maxsize=1)
def _kinds() -> Floats:
    return np.array([laws().clicks.devices[kind.device_type] for kind in KINDS])


@lru_cache(maxsize=1)
def _positions() -> Floats:
    factors = laws().clicks.positions
    return np.array([factors.get(str(each.placement.position), 1.0) for each in SPACES])


@lru_cache(maxsize=1)
def _tags() -> Floats:
    return np.array([quality(f"tag/{each.tag}", laws().clicks.tags) for each in SPACES])


@lru_cache(maxsize=1)
def _publications() -> Floats:
    deviation = laws().clicks.publications
    return np.array([quality(f"page/{each.name}", deviation) for each in PUBLISHERS])


@lru_cache(maxsize=1)
def _morning() -> Whole:
    topics = laws().interests.topics.values()
    return np.array([*(int(topic.morning) for topic in topics), 0]).astype(np.bool_)


@lru_cache(maxsize=1)
def _thrives() -> Whole:
    topics = laws().interests.topics.values()
    named = [WEATHERS.index(topic.weather) if topic.weather else -1 for topic in topics]
    return np.array([*named, -1])
