"""What the past bid for views, and which it won: against rivals, or by dice alone."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from loadtest.market import rivals
from loadtest.market.chance import Floats, Whole, uniform
from loadtest.market.people import Population, Truths
from loadtest.market.places import local_hours
from loadtest.market.publishers import DOLLARS, SECOND_PRICE
from loadtest.market.views import Views
from loadtest.market.wandering import SPACES

_SHADED = 0.7
_WORTH, _SPREAD = 4.0, 0.5
"""Median of what the past held a view to be worth, as dollars per mille, and the deviation of its logarithm."""


class Prices(NamedTuple):
    """By bid, in dollars per mille."""

    values: Floats
    floors: Floats
    offered: Floats
    minimum: Floats
    """What would have been enough."""
    cleared: Floats
    """What was paid by those who won."""
    won: Truths


def bid(population: Population, views: Views, loses: float | None) -> Prices:
    """Return the past's bids: it wins by offering more than rivals, or, if `loses` says how often not, by dice alone."""
    name, rows = f"{population.seed}/past", views.numbers
    floors, usual, second = _spaces()
    floors, usual = floors[views.spaces], usual[views.spaces]
    even = uniform(f"{name}/worth", rows) * uniform(f"{name}/more", rows)
    values = np.maximum(_WORTH * np.exp(_SPREAD * 4 * (even - 0.25)), floors)
    offered = np.maximum(_SHADED * values, floors)
    hours = local_hours(views.at, population.countries[views.people])
    best = rivals.offers(uniform(f"{name}/rivals", rows), views.pages, usual, hours)
    minimum = np.maximum(np.where(best >= floors, best, 0.0), floors)
    won = offered > best if loses is None else uniform(f"{name}/won", rows) >= loses
    cleared = np.where(second[views.spaces], np.minimum(minimum, offered), offered)
    return Prices(values, floors, offered, minimum, cleared, won)


@lru_cache(maxsize=1)
def _spaces() -> tuple[Floats, Floats, Whole]:
    """Return floors and usual prices by space, and whether a second price is paid there."""
    return (
        np.array(
            [each.placement.floor * DOLLARS[each.publisher.floor_currency] for each in SPACES]
        ),
        np.array([each.placement.rivals_cpm for each in SPACES]),
        np.array([each.publisher.auction_type == SECOND_PRICE for each in SPACES]),
    )
