"""The market's past as lines of the event log, in the form that the server documents."""

from collections.abc import Iterator
from random import Random
from typing import Any, NamedTuple

import numpy as np

from loadtest.market import orders
from loadtest.market.advertising import Lineup
from loadtest.market.chance import Whole
from loadtest.market.interests import TOPICS
from loadtest.market.laws import laws
from loadtest.market.past import Bids, Step
from loadtest.market.people import KINDS, Population, Truths
from loadtest.market.places import COUNTRIES, WEATHERS, weather
from loadtest.market.provider import SEGMENTS
from loadtest.market.publishers import SECOND_PRICE
from loadtest.market.wandering import SPACES

Event = dict[str, Any]
DAY_S = 86_400
_SHARED = ("bid", "line_item", "creative", "exchange", "measured", "trainable")


class Habits(NamedTuple):
    """What the log tells, beyond what it must."""

    weather: bool = True
    """Whether the past knew the weather."""
    exchange: str = "demo"


class Log:
    """Turns steps into events; remembers contacts, for orders that come later."""

    def __init__(
        self, population: Population, lineup: Lineup, habits: Habits | None = None
    ) -> None:
        self._population, self._lineup = population, lineup
        self._habits = habits or Habits()
        self._dice = Random(f"{population.seed}/log")
        self._clicked: dict[tuple[int, int], Event] = {}
        self._seen: dict[tuple[int, int], Event] = {}
        """By person and topic: the last bid clicked, and the last seen."""

    def events(self, step: Step) -> Iterator[Event]:
        """Yield a step's bids with what followed them, bids in order of time; then its orders."""
        lost = zip(self._bids(step.lost, "lost"), step.lost.prices.minimum.tolist(), strict=True)
        waiting = next(lost, None)
        for row, bid in enumerate(self._bids(step.shown, "shown")):
            while waiting is not None and waiting[0]["at"] <= bid["at"]:
                yield from self._lose(*waiting)
                waiting = next(lost, None)
            yield from self._seen_by(step, row, bid)
        while waiting is not None:
            yield from self._lose(*waiting)
            waiting = next(lost, None)
        yield from self._bought(step)

    def _lose(self, bid: Event, minimum: float) -> Iterator[Event]:
        yield bid
        yield self._follow("loss", bid, bid["at"] + 0.2) | {
            "loss": "outbid", "cleared": None, "minimum": _nanos(minimum),
        }  # fmt: skip

    def _seen_by(self, step: Step, row: int, bid: Event) -> Iterator[Event]:
        dice = self._dice
        yield bid
        prices = step.shown.prices
        yield self._follow("win", bid, bid["at"] + 0.2) | {
            "cleared": _nanos(prices.cleared[row]), "minimum": _nanos(prices.minimum[row]),
        }  # fmt: skip
        seen_s = bid["at"] + dice.uniform(0.5, 20.0)
        yield self._follow("impression", bid, seen_s)
        topic = int(self._lineup.topics[step.shown.ads[row]])
        about = (int(step.shown.views.people[row]), topic)
        if topic < len(TOPICS):
            self._seen[about] = bid
        if not step.clicked[row]:
            return
        clicked_s = seen_s + dice.uniform(1.0, 40.0)
        yield self._follow("click", bid, clicked_s)
        if topic < len(TOPICS) and step.visited[row]:
            self._clicked[about] = bid
        if step.at_once[row]:
            within = dice.expovariate(1 / laws().orders.at_once_s)
            yield self._order(topic, bid, "click", clicked_s + within + orders.reported_s(dice))

    def _bought(self, step: Step) -> Iterator[Event]:
        """Yield orders of those who saw or clicked something of ours; others buy where nobody tells us."""
        law, dice = laws().orders, self._dice
        step_s = laws().interests.step_s
        for person, topic in zip(*(column.tolist() for column in step.purchases), strict=True):
            about = (person, topic)
            at_s = (step.number + 1 + dice.random()) * step_s + orders.reported_s(dice)
            clicked, seen = self._clicked.pop(about, None), self._seen.get(about)
            if clicked and at_s - clicked["at"] <= law.click_days * DAY_S:
                yield self._order(topic, clicked, "click", at_s)
            elif seen and at_s - seen["at"] <= law.view_days * DAY_S:
                yield self._order(topic, seen, "view", at_s)

    def _order(self, topic: int, bid: Event, credit: str, at_s: float) -> Event:
        return {
            "event": "conversion",
            "at": round(at_s, 3),
            "advertiser": bid["advertiser"],
            "order_hash": f"{self._dice.getrandbits(128):032x}",
            "value": orders.worth_cents(topic, self._dice) * 10_000_000,
            "line_item": bid["line_item"],
            "bid": bid["bid"] if credit == "click" else "",
            "credit": credit,
            "trainable": True,
            "invalid": "",
        }

    def _follow(self, event: str, bid: Event, at_s: float) -> Event:
        """Return an event that refers to a bid."""
        return {"event": event, "at": round(at_s, 3), **{name: bid[name] for name in _SHARED}}

    def _bids(self, bids: Bids, kind: str) -> Iterator[Event]:
        views, told, contacts, prices = bids.views, bids.told, bids.contacts, bids.prices
        people = views.people
        countries, cities = self._population.countries[people], self._population.cities[people]
        skies = weather(views.at, countries, cities) if len(people) else people
        silent: Truths = ~np.any(told.segments, axis=1)
        columns: list[Whole] = [
            views.numbers, bids.ads, views.kinds, views.spaces, countries, cities, skies,
        ]  # fmt: skip
        rows = zip(
            views.at.round(3).tolist(),
            *(column.tolist() for column in columns),
            *(each.tolist() for each in (prices.values, prices.floors, prices.offered)),
            contacts.all.tolist(), contacts.line_item.tolist(), told.id.tolist(), silent.tolist(),
            told.segments, strict=True,
        )  # fmt: skip
        for row in rows:
            at, number, ad, screen, place, country, city, sky, value, floor, price, *rest = row
            every, own, has_id, nothing, segments = rest
            shown, space = self._lineup.ads[ad], SPACES[place]
            land, holds, page = COUNTRIES[country], KINDS[screen], space.publisher
            region, town = land.cities[city]
            audience = None if nothing else [SEGMENTS[i] for i in np.flatnonzero(segments)]
            yield {
                "event": "bid",
                "at": at,
                "bid": _name(self._population.seed, kind, number),
                "exchange": self._habits.exchange,
                "media": shown.media,
                "size": shown.size,
                "country": land.code,
                "region": f"{land.code}-{region}",
                "city": f"{land.code}/{town.lower()}",
                "device_type": holds.device_type,
                "os": holds.os,
                "browser": holds.browser,
                "inventory_type": page.kind,
                "publication": page.name,
                "tag": space.tag,
                "position": space.placement.position,
                "category": page.categories[0],
                "weather": WEATHERS[sky] if self._habits.weather else "",
                "hour_of_week": int(at // 3_600 + 72) % 168,  # the epoch began on a Thursday
                "segments": 0 if audience is None else len(audience),
                "contacts": every if has_id else None,
                "line_item_contacts": own if has_id else None,
                "audience": audience,
                "floor": _nanos(floor),
                "advertiser": shown.advertiser,
                "line_item": shown.line_item,
                "creative": shown.creative,
                "deal": "",
                "auction": "second_price" if page.auction_type == SECOND_PRICE else "first_price",
                "p_click": 0.012,
                "value": _nanos(value),
                "price": _nanos(price),
                "model": "past",
                "measured": True,
                "trainable": True,
                "impressions": 1,
                "propensity": 1.0,
            }


def _nanos(cpm: float) -> int:
    """Return a price per mille as nanos per impression."""
    return round(cpm * 1e6)


def _name(seed: int, kind: str, number: int) -> str:
    return f"{seed & 0xFFFFFFFF:08x}{'0' if kind == 'shown' else '1'}{number:023x}"
