"""Impressions with what was known when we bid on them, and whether a click followed."""

import math
from array import array
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from models.ctr.features import NUMBERS, WORDS, BidEvent, numbers, words
from models.events import Head, Tally, corrections, lines, segments

Progress = Callable[[str, float], None]
"""Called with what is being done and how much of it is, 0 to 1."""
Floats = NDArray[np.float64]
Codes = NDArray[np.int32]

MAX_ROWS = 500_000
_CONTACTS = frozenset({"impression", "click"})
_HEAD = msgspec.json.Decoder(Head)
_BID = msgspec.json.Decoder(BidEvent)


@dataclass(frozen=True)
class Dataset:
    """One row per impression that may be measured and learned from, by time of the bid."""

    at: Floats
    clicked_at: Floats
    """Seconds since the epoch; infinite where no click followed."""
    words: Codes
    """Per row and column of `WORDS`: the position in that column's vocabulary."""
    vocabularies: tuple[list[str], ...]
    numbers: Floats
    tally: Tally
    invalid: int
    """Impressions and clicks that a rule calls invalid: not in the rows."""
    without_bid: int
    """Impressions whose bid event was dropped or lies outside the log: not in the rows."""
    immature: int
    """Impressions too recent to know that no click will follow: not in the rows."""

    @property
    def clicked(self) -> NDArray[np.bool_]:
        """Whether a click followed, per row."""
        return np.isfinite(self.clicked_at)


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
    rows = _Rows()
    for done, file in enumerate(files):
        on_progress("reading bids", done / len(files))
        for line in lines(file, Tally()):  # the first pass has counted
            head = _head(line)
            if head and head.teaches and head.event == "bid" and shown.pop(head.bid) is not None:
                clicked_at = clicks.pop(head.bid)
                if not rows.add(line, math.inf if clicked_at is None else clicked_at):
                    tally.damaged += 1
    return rows.dataset(
        tally, invalid=invalid, without_bid=len(shown), newest=newest - mature_s, limit=max_rows
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


class _Rows:
    """Rows as they are found, compact: words as numbers of first sight."""

    def __init__(self) -> None:
        self._at = array("d")
        self._clicked_at = array("d")
        self._words = array("i")
        self._numbers = array("d")
        self._vocabularies: tuple[dict[str, int], ...] = tuple({} for _ in WORDS)

    def add(self, line: bytes, clicked_at: float) -> bool:
        """Add a row; return False if the line is not the bid event that it should be."""
        try:
            bid = _BID.decode(line)
        except (ValueError, RecursionError):
            return False
        self._at.append(bid.at)
        self._clicked_at.append(clicked_at)
        for word, vocabulary in zip(words(bid), self._vocabularies, strict=True):
            self._words.append(vocabulary.setdefault(word, len(vocabulary)))
        self._numbers.extend(numbers(bid.hour_of_week, bid.position, bid.segments, bid.floor))
        return True

    def dataset(
        self, tally: Tally, *, invalid: int, without_bid: int, newest: float, limit: int
    ) -> Dataset:
        """Return the latest `limit` rows up to `newest`, by time."""
        at = np.array(self._at)
        order = np.argsort(at, kind="stable")
        mature = order[at[order] <= newest]
        chosen = mature[-limit:]
        return Dataset(
            at=at[chosen],
            clicked_at=np.array(self._clicked_at)[chosen],
            words=np.array(self._words, np.int32).reshape(-1, len(WORDS))[chosen],
            vocabularies=tuple(list(vocabulary) for vocabulary in self._vocabularies),
            numbers=np.array(self._numbers).reshape(-1, len(NUMBERS))[chosen],
            tally=tally,
            invalid=invalid,
            without_bid=without_bid,
            immature=len(order) - len(mature),
        )
