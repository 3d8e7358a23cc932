"""An event log of the past, by the same hidden laws, so that a first model can be trained."""

import argparse
import math
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import orjson
from rich.progress import track

from loadtest import laws
from loadtest.laws import Showing, affinity, topic_of
from loadtest.people import Person, Population, known_segments
from loadtest.publishers import PUBLISHERS, Placement, Publisher, spaces, visit

Event = dict[str, Any]

DAYS = 28
PEOPLE = 5_000
_DAY_S = 86_400
_LOST_BIDS = 0.3
"""Bids without an impression, for each one with."""
_BLIND = 0.4
"""How often the past did not aim at interests at all."""
_VIEW_S = (0.5, 20.0)
_CLICK_S = (1.0, 40.0)
_ORDER_S = (60.0, 3 * 3_600.0)


class Shown(NamedTuple):
    """A creative of a line item, as the catalog names them."""

    advertiser: str
    line_item: str
    creative: str
    media: str
    size: str
    topic: str


def read_creatives(path: Path) -> list[Shown]:
    """Read a JSON list of objects. Raises `ValueError` with the first that cannot be used."""
    rows = orjson.loads(path.read_bytes())
    if not isinstance(rows, list) or not rows:
        raise ValueError(f"{path}: not a list of creatives")
    shown = []
    for index, row in enumerate(rows):
        try:
            names = (row["advertiser"], row["line_item"], row["creative"])
            topic = row.get("topic") or topic_of(names[2], names[1], names[0])
            if topic not in laws.TOPICS:
                topic = topic_of(topic)
            shown.append(Shown(*names, row["media"], row.get("size", ""), topic))
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"{path}: $[{index}]: cannot be used: {error!r}") from None
    return shown


def events(creatives: list[Shown], impressions: int, seed: int, until_s: float) -> Iterator[Event]:
    """Yield bids with what followed them, bids in order of time; `until_s` is the end of the past."""
    maker = _Past(creatives, Random(f"{seed}/history"), Population(seed, PEOPLE))
    begins = until_s - DAYS * _DAY_S
    step = (DAYS * _DAY_S - _ORDER_S[1]) / max(impressions, 1)
    for index in range(impressions):
        at = begins + (index + maker.dice.random()) * step
        while maker.dice.random() < _LOST_BIDS / (1 + _LOST_BIDS):
            bid, _, _ = maker.bid(at)
            yield bid
            yield maker.follow("loss", bid, at + 0.2)
        yield from maker.seen(at)


