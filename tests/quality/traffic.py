"""The logged traffic of campaigns, five minutes at a time, and the law of their clearing prices."""

import csv
import gzip
import os
from bisect import bisect_left
from collections import defaultdict
from datetime import UTC, datetime
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from random import Random

import msgspec

from tests.torture.figures import Missing

STEP_S = 300
HOUR_S = 3_600
BROKEN_OFF = 0.05
"""A step with less than this share of its hour's largest was broken off: the log has steps of one request between steps
of thousands, and few in between. It is taken for one that was not logged.
"""
DAY_S = 86_400
FEN_NANOS = 10_000
"""Prices were logged in fen per mille."""


class Trace(msgspec.Struct, frozen=True):
    """One campaign: requests by the beginning of each five minutes (seconds since the epoch)."""

    campaign: str
    counts: dict[int, int]

    def days(self, least: int) -> list[int]:
        """Return the beginnings of the days of which at least so many steps are there."""
        found: defaultdict[int, int] = defaultdict(int)
        for at_s in self.counts:
            found[at_s - at_s % DAY_S] += 1
        return sorted(day for day, steps in found.items() if steps >= least)

    def day(self, day_s: int) -> dict[int, int]:
        """Return the steps of one day, counted from its beginning."""
        return {at - day_s: n for at, n in self.counts.items() if day_s <= at < day_s + DAY_S}


@lru_cache(maxsize=1)
def traces() -> dict[str, Trace]:
    """Return the logged campaigns. Raises `Missing` without the data."""
    found: defaultdict[str, dict[int, int]] = defaultdict(dict)
    with gzip.open(_file("ipinyou_5min_trace/train_5min.csv.gz"), "rt") as lines:
        for row in csv.DictReader(lines):
            at = datetime.fromisoformat(row["datetime"]).replace(tzinfo=UTC)
            found[row["campaign"]][int(at.timestamp())] = int(row["total_bids_cur"])
    return {name: Trace(name, _whole(counts)) for name, counts in found.items()}


def _whole(counts: dict[int, int]) -> dict[int, int]:
    most: defaultdict[int, int] = defaultdict(int)
    for at_s, requests in counts.items():
        most[at_s // HOUR_S] = max(most[at_s // HOUR_S], requests)
    return {at: n for at, n in counts.items() if n >= BROKEN_OFF * most[at // HOUR_S]}


class Prices:
    """What the highest rival pays for an impression, nanos: the logged histogram of a campaign."""

    def __init__(self, counts: list[int]) -> None:
        self._cumulative = list(accumulate(counts))

    def draw(self, dice: Random) -> int:
        """Return the price to beat."""
        drawn = bisect_left(self._cumulative, dice.random() * self._cumulative[-1])
        return int((drawn + dice.random()) * FEN_NANOS)

    def won(self, bid: int) -> tuple[float, float]:
        """Return how likely a bid wins, and what it costs then on average (second price)."""
        whole = self._cumulative[-1]
        below = paid = before = 0.0
        for index, cumulative in enumerate(self._cumulative):
            if (index + 1) * FEN_NANOS > bid:
                break
            paid += (cumulative - before) * (index + 0.5) * FEN_NANOS
            below = before = cumulative
        return below / whole, paid / below if below else 0.0


@lru_cache(maxsize=16)
def prices(campaign: str) -> Prices:
    """Return the clearing prices of a campaign. Raises `Missing` without the data."""
    text = _file(f"ipinyou_price_histograms/{campaign}.info.json").read_bytes()
    return Prices(msgspec.json.decode(text)["price_counter_train"])


def _file(name: str) -> Path:
    root = os.environ.get("ADSERVER_CORPUS")
    if not root:
        raise Missing("the logged traffic: set ADSERVER_CORPUS")
    return Path(root, "ml", name)
