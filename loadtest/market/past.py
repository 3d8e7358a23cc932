"""Months of the market without HTTP: views, advertisements by a plain policy, clicks, orders; a step at a time, as arrays."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from loadtest.market import orders, provider
from loadtest.market.advertising import Lineup
from loadtest.market.chance import Floats, Whole, uniform
from loadtest.market.clicks import Contacts, hidden, visible
from loadtest.market.interests import TOPICS, step_of
from loadtest.market.laws import laws
from loadtest.market.oracle import Told, p_wire
from loadtest.market.people import SCREENS, Population, Truths
from loadtest.market.selling import Prices, bid
from loadtest.market.views import Views, draw, times

Policy = Callable[[Views, Truths, Whole], Whole]
"""From views, what is told of them, and how many creatives fit, to which of these is shown."""


class Purchases(NamedTuple):
    """Who bought what in a step: rows of person and topic."""

    people: Whole
    topics: Whole


class Bids(NamedTuple):
    """What was bid on, what with, and what was known then; arrays by bid, in order of time."""

    views: Views
    ads: Whole
    told: Told
    contacts: Contacts
    prices: Prices

    def only(self, rows: Truths) -> "Bids":
        """Return some of them."""
        return Bids(
            Views._make(column[rows] for column in self.views),
            self.ads[rows],
            Told._make(column[rows] for column in self.told),
            Contacts._make(column[rows] for column in self.contacts),
            Prices._make(column[rows] for column in self.prices),
        )


class Step(NamedTuple):
    """What happened in one step: arrays by impression, in order of time; bids that lost; purchases."""

    number: int
    shown: Bids
    lost: Bids
    p_click: Floats
    """With everything known."""
    p_wire: Floats
    """With what is told (see `oracle`)."""
    clicked: Truths
    visited: Truths
    at_once: Truths
    """Bought during the visit."""
    considered: Truths
    """Whether a purchase of what is advertised was considered before."""
    levels: Whole
    """What the person cares for what is advertised; 0 for advertisements about nothing."""
    purchases: Purchases


class Past:
    """Lives through steps; contacts and purchases considered are all that it carries on."""

    def __init__(
        self,
        population: Population,
        lineup: Lineup,
        begins_s: float,
        per_step: int,
        loses: float | None = 0.0,
    ) -> None:
        self.population, self.lineup, self._loses = population, lineup, loses
        self._per_step = per_step
        self._step = step_of(begins_s)
        self._number = 0
        screens = population.size * SCREENS
        self._all = np.zeros(screens, np.int32)
        self._by_line_item = np.zeros((screens, len(lineup.names)), np.uint16)
        levels = population.levels(self._step)
        dice = uniform(
            f"{population.seed}/considers",
            np.arange(population.size)[:, None],
            np.arange(len(TOPICS)),
        )
        self._considered: Truths = dice < orders.considering()[np.arange(len(TOPICS)), levels]

    def steps(self, count: int, policy: Policy | None = None) -> Iterator[Step]:
        """Yield what happens in so many steps; without a policy any creative that fits is as likely."""
        for _ in range(count):
            yield self._one(policy)
            self._step += 1

    def _one(self, policy: Policy | None) -> Step:
        seed, step = self.population.seed, self._step
        bids = self._bids(policy)
        views, ads, told, contacts, _ = shown = bids.only(bids.prices.won)
        lineup, people = self.lineup, views.people
        about = lineup.topics[ads] < len(TOPICS)
        topics = np.where(about, lineup.topics[ads], 0)
        everything = self.population.levels(step)
        chance = visible(views, ads, lineup, contacts, self.population) * hidden(
            views, ads, lineup, contacts, self.population, everything[people]
        )
        clicked = uniform(f"{seed}/clicks", views.numbers) < chance
        visited = clicked & (uniform(f"{seed}/visits", views.numbers) < laws().orders.arrives)
        levels = np.where(about, everything[people, topics], 0)
        considered = about & self._considered[people, topics]
        dice = uniform(f"{seed}/at once", views.numbers)
        at_once = visited & about & (dice < np.array(laws().orders.at_once)[levels])
        self._persuade(views, topics, levels, about & ~at_once, visited)
        self._considered, bought = orders.lives(
            f"{seed}/orders", step, everything, self._considered
        )
        return Step(
            step, shown, bids.only(~bids.prices.won), chance,
            p_wire(views, ads, lineup, contacts, self.population, told),
            clicked, visited, at_once, considered, levels, Purchases(*np.nonzero(bought)),
        )  # fmt: skip

    def _bids(self, policy: Policy | None) -> Bids:
        seed, lineup = self.population.seed, self.lineup
        at_s = times(seed, self._step, self._per_step)
        numbers = np.arange(self._number, self._number + self._per_step)
        self._number += self._per_step
        views = draw(self.population, numbers, at_s, "past/")
        fits = (lineup.counts[views.spaces] > 0) & self.population.consents[views.people]
        views = Views._make(column[fits] for column in views)
        told = self._told(views)
        ads = self._choose(views, told, policy)
        prices = bid(self.population, views, loses=self._loses)
        return Bids(views, ads, told, self._contacts(views, ads, prices.won), prices)

    def _told(self, views: Views) -> Told:
        has_id = views.screens >= 0
        screens = views.people * SCREENS + np.maximum(views.screens, 0)
        known = has_id & self.population.known(screens)
        found = provider.segments(self.population, screens, self._step)
        return Told(found & known[:, None], has_id)

    def _choose(self, views: Views, told: Told, policy: Policy | None) -> Whole:
        counts = self.lineup.counts[views.spaces]
        if policy is None:
            dice = uniform(f"{self.population.seed}/policy", views.numbers)
            chosen = (dice * counts).astype(np.int64)
        else:
            chosen = policy(views, told.segments, counts)
        return self.lineup.fitting[views.spaces, chosen]

    def _contacts(self, views: Views, ads: Whole, won: Truths) -> Contacts:
        """Return the contacts before each bid, and count those of the ones that won."""
        has_id = views.screens >= 0
        screens = views.people * SCREENS + np.maximum(views.screens, 0)
        lines = self.lineup.line_items[ads]
        every = self._all[screens] + _earlier(screens, won & has_id)
        own = self._by_line_item[screens, lines] + _earlier(
            screens * len(self.lineup.names) + lines, won & has_id
        )
        counted = won & has_id
        np.add.at(self._all, screens[counted], 1)
        np.add.at(self._by_line_item, (screens[counted], lines[counted]), 1)
        return Contacts(np.where(has_id, every, 0), np.where(has_id, own, 0))

    def _persuade(
        self, views: Views, topics: Whole, levels: Whole, rows: Truths, visited: Truths
    ) -> None:
        law = laws().orders
        chances = np.array(law.seen)[levels]
        come = np.array(law.visited)[levels]
        # Whom the visit does not persuade, the impression still may have.
        chances = np.where(visited, come + (1 - come) * chances, chances)
        dice = uniform(f"{self.population.seed}/persuades", views.numbers)
        won = rows & (dice < chances)
        self._considered[views.people[won], topics[won]] = True


def _earlier(keys: Whole, counted: Truths) -> Whole:
    """Return by row how many of the counted rows before it have the same key."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    before: Whole = np.cumsum(counted[order]) - counted[order]
    begins = np.r_[True, ordered[1:] != ordered[:-1]][: len(keys)]
    firsts = np.maximum.accumulate(np.where(begins, np.arange(len(keys)), 0))
    found = np.empty(len(keys), np.int64)
    found[order] = before - before[firsts]
    return found
