"""Impressions with what was known when we bid on them, and whether a click followed."""

import math
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from models.ctr.audiences import Audiences
from models.ctr.features import SERVED, Schema
from models.ctr.rows import Rows
from models.events import Head, Tally, corrections, lines, segments
from models.progress import Progress

Floats = NDArray[np.float64]
Codes = NDArray[np.int32]

MAX_ROWS = 2_000_000
_CONTACTS = frozenset({"impression", "click"})
_HEAD = msgspec.json.Decoder(Head)


@dataclass(frozen=True)
class Dataset:
    """One row per impression that may be measured and learned from, by time of the bid."""

    at: Floats
    clicked_at: Floats
    """Seconds since the epoch; infinite where no click followed."""
    words: Codes
    """Per row and column of the schema's words: the position in that column's vocabulary."""
    vocabularies: tuple[list[str], ...]
    numbers: Floats
    """Per row and column of the schema's numbers; NaN: not known."""
    audiences: Audiences
    tally: Tally
    invalid: int = 0
    """Impressions and clicks that a rule calls invalid: not in the rows."""
    without_bid: int = 0
    """Impressions whose bid event was dropped or lies outside the log: not in the rows."""
    immature: int = 0
    """Impressions too recent to know that no click will follow: not in the rows."""
    schema: Schema = SERVED

    @property
    def clicked(self) -> NDArray[np.bool_]:
        """Whether a click followed, per row."""
        return np.isfinite(self.clicked_at)

    def take(self, rows: NDArray[np.intp]) -> "Dataset":
        """Return only these rows, in this order; what was counted while reading stays."""
        return replace(
            self,
            at=self.at[rows],
            clicked_at=self.clicked_at[rows],
            words=self.words[rows],
            numbers=self.numbers[rows],
            audiences=self.audiences.take(rows),
        )


def read(
    path: Path, *, max_rows: int = MAX_ROWS, mature_s: float = 60.0, on_progress: Progress
) -> Dataset:
    """Read a folder of event segments, or one; of more than `max_rows` impressions the latest.

    Impressions of the last `mature_s` seconds are left out: their clicks may still come. Memory
    is bounded by `max_rows`, not by the log. Raises `InvalidConfig` if the log cannot be read.
    """
    files = segments(path)
    tally = Tally()
    shown, clicks = _Latest(max_rows), _Latest(max_rows)
    newest, invalid = 0.0, 0
    corrected = corrections(files)
    for done, file in enumerate(files):
        on_progress("reading impressions and clicks", done / len(files))
        for line in lines(file, tally):
            if (head := _head(line)) is None:
                tally.damaged += 1
            elif head.teaches and head.event in _CONTACTS:
                if corrected.stands(head.invalid, head.at):
                    invalid += 1
                    continue
                (shown if head.event == "impression" else clicks).add(head.bid, head.at)
                newest = max(newest, head.at)
    rows = Rows()
    for done, file in enumerate(files):
        on_progress("reading bids", done / len(files))
        for line in lines(file, Tally()):  # the first pass has counted
            head = _head(line)
            if head and head.teaches and head.event == "bid" and shown.pop(head.bid) is not None:
                clicked_at = clicks.pop(head.bid)
                if not rows.add(line, math.inf if clicked_at is None else clicked_at):
                    tally.damaged += 1
    return dataset(
        rows,
        tally,
        invalid=invalid,
        without_bid=len(shown),
        newest=newest - mature_s,
        limit=max_rows,
    )


def dataset(
    rows: Rows,
    tally: Tally,
    *,
    invalid: int = 0,
    without_bid: int = 0,
    newest: float = math.inf,
    limit: int = MAX_ROWS,
) -> Dataset:
    """Return the latest `limit` of the rows up to the time `newest`, by time."""
    found = rows.arrays()
    order = np.argsort(found.at, kind="stable")
    mature = order[found.at[order] <= newest]
    chosen = mature[-limit:]
    return Dataset(
        at=found.at[chosen],
        clicked_at=found.followed_at[chosen],
        words=found.words[chosen],
        vocabularies=found.vocabularies,
        numbers=found.numbers[chosen],
        audiences=found.audiences.take(chosen),
        tally=tally,
        invalid=invalid,
        without_bid=without_bid,
        immature=len(order) - len(mature),
    )


def _head(line: bytes) -> Head | None:
    try:
        return _HEAD.decode(line)
    except (ValueError, RecursionError):  # msgspec and bad UTF-8 raise the first
        return None


class _Latest:
    """When something first happened to each bid: the latest bids, one to two times `limit`."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._recent: dict[str, float] = {}
        self._older: dict[str, float] = {}

    def add(self, bid: str, at: float) -> None:
        generation = self._older if bid in self._older else self._recent
        generation[bid] = min(at, generation.get(bid, at))
        if len(self._recent) >= self._limit:
            self._older, self._recent = self._recent, {}

    def pop(self, bid: str) -> float | None:
        found = self._recent.pop(bid, None)
        return self._older.pop(bid, None) if found is None else found

    def __len__(self) -> int:
        return len(self._recent) + len(self._older)
