"""What a data provider and the shops' CRM tell of somebody: right, wrong or nothing, anew with every step."""

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from loadtest.market.chance import Floats, Whole, uniform
from loadtest.market.interests import TOPICS, step_of
from loadtest.market.laws import LEVELS, laws
from loadtest.market.people import SCREENS, Population, Truths, screen_id

SEGMENTS = tuple(laws().segments)
CUSTOMER = "loyal-customer"
"""Who is a customer of the shops and lets their CRM say so: never wrong where it is told."""
_CUSTOMER = SEGMENTS.index(CUSTOMER)


@lru_cache(maxsize=1)
def topics() -> Whole:
    """Return the topic of each segment; -1 for what is of none."""
    given = [segment.topic for segment in laws().segments.values()]
    return np.array([TOPICS.index(topic) if topic else -1 for topic in given])


@lru_cache(maxsize=1)
def told() -> Floats:
    """Return by segment and level how likely it is told."""
    return np.array([segment.told for segment in laws().segments.values()])


def segments(population: Population, screens: ArrayLike, step: int) -> Truths:
    """Return by row and segment what is told of screens, all taken for known ones, in one step."""
    screens = np.asarray(screens)
    people = screens // SCREENS
    levels = population.levels(step)[people]
    own = topics()
    chances = told()[np.arange(len(SEGMENTS)), levels[:, np.maximum(own, 0)]]
    dice = uniform(f"{population.seed}/told", screens[:, None], np.arange(len(SEGMENTS)), step)
    found: NDArray[np.bool_] = dice < chances
    found[:, _CUSTOMER] = population.customers[people] & population.opted_in[people]
    return found


def likelihoods(found: Truths) -> Floats:
    """Return by row, topic and level how likely it is that exactly this is told of that topic."""
    own = topics()
    by_level = np.ones((len(found), len(TOPICS), LEVELS))
    for index, topic in enumerate(own.tolist()):
        if topic >= 0:
            chances = told()[index]
            by_level[:, topic] *= np.where(found[:, index, None], chances, 1 - chances)
    return by_level


def rows(population: Population, share: float, at_s: float) -> list[tuple[str, list[str]]]:
    """Return ids and segments of what the provider's file holds at a moment: known screens, `share` of all, with any segment."""
    screens = np.arange(population.size * SCREENS)
    owned = screens % SCREENS < population.screens[screens // SCREENS]
    met = uniform(f"{population.seed}/known", screens) < share
    screens = screens[owned & met]
    found = segments(population, screens, step_of(at_s))
    return [
        (
            screen_id(screen // SCREENS, screen % SCREENS),
            [SEGMENTS[i] for i in np.flatnonzero(mine)],
        )
        for screen, mine in zip(screens.tolist(), found, strict=True)
        if mine.any()
    ]
