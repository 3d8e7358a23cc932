"""An event log of the market's past, so that first models can be trained."""

import argparse
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from rich.progress import track

from loadtest.market import advertising
from loadtest.market.advertising import Ad, Lineup
from loadtest.market.chance import Whole, uniform
from loadtest.market.eventlog import Event, Habits, Log
from loadtest.market.interests import TOPICS
from loadtest.market.laws import laws
from loadtest.market.past import Past
from loadtest.market.people import Population, Truths
from loadtest.market.provider import topics
from loadtest.market.views import Views

DAYS = 28
PEOPLE = 5_000
_DAY_S = 86_400
_BLIND = 0.4
"""How often the past did not aim at what it was told of people."""
_TRIED = 3
"""Of so many creatives the one that suits best, where it aimed."""
_SHOWN = 0.4
"""A guess of how many views end with an impression: some cannot be sold or measured, many are lost to rivals."""


class Aim:
    """The past's policy: what suits the segments of somebody, but not always."""

    def __init__(self, lineup: Lineup, seed: int) -> None:
        self._lineup, self._name = lineup, f"{seed}/aim"
        speaks = topics()
        self._speaks = np.array(
            [[own >= 0 and own == topic for own in speaks] for topic in range(len(TOPICS) + 1)]
        )

    def __call__(self, views: Views, told: Truths, counts: Whole) -> Whole:
        """Return by view which of its creatives is offered."""
        tries = np.arange(_TRIED)[:, None]
        few = (uniform(self._name, views.numbers, tries) * counts).astype(np.int64)
        ads = self._lineup.fitting[views.spaces, few]
        suits = (self._speaks[self._lineup.topics[ads]] & told).sum(axis=2)
        blind = uniform(f"{self._name}/blind", views.numbers) < _BLIND
        best = np.where(blind, 0, suits.argmax(axis=0))
        chosen: Whole = few[best, np.arange(len(counts))]
        return chosen


def events(
    ads: list[Ad], impressions: int, seed: int, until_s: float, people: int = PEOPLE
) -> Iterator[Event]:
    """Yield bids with what followed them, step by step, until so many were shown; `until_s` is the end of the past."""
    step_s = laws().interests.step_s
    steps = DAYS * _DAY_S // step_s
    lineup, population = Lineup(ads), Population(seed, people)
    per_step = max(1, round(impressions / steps / _SHOWN))
    past = Past(population, lineup, until_s - DAYS * _DAY_S, per_step, loses=None)
    log = Log(population, lineup, Habits(weather=False))
    lived = (event for step in past.steps(steps) for event in log.events(step))
    return (event for event in lived if event["at"] < until_s)


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
    parser.add_argument("--impressions", type=int, default=20_000, help="about so many")
    parser.add_argument("--people", type=int, default=PEOPLE, help="size of the population")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--until", type=float, help="end of the past, seconds since the epoch")


def command(arguments: argparse.Namespace) -> int:
    """Write the log and say what is in it."""
    until = arguments.until or datetime.now(tz=UTC).timestamp()
    ads = advertising.read(arguments.creatives)
    past = events(ads, arguments.impressions, arguments.seed, until, arguments.people)
    counts = write(
        arguments.out,
        past,
        iter if arguments.json else lambda each: track(each, "history", transient=True),
    )
    if arguments.json:
        print(orjson.dumps(dict(counts)).decode())
    else:
        rate = counts["click"] / max(counts["impression"], 1)
        print(f"{arguments.out}: {dict(counts)}, {rate:.2%} of impressions clicked")
    return 0
