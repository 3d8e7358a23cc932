"""Page views: somebody, at one of their screens, somewhere; numbered, and always the same by their number."""

from typing import NamedTuple

import numpy as np

from loadtest.market import hours
from loadtest.market.chance import Floats, Whole, uniform
from loadtest.market.interests import step_of
from loadtest.market.laws import laws
from loadtest.market.people import SCREENS, Population
from loadtest.market.places import COUNTRIES, local_hours
from loadtest.market.wandering import space, wander

_TRIES = 32
"""How often somebody else is asked if the first is not up at that hour; then they come all the same."""
_DAY_HOURS = 24


class Views(NamedTuple):
    """Arrays, one row per view."""

    numbers: Whole
    at: Floats
    people: Whole
    screens: Whole
    """0 and up; -1 where no id is kept."""
    kinds: Whole
    pages: Whole
    spaces: Whole


def draw(population: Population, numbers: Whole, at_s: Floats, run: str = "") -> Views:
    """Return the views of these numbers at these times, all within one step of interests; `run` tells apart what else is alike."""
    name = f"{population.seed}/{run}view"
    people = _who(population, name, numbers, at_s)
    weights = 0.5 ** np.arange(SCREENS)  # the first is in use twice as often as the next
    rising = np.cumsum(weights)
    dice = uniform(f"{name}/screen", numbers) * rising[population.screens[people] - 1]
    screens = (dice[:, None] >= rising).sum(axis=1)
    kinds = population.kinds[people * SCREENS + screens]
    levels = population.levels(step_of(float(at_s[0])))[people]
    pages = wander(name, numbers, kinds, levels)
    passing = uniform(f"{name}/passing", numbers) < laws().people.passing
    return Views(
        numbers,
        at_s,
        people,
        np.where(passing, -1, screens),
        kinds,
        pages,
        space(name, numbers, pages),
    )


def times(seed: int, step: int, count: int) -> Floats:
    """Return so many times within a step, in order, as the swings of traffic spread them."""
    step_s = laws().interests.step_s
    slots = np.arange(step * step_s // hours.SLOT_S, (step + 1) * step_s // hours.SLOT_S)
    rising = np.cumsum(hours.swings(seed, slots) * _world(slots * hours.SLOT_S))
    dice = uniform(f"{seed}/when", np.arange(count), step) * rising[-1]
    found = np.searchsorted(rising, dice, side="right")
    within = uniform(f"{seed}/second", np.arange(count), step) * hours.SLOT_S
    return np.sort(slots[found] * hours.SLOT_S + within)


def _world(at_s: Whole) -> Floats:
    """Return how much traffic all countries together have at a moment."""
    parts = [
        country.weight * hours.requests()[local_hours(at_s, np.full(len(at_s), index)) % _DAY_HOURS]
        for index, country in enumerate(COUNTRIES)
    ]
    whole: Floats = np.sum(parts, axis=0)
    return whole


def _who(population: Population, name: str, numbers: Whole, at_s: Floats) -> Whole:
    """Return somebody per view: low numbers far more often, as regulars come, and those who are up."""
    up = hours.requests() / hours.requests().max()
    people = np.zeros(len(numbers), np.int64)
    open_ = np.arange(len(numbers))
    for attempt in range(_TRIES):
        rows = numbers[open_]
        somebody = (uniform(f"{name}/who", rows, attempt) ** 2 * population.size).astype(np.int64)
        people[open_] = somebody
        local = local_hours(at_s[open_], population.countries[somebody]) % _DAY_HOURS
        open_ = open_[uniform(f"{name}/up", rows, attempt) >= up[local]]
        if not len(open_):
            break
    return people
