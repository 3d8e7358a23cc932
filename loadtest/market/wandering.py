"""Who goes where: how likely a view is on which page, by what its person cares for.

Somebody is in the mood for a topic, each as likely. They go where it is at home as readily as they care for it (`drawn`),
else anywhere, by popularity. So the chance of a page is linear in the levels: a part that is the same for everybody, and
an addend per topic. It makes what a page tells of its visitors computable (see `oracle`).
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from loadtest.market.chance import Floats, Whole, uniform
from loadtest.market.interests import TOPICS, Levels
from loadtest.market.laws import laws
from loadtest.market.people import KINDS
from loadtest.market.publishers import PUBLISHERS, Placement, Publisher

HAND, DESK, LIVING_ROOM = range(3)
"""What a screen can show: apps and sites, sites, TV apps."""


def place_of(device_type: str) -> int:
    """Return what a type of device is for."""
    return {"tv": LIVING_ROOM, "computer": DESK}.get(device_type, HAND)


PLACE = np.array([place_of(kind.device_type) for kind in KINDS])
"""By kind of screen."""


class Space(NamedTuple):
    """A placement and whose it is."""

    page: int
    publisher: Publisher
    placement: Placement

    @property
    def tag(self) -> str:
        """What a request calls it (`tagid`)."""
        return f"{self.publisher.name}/{self.placement.tag}"


SPACES = tuple(
    Space(page, publisher, placement)
    for page, publisher in enumerate(PUBLISHERS)
    for placement in publisher.placements
)
_FIRST = np.cumsum([0, *(len(publisher.placements) for publisher in PUBLISHERS)])


class Roads(NamedTuple):
    """Chances of pages: by place, in general; and by place and topic of those in the mood who go where it is at home."""

    general: Floats
    home: Floats
    has: NDArray[np.bool_]
    """Whether a topic is at home anywhere that the place can show."""


@lru_cache(maxsize=1)
def roads() -> Roads:
    """Return the chances."""
    shown = np.array([[_shows(place, publisher) for publisher in PUBLISHERS] for place in range(3)])
    popular = shown * np.array([publisher.popularity for publisher in PUBLISHERS])
    about = np.array([[topic in publisher.about for publisher in PUBLISHERS] for topic in TOPICS])
    home = shown[:, None, :] * about[None] * 1.0
    totals = home.sum(axis=2)
    return Roads(
        popular / popular.sum(axis=1, keepdims=True),
        home / np.maximum(totals, 1)[..., None],
        totals > 0,
    )


@lru_cache(maxsize=1)
def pages() -> tuple[Floats, Floats]:
    """Return the constant part of a page's chance by place and page, and the addend for each full draw by topic."""
    general, home, has = roads()
    addends = has[..., None] * (home - general[:, None, :]) / len(TOPICS)
    return general, np.moveaxis(addends, 1, 2)


@lru_cache(maxsize=1)
def about() -> NDArray[np.bool_]:
    """Return by page and topic, and for advertisements about nothing, what pages are about."""
    rows = [[topic in publisher.about for topic in TOPICS] for publisher in PUBLISHERS]
    return np.array([[*row, False] for row in rows])


def wander(name: str, views: Whole, kinds: Whole, levels: Levels) -> Whole:
    """Return the page of each view, by the kinds of screens and the levels of its people."""
    general, home, has = roads()
    places = PLACE[kinds]
    mood = (uniform(f"{name}/mood", views) * len(TOPICS)).astype(np.int64)
    drawn = np.array(laws().drawn)[levels[np.arange(len(views)), mood]]
    goes = (uniform(f"{name}/goes", views) < drawn) & has[places, mood]
    chances = np.where(goes[:, None], home[places, mood], general[places])
    rising = np.cumsum(chances, axis=1)
    dice = uniform(f"{name}/page", views)[:, None] * rising[:, -1:]
    found: Whole = (dice >= rising).sum(axis=1).astype(np.int64)
    return found


def space(name: str, views: Whole, at_pages: Whole) -> Whole:
    """Return the first space that each view offers, as a position in `SPACES`."""
    counts = np.diff(_FIRST)[at_pages]
    found: Whole = _FIRST[at_pages] + (uniform(f"{name}/space", views) * counts).astype(np.int64)
    return found


def _shows(place: int, publisher: Publisher) -> bool:
    if place == LIVING_ROOM:
        return publisher.name.startswith("tv.")
    return not publisher.name.startswith("tv.") and (place == HAND or publisher.kind == "site")
