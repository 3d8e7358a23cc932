"""The market as it happens: the same people and laws as in the past, one request at a time, by a clock that is passed in."""

from collections import Counter, OrderedDict
from collections.abc import Callable
from datetime import date
from random import Random
from typing import NamedTuple

import numpy as np

from loadtest.market import clicks, orders, rivals
from loadtest.market.advertising import Ad, Lineup, topic_of
from loadtest.market.chance import uniform
from loadtest.market.clicks import Contacts
from loadtest.market.interests import NONE, TOPICS, step_of
from loadtest.market.people import OUR_VENDOR, SCREENS, Person, Population
from loadtest.market.places import local_hours
from loadtest.market.publishers import PUBLISHERS, Placement, Publisher
from loadtest.market.views import Views, draw
from loadtest.market.wandering import SPACES

Clock = Callable[[], float]
"""Seconds since the epoch; as fast as one likes."""
_TWO_SPACES = 0.2
"""Share of views on which two spaces are offered, where there are two."""
_LINEUPS = 4_096
_AT_ONCE = 64
"""Views that are drawn together: arrays of one are dear."""


class Visitor(NamedTuple):
    """Somebody on a page, and the spaces that it offers; `view` stays with the simulation."""

    person: Person
    publisher: Publisher
    spaces: tuple[Placement, ...]
    view: Views


class Live:
    """A market whose present is that of its clock."""

    def __init__(
        self,
        seed: int,
        size: int,
        clock: Clock,
        *,
        vendor: int = OUR_VENDOR,
        day: date | None = None,
    ) -> None:
        self.population = Population(seed, size, vendor=vendor, day=day)
        self.clock = clock
        self.population.levels(step_of(clock()))  # dear the first time
        self._seen: Counter[int] = Counter()
        self._by_line_item: Counter[tuple[int, str]] = Counter()
        self._block = -1
        self._views: Views | None = None
        self._lineups: OrderedDict[Ad, Lineup] = OrderedDict()

    def visitor(self, number: int) -> Visitor:
        """Return who comes with a view of this number now."""
        view = self._view(number)
        person = self.population.person(
            int(view.people[0]), int(view.screens[0]), int(view.kinds[0])
        )
        publisher = PUBLISHERS[view.pages[0]]
        first = SPACES[view.spaces[0]].placement
        others = [placement for placement in publisher.placements if placement != first]
        name = f"{self.population.seed}/view"
        spaces: tuple[Placement, ...] = (first,)
        if others and uniform(f"{name}/two", number)[0] < _TWO_SPACES:
            spaces = (first, others[int(uniform(f"{name}/second", number)[0] * len(others))])
        return Visitor(person, publisher, spaces, view)

    def _view(self, number: int) -> Views:
        block, row = divmod(number, _AT_ONCE)
        if self._views is None or block != self._block:
            numbers = np.arange(block * _AT_ONCE, (block + 1) * _AT_ONCE)
            self._views = draw(self.population, numbers, np.full(_AT_ONCE, self.clock()))
            self._block = block
        return Views._make(column[row : row + 1] for column in self._views)

    def rival_micros(self, visitor: Visitor, space: int, dice: Random) -> int:
        """Return the best rival offer for one of the spaces, in micros of dollars per mille."""
        view = visitor.view
        offered = rivals.offers(
            np.array([dice.random()]),
            view.pages,
            np.array([visitor.spaces[space].rivals_cpm]),
            local_hours(view.at, self.population.countries[view.people]),
        )
        return round(float(offered[0]) * 1e6)

    def ad(self, domain: str, line_item: str, creative: str, media: str, size: str) -> Ad:
        """Return an advertisement as the laws see it, by its names."""
        size = size if media == "banner" else ""
        return Ad(domain, line_item, creative, media, size, topic_of(creative, line_item, domain))

    def sees(self, visitor: Visitor, space: int, ad: Ad) -> float:
        """Show somebody an advertisement; return the probability that they click it."""
        view = visitor.view
        place = SPACES.index(
            next(
                each
                for each in SPACES
                if each.page == view.pages[0] and each.placement == visitor.spaces[space]
            )
        )
        view = view._replace(spaces=np.array([place]))
        screen = int(view.people[0]) * SCREENS + int(view.screens[0])
        has_id = view.screens[0] >= 0
        key = (screen, ad.line_item)
        contacts = Contacts(
            np.array([self._seen[screen] if has_id else 0]),
            np.array([self._by_line_item[key] if has_id else 0]),
        )
        if has_id:
            self._seen[screen] += 1
            self._by_line_item[key] += 1
        lineup, none = self._lineup(ad), np.zeros(1, np.int64)
        levels = self.population.levels(step_of(self.clock()))[view.people]
        chance = clicks.visible(view, none, lineup, contacts, self.population)
        chance = chance * clicks.hidden(view, none, lineup, contacts, self.population, levels)
        return float(chance[0])

    def order(self, visitor: Visitor, ad: Ad, dice: Random) -> tuple[float, int] | None:
        """Return how many seconds after a click an order comes and what it is worth (cents), `None` if none comes."""
        if dice.random() >= orders.arrives():
            return None
        topic = TOPICS.index(ad.topic) if ad.topic in TOPICS else None
        level = NONE
        if topic is not None:
            step = step_of(self.clock())
            level = int(self.population.levels(step)[visitor.view.people[0], topic])
        delay_s = orders.delay_s(topic or 0, level, dice)
        if delay_s is None:
            return None
        return delay_s, orders.worth_cents(len(TOPICS) if topic is None else topic, dice)

    def _lineup(self, ad: Ad) -> Lineup:
        lineup = self._lineups.get(ad)
        if lineup is None:
            lineup = self._lineups[ad] = Lineup([ad])
            if len(self._lineups) > _LINEUPS:
                self._lineups.popitem(last=False)
        return lineup


def clock_of(speed: float, begins_s: float, monotonic: Clock) -> Clock:
    """Return a clock that begins at a moment and runs `speed` times as fast as another."""
    started = monotonic()
    return lambda: begins_s + (monotonic() - started) * speed
