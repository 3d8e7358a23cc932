"""Predicted beside actual clicks: per slice of what is served, and per height of the prediction."""

from collections.abc import Callable
from math import sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.ctr.dataset import Dataset, Floats

SLICED = ("exchange", "media", "inventory_type", "device_type", "country", "publication", "hour")
_MOST, _LEAST_PREDICTED = 12, 3.0
_Z = 1.96


class Slice(NamedTuple):
    """Some impressions that have something in common."""

    column: str
    name: str
    impressions: int
    predicted: float
    """Clicks."""
    clicks: int

    @property
    def ratio(self) -> float:
        """Return clicks predicted per click that happened; infinite where none did."""
        return self.predicted / self.clicks if self.clicks else float("inf")

    @property
    def inside(self) -> bool:
        """Return whether the clicks are what chance may make of the prediction: 95 % of Poisson's law."""
        low, high = poisson(self.clicks)
        return low <= self.predicted <= high


class Step(NamedTuple):
    """Impressions of about the same predicted probability."""

    predicted: float
    """On the average."""
    rate: float
    low: float
    """Where the true rate lies, 95 %."""
    high: float
    impressions: int


def slices(data: Dataset, rows: NDArray[np.intp], predicted: Floats) -> list[Slice]:
    """Return the largest slices of these rows, by each of `SLICED` that the table has; tiny ones are left out."""
    clicked = data.clicked[rows]
    found = [Slice("all", "all", len(rows), float(predicted.sum()), int(clicked.sum()))]
    for column in SLICED:
        found += _of_column(column, data, rows, predicted, clicked)
    return found


def _of_column(
    column: str,
    data: Dataset,
    rows: NDArray[np.intp],
    predicted: Floats,
    clicked: NDArray[np.bool_],
) -> list[Slice]:
    schema = data.schema
    if column in schema.words:
        place = schema.words.index(column)
        seen, names = data.words[rows, place], data.vocabularies[place]
    elif column in schema.numbers:
        values = data.numbers[rows, schema.numbers.index(column)]
        known, seen = np.unique(values[~np.isnan(values)], return_inverse=True)
        if len(seen) < len(rows):
            return []
        names = [f"{value:g}" for value in known.tolist()]
    else:
        return []
    views = np.bincount(seen, minlength=len(names))
    expected = np.bincount(seen, predicted, len(names))
    clicks = np.bincount(seen, clicked, len(names))
    order = np.argsort(-expected, kind="stable")[:_MOST]
    if column == "hour":
        order = np.sort(np.argsort(-expected, kind="stable")[:24])
    return [
        Slice(column, names[at] or "not said", int(views[at]), float(expected[at]), int(clicks[at]))
        for at in order.tolist()
        if expected[at] >= _LEAST_PREDICTED
    ]


def reliability(predicted: Floats, clicked: NDArray[np.bool_], steps: int = 10) -> list[Step]:
    """Return steps of as many impressions each, lowest predictions first; few clicks make fewer steps."""
    count = max(1, min(steps, int(clicked.sum()) // 5))
    parts = np.array_split(np.argsort(predicted, kind="stable"), count)
    found = []
    for part in parts:
        rate = float(clicked[part].mean())
        low, high = wilson(int(clicked[part].sum()), len(part))
        found.append(Step(float(predicted[part].mean()), rate, low, high, len(part)))
    return found


def wilson(hits: int, tries: int) -> tuple[float, float]:
    """Return the 95 % interval of a rate (Wilson 1927)."""
    rate, spread = hits / tries, _Z**2 / tries
    middle = (rate + spread / 2) / (1 + spread)
    half = _Z * sqrt(rate * (1 - rate) / tries + spread / (4 * tries)) / (1 + spread)
    return max(0.0, min(rate, middle - half)), min(1.0, max(rate, middle + half))


def poisson(clicks: int) -> tuple[float, float]:
    """Return the exact 95 % interval of the mean behind a count, by halving (Garwood 1936)."""
    low = 0.0 if clicks == 0 else _root(lambda mean: 1.0 - _below(clicks, mean), 0.025, clicks)
    return low, _root(lambda mean: 1.0 - _below(clicks + 1, mean), 0.975, clicks)


def _below(clicks: int, mean: float) -> float:
    """Return how probable fewer than `clicks` are."""
    if clicks <= 0:
        return 0.0
    numbers = np.arange(clicks, dtype=np.float64)
    logs = numbers * np.log(max(mean, 1e-300)) - mean
    logs[1:] -= np.cumsum(np.log(numbers[1:]))
    return float(np.exp(logs).sum())


def _root(rising: Callable[[float], float], wanted: float, clicks: int) -> float:
    low, high = 0.0, 2.0 * clicks + 20.0
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < wanted else (low, middle)
    return low
