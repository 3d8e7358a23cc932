"""What became of bids, from the event log: what each model said of impressions, and which were clicked."""

from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from adserver.errors import InvalidConfig
from models.events import Tally, corrections, lines, segments

MAX_IMPRESSIONS = 1_000_000
_UNWRITTEN_S = 3_600.0
"""A segment is closed by then; one that was last written before may be passed over."""

Floats = NDArray[np.float64]


class Outcomes(NamedTuple):
    """One row per impression that may be measured and learned from."""

    at: Floats
    """Of the bid, seconds since the epoch."""
    model: NDArray[np.int32]
    """Who decided: an index into `models`."""
    place: NDArray[np.int32]
    """An index into `places`."""
    predicted: Floats
    """The probability that was bid by."""
    correction: Floats
    """By what its odds had been multiplied."""
    clicked: NDArray[np.bool_]
    value: Floats
    """House nanos."""
    price: Floats
    shadow: NDArray[np.int32]
    """Who else was asked, or -1."""
    shadow_predicted: Floats
    models: list[str]
    places: list[tuple[str, str]]
    """Exchange and media."""
    bids: dict[str, int]
    """By model, whether shown or not."""


class _Line(msgspec.Struct):
    event: str = ""
    at: float = 0.0
    bid: str = ""
    exchange: str = ""
    media: str = ""
    model: str = ""
    p_click: float = 0.0
    correction: float = 1.0
    value: float = 0.0
    price: float = 0.0
    measured: bool = False
    trainable: bool = False
    invalid: str = ""


_LINE = msgspec.json.Decoder(_Line)


def read_outcomes(events: Path, since_s: float, *, until_s: float = float("inf")) -> Outcomes:
    """Read what was bid from `since_s` to `until_s`; of very many impressions the first. No log is an empty one.

    Raises `InvalidConfig` if the log cannot be read.
    """
    files = _recent(events, since_s)
    shown, clicked, shadows = _contacts(files, since_s)
    rows, bids = _Rows(), dict[str, int]()
    for line in _lines(files):
        if line.event == "bid" and since_s <= line.at < until_s:
            bids[line.model] = bids.get(line.model, 0) + 1
            if line.bid in shown:
                shown.discard(line.bid)
                rows.add(line, shadows.get(line.bid), clicked=line.bid in clicked)
    return rows.outcomes(bids)


def _recent(events: Path, since_s: float) -> list[Path]:
    try:
        found = segments(events)
    except InvalidConfig:
        if events.exists():
            return []
        raise
    return [file for file in found if file.stat().st_mtime >= since_s - _UNWRITTEN_S]


def _contacts(
    files: list[Path], since_s: float
) -> tuple[set[str], set[str], dict[str, tuple[str, float]]]:
    corrected = corrections(files)
    shown: set[str] = set()
    clicked: set[str] = set()
    shadows: dict[str, tuple[str, float]] = {}
    for line in _lines(files):
        if line.at < since_s or corrected.stands(line.invalid, line.at):
            continue
        if line.event == "impression" and len(shown) < MAX_IMPRESSIONS:
            shown.add(line.bid)
        elif line.event == "click":
            clicked.add(line.bid)
        elif line.event == "shadow":
            shadows[line.bid] = line.model, line.p_click
    return shown, clicked, shadows


def _lines(files: list[Path]) -> Iterator[_Line]:
    """Yield what models may learn from; damaged lines are counted by whoever trains."""
    for file in files:
        for text in lines(file, Tally()):
            try:
                line = _LINE.decode(text)
            except (ValueError, RecursionError):  # msgspec and bad UTF-8 raise the first
                continue
            if line.measured and line.trainable:
                yield line


class _Rows:
    """Rows as they are found, compact."""

    def __init__(self) -> None:
        self._floats = array("d")
        self._whole = array("i")
        self._models: dict[str, int] = {}
        self._places: dict[tuple[str, str], int] = {}

    def add(self, line: _Line, shadow: tuple[str, float] | None, *, clicked: bool) -> None:
        """Add an impression, unless its bid says what cannot be."""
        if not (0.0 < line.p_click < 1.0 and line.correction > 0.0):
            return
        models, place = self._models, (line.exchange, line.media)
        other, said = (
            (-1, 0.5) if shadow is None else (models.setdefault(shadow[0], len(models)), shadow[1])
        )
        if not 0.0 < said < 1.0:
            other, said = -1, 0.5
        self._floats.extend((line.at, line.p_click, line.correction, line.value, line.price, said))
        model = models.setdefault(line.model, len(models))
        where = self._places.setdefault(place, len(self._places))
        self._whole.extend((model, where, clicked, other))

    def outcomes(self, bids: dict[str, int]) -> Outcomes:
        """Return all rows."""
        floats = np.array(self._floats).reshape(-1, 6)
        whole = np.array(self._whole, np.int32).reshape(-1, 4)
        return Outcomes(
            at=floats[:, 0],
            model=whole[:, 0],
            place=whole[:, 1],
            predicted=floats[:, 1],
            correction=floats[:, 2],
            clicked=whole[:, 2].astype(bool),
            value=floats[:, 3],
            price=floats[:, 4],
            shadow=whole[:, 3],
            shadow_predicted=floats[:, 5],
            models=list(self._models),
            places=list(self._places),
            bids=bids,
        )
