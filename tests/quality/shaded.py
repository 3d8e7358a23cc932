"""Logged impressions as first-price auctions: whoever offers at least what it took to win wins, and pays what it offers.

What it took is the logged paying price: the log's auctions were second-price, so that is the runner-up's bid or the floor.
The value of an impression is the bid that was logged: what a buyer declares in a second-price auction, where the truth is
the best bid. That formula was written down before the log was opened.

Of the first half by time everything is learned and chosen; then the second half is opened.
"""

import hashlib
import lzma
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.events import Tally
from models.landscape.evidence import Evidence, Rows
from models.landscape.keys import HOURS, band, kind
from tests.torture.figures import Missing

NANOS = 10_000
"""In the log's unit, fen per mille: 0.01 / 1000 of the currency."""
_ZONE_S = 8 * 3_600
"""The log's clock is China's."""
_COLUMNS = 24

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]


class Auctions(NamedTuple):
    """Auctions by time; amounts in house nanos per impression."""

    at: Floats
    words: Sequence[tuple[str | int, ...]]
    """By `keys.LEVELS`."""
    sizes: Sequence[tuple[int, int]]
    floor: Counts
    minimum: Counts
    """To win."""
    value: Counts
    drawn: Floats
    """A number in [0, 1) for each, from its id."""

    def part(self, begin: int, end: int) -> "Auctions":
        """Return those between two places."""
        some = slice(begin, end)
        return Auctions(
            self.at[some],
            self.words[some],
            self.sizes[some],
            self.floor[some],
            self.minimum[some],
            self.value[some],
            self.drawn[some],
        )

    def joined(self, later: "Auctions") -> "Auctions":
        """Return these and later ones."""
        return Auctions(
            np.concatenate([self.at, later.at]),
            [*self.words, *later.words],
            [*self.sizes, *later.sizes],
            np.concatenate([self.floor, later.floor]),
            np.concatenate([self.minimum, later.minimum]),
            np.concatenate([self.value, later.value]),
            np.concatenate([self.drawn, later.drawn]),
        )

    def with_values(self, value: Counts) -> "Auctions":
        """Return the same as they are worth to somebody else; never below the floor."""
        return self._replace(value=np.maximum(value, self.floor))

    def surplus(self, prices: Counts) -> Counts:
        """Return what each auction leaves to whoever offers these prices."""
        return np.where(prices >= self.minimum, self.value - prices, 0)

    @property
    def oracle(self) -> float:
        """What is left to somebody who knows the minimum."""
        return float(np.maximum(self.value - self.minimum, 0).sum())


def raw() -> Auctions:
    """Read the log with all columns, by time. Raises `Missing` without the corpus."""
    found = []
    with lzma.open(
        _file("ml/ipinyou_raw_2821/imp.20131021.adv2821.limit1000.txt.xz"), "rt"
    ) as lines:
        for line in lines:
            row = line.rstrip("\n").split("\t")
            if len(row) != _COLUMNS:
                raise Missing(f"the log has rows of {len(row)} columns, not {_COLUMNS}")
            found.append(row)
    found.sort(key=lambda row: (row[1], row[0]))
    width, height = (np.array([int(row[at]) for row in found]) for at in (13, 14))
    floor, value, paid = (np.array([int(row[at]) for row in found]) * NANOS for at in (17, 19, 20))
    at = np.array([_seconds(row[1]) for row in found])
    words = [
        (
            row[8],
            "",
            "",
            band(int(row[17]) * NANOS),
            kind("banner", f"{row[13]}x{row[14]}"),
            row[9],
            row[12],
            int(seconds) // 3_600 % HOURS,
        )
        for row, seconds in zip(found, at.tolist(), strict=True)
    ]
    return Auctions(
        at,
        words,
        list(zip(width.tolist(), height.tolist(), strict=True)),
        floor,
        np.maximum(paid, floor),  # 0.2 % were paid below the floor: nobody may offer that
        value,
        np.array([_share(row[0]) for row in found]),
    )


def exchanges_only(name: str) -> Auctions:
    """Read `train` or `test` of the campaign of which only the exchange is logged.

    Worth 300 fen, what that campaign always bid. Raises `Missing` without the corpus.
    """
    with lzma.open(_file(f"ml/ipinyou_rtbcontrol_1458/{name}.txt.xz"), "rt") as lines:
        rows = [line.split() for line in lines]
    count = len(rows)
    nothing = np.zeros(count, np.int64)
    return Auctions(
        np.arange(count, dtype=np.float64) / 10,
        [(row[3], "", "", 0, "banner", "", "", 0) for row in rows],
        [(0, 0)] * count,
        nothing,
        np.array([int(row[1]) for row in rows]) * NANOS,
        nothing + 300 * NANOS,
        np.zeros(count),
    )


def told(auctions: Auctions) -> Evidence:
    """Return what is learned where every exchange tells what it took."""
    rows = Rows()
    for place, minimum in enumerate(auctions.minimum.tolist()):
        _put(rows, auctions, place, (minimum, minimum), minimum)
    return rows.evidence(Tally())


def heard(auctions: Auctions, prices: Counts, *, wins_told: bool) -> Evidence:
    """Return what a bidder learns who offered these prices, and was told what it took only of wins, or not at all."""
    rows = Rows()
    for place, price in enumerate(prices.tolist()):
        minimum, floor = int(auctions.minimum[place]), int(auctions.floor[place])
        if price < minimum:
            _put(rows, auctions, place, (float(price), np.inf), price)
        elif wins_told:
            _put(rows, auctions, place, (minimum, minimum), price)
        else:
            _put(rows, auctions, place, (min(floor, price) - 1, price), price)
    return rows.evidence(Tally())


def _put(
    rows: Rows, auctions: Auctions, place: int, bounds: tuple[float, float], price: int
) -> None:
    rows.put(
        auctions.words[place],
        at=float(auctions.at[place]),
        bounds=bounds,
        price=price,
        won=bool(np.isfinite(bounds[1])),
    )


def _seconds(stamp: str) -> float:
    """Return seconds since the epoch of `20131021182902623`."""
    found = datetime.strptime(stamp[:14], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    return found.timestamp() - _ZONE_S + int(stamp[14:]) / 1_000


def _share(name: str) -> float:
    return int(hashlib.sha256(name.encode()).hexdigest()[:8], 16) / 2**32


def _file(name: str) -> Path:
    root = os.environ.get("ADSERVER_CORPUS")
    path = Path(root or "", name)
    if not root or not path.exists():
        raise Missing("ADSERVER_CORPUS names no folder with the logged auctions")
    return path
