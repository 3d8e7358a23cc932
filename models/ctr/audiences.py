"""Which segments the persons of many rows were in, compactly; nothing where it is not known."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Audiences(NamedTuple):
    """Row r was in `vocabulary[member]` for the members from `starts[r]` to `starts[r + 1]`."""

    known: NDArray[np.bool_]
    """By row; False without permission, or where nobody is known."""
    starts: NDArray[np.int64]
    members: NDArray[np.int32]
    vocabulary: list[str]

    @classmethod
    def nobody(cls, rows: int) -> "Audiences":
        """Return what is known of persons where nothing is."""
        return cls(np.zeros(rows, bool), np.zeros(rows + 1, np.int64), np.zeros(0, np.int32), [])

    def take(self, rows: NDArray[np.intp]) -> "Audiences":
        """Return only these rows, in this order."""
        lengths = np.diff(self.starts)[rows]
        starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        within = np.arange(int(starts[-1])) - np.repeat(starts[:-1], lengths)
        members = self.members[np.repeat(self.starts[:-1][rows], lengths) + within]
        return Audiences(self.known[rows], starts, members, self.vocabulary)

    def frequent(self, until: int, most: int, least: int) -> tuple[str, ...]:
        """Return up to `most` segments of the rows before `until`, most frequent first, none in fewer than `least` rows."""
        members = self.members[: self.starts[until]]
        views = np.bincount(members, minlength=len(self.vocabulary))
        order = sorted(range(len(views)), key=lambda place: (-views[place], self.vocabulary[place]))
        return tuple(self.vocabulary[place] for place in order[:most] if views[place] >= least)

    def columns(self, segments: tuple[str, ...], slots: int) -> NDArray[np.float64]:
        """Return a row's membership of each segment: 1, 0, or NaN where it is not known; slots left over are NaN."""
        slot_of = {segment: slot for slot, segment in enumerate(segments)}
        slot = np.array([slot_of.get(each, slots) for each in self.vocabulary], np.int64)
        found = np.zeros((len(self.known), slots + 1))  # the last column takes what has no slot
        rows = np.repeat(np.arange(len(self.known)), np.diff(self.starts))
        found[rows, slot[self.members]] = 1.0
        found[~self.known] = np.nan
        found[:, len(segments) :] = np.nan
        return found[:, :slots]
