"""The probability of a click given no more than the wire and our own stores tell: what nobody can do better than.

Hidden factors multiply and are independent of each other, but for levels of interest, of which segments and pages speak.
Levels of different topics are independent; a page's chance is linear in what each level draws (see `wandering`), so that
Bayes' sum over all levels of all topics comes down to sums over one topic at a time. Two hypotheses remain where the
provider tells nothing of a screen that has an id: it does not know it, or knows nothing worth telling.

What earlier contacts may tell of interests is left out: everybody sees as many pages, whatever they care for.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from loadtest.market import clicks, provider
from loadtest.market.advertising import Lineup
from loadtest.market.chance import Floats, Whole
from loadtest.market.clicks import Contacts
from loadtest.market.interests import OTHER, kin, usual
from loadtest.market.laws import LEVELS, laws
from loadtest.market.people import Population, Truths
from loadtest.market.views import Views
from loadtest.market.wandering import PLACE, pages

_ROWS = 50_000
"""Rows at a time, for memory."""


class Told(NamedTuple):
    """What the provider tells, by row."""

    segments: Truths
    """By segment; nothing of screens that it does not know."""
    id: Truths
    """Whether the screen keeps an id."""


class _Belief(NamedTuple):
    """One hypothesis: its weight, what is believed of levels by row, topic and level, and of being a customer."""

    weight: Floats
    levels: Floats
    customer: Floats


def p_wire(
    views: Views, ads: Whole, lineup: Lineup, contacts: Contacts, population: Population, told: Told
) -> Floats:
    """Return by row the expectation of the click probability given what is told."""
    law = laws()
    annoyed = law.clicks.annoyance ** np.minimum(contacts.all, law.clicks.contacts)
    touch = 1 - law.people.touchy * (1 - annoyed)
    eager = float(np.mean(law.people.eagerness))
    seen = clicks.visible(views, ads, lineup, contacts, population)
    parts = [
        _hidden(views, lineup.topics[ads[at]], told, at)
        for at in (slice(begin, begin + _ROWS) for begin in range(0, len(ads), _ROWS))
    ]
    product: Floats = seen * touch * eager * np.concatenate([np.ones(0), *parts])
    return product


def _hidden(views: Views, topics: Whole, told: Told, at: slice) -> Floats:
    """Return the expectation of the factors of interest and of being a customer."""
    law = laws()
    base, addends = pages()
    place = PLACE[views.kinds[at]]
    general, addend = base[place, views.pages[at]], addends[place, views.pages[at]]
    numerator, whole = np.zeros(len(topics)), np.zeros(len(topics))
    for belief in _beliefs(Told(told.segments[at], told.id[at])):
        page, interest = _interest(general, addend, belief.levels, topics)
        customer = 1 + belief.customer * (law.clicks.customer - 1)
        numerator += belief.weight * interest * customer
        whole += belief.weight * page
    return numerator / whole


def _interest(
    general: Floats, addend: Floats, levels: Floats, topics: Whole
) -> tuple[Floats, Floats]:
    """Return by row the chance of the page, and that chance times the factors of interest, expected over all levels."""
    rows = np.arange(len(topics))
    drawn = np.array(laws().drawn)
    draws = addend * (levels @ drawn)
    page = general + draws.sum(axis=1)
    padded = np.concatenate([levels, np.full((len(levels), 1, LEVELS), 1 / LEVELS)], axis=1)
    addend = np.hstack([addend, np.zeros((len(addend), 1))])
    draws = np.hstack([draws, np.zeros((len(draws), 1))])
    kins = kin()[topics]
    mine, its = padded[rows, topics], padded[rows, kins]
    own, other = clicks.interest_factors()[topics] * mine, clicks.kin_factors()[topics] * its
    rest = page - draws[rows, topics] - draws[rows, kins]
    expected = (
        rest * own.sum(axis=1) * other.sum(axis=1)
        + addend[rows, topics] * (own @ drawn) * other.sum(axis=1)
        + addend[rows, kins] * own.sum(axis=1) * (other @ drawn)
    )
    return page, np.where(topics == OTHER, page, expected)


def _beliefs(told: Told) -> list[_Belief]:
    law = laws().people
    silent: Truths = ~np.any(told.segments, axis=1)
    strangers, nothing = usual(), _nothing()
    heard = np.where(silent, 0.0, 1.0)
    levels = provider.likelihoods(told.segments) * usual()
    says = told.segments[:, provider.SEGMENTS.index(provider.CUSTOMER)]
    mute = law.customers * (1 - law.opted_in)
    unsaid = mute / (mute + 1 - law.customers)
    known = _Belief(heard, levels / levels.sum(axis=2, keepdims=True), np.where(says, 1.0, unsaid))
    count = len(silent)
    quiet = np.where(silent & told.id, law.known * nothing.weight, 0.0)
    return [
        known,
        _Belief(quiet, np.tile(nothing.levels, (count, 1, 1)), np.full(count, unsaid)),
        _Belief(
            np.where(silent, np.where(told.id, 1 - law.known, 1.0), 0.0),
            np.tile(strangers, (count, 1, 1)),
            np.full(count, law.customers),
        ),
    ]


class _Silence(NamedTuple):
    weight: float
    levels: Floats


@lru_cache(maxsize=1)
def _nothing() -> _Silence:
    """Return how likely a known screen is told nothing of, and what is believed of its levels then."""
    law = laws().people
    none = np.zeros((1, len(provider.SEGMENTS)), np.bool_)
    levels = provider.likelihoods(none)[0] * usual()
    weight = float(np.prod(levels.sum(axis=1))) * (1 - law.customers * law.opted_in)
    return _Silence(weight, levels / levels.sum(axis=1, keepdims=True))
