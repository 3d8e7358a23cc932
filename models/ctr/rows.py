"""Logged bids collected into arrays, compactly: words as numbers of first sight."""

from array import array
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from models.ctr.audiences import Audiences
from models.ctr.features import NUMBERS, WORDS, BidEvent, numbers, words

_BID = msgspec.json.Decoder(BidEvent)


class Arrays(NamedTuple):
    """Rows in the order in which they were added."""

    at: NDArray[np.float64]
    followed_at: NDArray[np.float64]
    words: NDArray[np.int32]
    vocabularies: tuple[list[str], ...]
    numbers: NDArray[np.float64]
    audiences: Audiences


class Rows:
    """Rows of `SERVED` as they are found, with when what they are learned for followed."""

    def __init__(self) -> None:
        self._at = array("d")
        self._followed_at = array("d")
        self._words = array("i")
        self._numbers = array("d")
        self._vocabularies: tuple[dict[str, int], ...] = tuple({} for _ in WORDS)
        self._known = array("b")
        self._ends = array("q", [0])
        self._members = array("i")
        self._segments: dict[str, int] = {}

    def add(self, line: bytes, followed_at: float) -> bool:
        """Add a row, `followed_at` infinite if nothing did; return False if the line is not the bid event that it should be."""
        try:
            bid = _BID.decode(line)
        except (ValueError, RecursionError):
            return False
        self._at.append(bid.at)
        self._followed_at.append(followed_at)
        for word, vocabulary in zip(words(bid), self._vocabularies, strict=True):
            self._words.append(vocabulary.setdefault(word, len(vocabulary)))
        self._numbers.extend(numbers(bid))
        self._known.append(bid.audience is not None)
        for segment in bid.audience or ():
            self._members.append(self._segments.setdefault(segment, len(self._segments)))
        self._ends.append(len(self._members))
        return True

    def arrays(self) -> Arrays:
        """Return all rows."""
        return Arrays(
            np.array(self._at),
            np.array(self._followed_at),
            np.array(self._words, np.int32).reshape(-1, len(WORDS)),
            tuple(list(vocabulary) for vocabulary in self._vocabularies),
            np.array(self._numbers).reshape(-1, len(NUMBERS)),
            Audiences(
                np.array(self._known, bool),
                np.array(self._ends, np.int64),
                np.array(self._members, np.int32),
                list(self._segments),
            ),
        )