class _Past:
    def __init__(self, creatives: list[Shown], dice: Random, population: Population) -> None:
        self.dice = dice
        self._population = population
        self._creatives = creatives
        self._contacts: Counter[tuple[int, str]] = Counter()
        self._fitting: dict[Placement, list[Shown]] = {}
        self._segments: dict[int, int] = {}
        if not any(self._fit(space) for site in PUBLISHERS for space in site.placements):
            raise ValueError("no creative fits any placement of the simulated publishers")

    def seen(self, at: float) -> Iterator[Event]:
        """Yield a bid that won, its impression, perhaps a click, perhaps an order."""
        bid, person, shown = self.bid(at)
        yield bid
        at += self.dice.uniform(*_VIEW_S)
        yield self.follow("impression", bid, at)
        contact = (person.number, shown.advertiser)
        hour = int(at // 3_600 + person.country.utc_offset_hours) % 24
        showing = Showing(
            shown.topic, shown.media, bid["size"], bid["position"], hour, self._contacts[contact]
        )
        self._contacts[contact] += 1
        if self.dice.random() >= laws.click_probability(person, showing):
            return
        at += self.dice.uniform(*_CLICK_S)
        yield self.follow("click", bid, at)
        if self.dice.random() < laws.order_probability(person, shown.topic):
            yield {
                "event": "conversion",
                "at": round(at + self.dice.uniform(*_ORDER_S), 3),
                "advertiser": shown.advertiser,
                "order_hash": f"{self.dice.getrandbits(128):032x}",
                "value": laws.order_cents(shown.topic, self.dice) * 10_000_000,
                "line_item": shown.line_item,
                "credit": "click",
                "trainable": True,
            }

    def follow(self, event: str, bid: Event, at: float) -> Event:
        """Return an event that refers to a bid."""
        shared = ("bid", "line_item", "creative", "exchange", "measured", "trainable")
        kept = {name: bid[name] for name in shared}
        return {"event": event, "at": round(at, 3), **kept}

    def bid(self, at: float) -> tuple[Event, Person, Shown]:
        """Return a bid event for somebody who may be measured, the person and what was offered."""
        while True:
            person = self._population.somebody(self.dice)
            publisher = visit(person, self.dice)
            placement = spaces(publisher, self.dice)[0]
            fitting = self._fit(placement)
            if person.consents and fitting:
                break
        shown = self._choose(fitting, person)
        value = int(1e6 * self.dice.lognormvariate(math.log(3.0), 0.5))
        floor = round(placement.floor * 1e6)
        return (
            self._event(at, person, publisher, placement, shown, max(value, floor)),
            person,
            shown,
        )

    def _event(
        self, at: float, person: Person, publisher: Publisher, placement: Placement, shown: Shown,
        value: int,
    ) -> Event:  # fmt: skip
        deal = placement.deals[0].id if placement.deals and self.dice.random() < 0.3 else ""  # noqa: PLR2004
        country = person.country.code
        return {
            "event": "bid",
            "at": round(at, 3),
            "bid": f"{self.dice.getrandbits(128):032x}",
            "exchange": "demo",
            "media": shown.media,
            "size": shown.size,
            "country": country,
            "region": f"{country}-{person.region}",
            "city": f"{country}/{person.city.lower()}",
            "device_type": person.device_type,
            "os": person.os,
            "inventory_type": publisher.kind,
            "publication": publisher.name,
            "position": placement.position,
            "category": publisher.categories[0],
            "hour_of_week": int(at // 3_600 + 72) % 168,  # the epoch began on a Thursday
            "segments": self._known(person),
            "floor": round(placement.floor * 1e6),
            "advertiser": shown.advertiser,
            "line_item": shown.line_item,
            "creative": shown.creative,
            "deal": deal,
            "p_click": 0.012,
            "value": value,
            "price": max(round(placement.floor * 1e6), value * 7 // 10),
            "model": "past",
            "measured": True,
            "trainable": True,
        }

    def _fit(self, placement: Placement) -> list[Shown]:
        if placement not in self._fitting:
            sizes = {f"{width}x{height}" for width, height in placement.sizes}
            self._fitting[placement] = [
                shown
                for shown in self._creatives
                if shown.media == placement.media
                and (shown.media != "banner" or shown.size in sizes)
            ]
        return self._fitting[placement]

    def _choose(self, fitting: list[Shown], person: Person) -> Shown:
        """Aim as the past did: at what a person cares for, but not always."""
        if self.dice.random() < _BLIND:
            return self.dice.choice(fitting)
        few = self.dice.choices(fitting, k=3)
        return max(few, key=lambda shown: affinity(person, shown.topic))

    def _known(self, person: Person) -> int:
        if person.number not in self._segments:
            self._segments[person.number] = len(known_segments(self._population, person))
        return self._segments[person.number]


def write(
    path: Path, past: Iterator[Event], watch: Callable[[Iterator[Event]], Any] = iter
) -> Counter[str]:
    """Write events as JSON lines; return how many of each kind."""
    counts: Counter[str] = Counter()
    with path.open("wb") as file:
        for event in watch(past):
            file.write(orjson.dumps(event, option=orjson.OPT_APPEND_NEWLINE))
            counts[event["event"]] += 1
    return counts


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare this command's options."""
    parser.add_argument("--out", type=Path, required=True, help="JSON lines")
    parser.add_argument("--creatives", type=Path, required=True,
                        help="JSON list of {advertiser, line_item, creative, media, size, topic?}")  # fmt: skip
    parser.add_argument("--impressions", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--until", type=float, help="end of the past, seconds since the epoch")


def command(arguments: argparse.Namespace) -> int:
    """Write the log and say what is in it."""
    until = arguments.until or datetime.now(tz=UTC).timestamp()
    past = events(read_creatives(arguments.creatives), arguments.impressions, arguments.seed, until)
    guess = int(arguments.impressions * (2 + 2 * _LOST_BIDS + 0.02))
    counts = write(
        arguments.out,
        past,
        iter
        if arguments.json
        else lambda each: track(each, "history", total=guess, transient=True),
    )
    if arguments.json:
        print(orjson.dumps(dict(counts)).decode())
    else:
        rate = counts["click"] / max(counts["impression"], 1)
        print(f"{arguments.out}: {dict(counts)}, {rate:.2%} of impressions clicked")
    return 0
