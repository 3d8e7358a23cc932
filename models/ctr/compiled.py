"""The click model without LightGBM: all candidates of an opportunity in a dozen array operations.

What a context leaves open of each tree is found once for all its candidates, what a candidate leaves open is remembered;
what both do is a leaf of each tree. Not for several threads at once: an instance owns its scratch space. Import after the process
has forked, or with OPENBLAS_NUM_THREADS=1: numpy's linear algebra, not used here, starts a thread at once.
"""

from collections.abc import Callable, Sequence
from operator import add, itemgetter
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from adserver.domain.candidate import Candidate
from adserver.domain.opportunity import Auction, Opportunity
from models.ctr.columns import Column, Sets
from models.ctr.encoder import Encoder
from models.ctr.features import AFFINITY, COLUMNS, CONTEXT, SERVED
from models.ctr.linear import BATCH
from models.ctr.probability import Calibration
from models.ctr.spread import breadth

SLOTS, CANDIDATES = 4_096, 65_536
"""So many different kinds of candidates, to the trees, and so many candidates are remembered, a kind with what it leaves open (8 B a
tree); when full, remembering starts anew.
"""
ROOM, ROOM_BYTES = 4_096, 24_000_000
"""Rows of contexts that are remembered at most, likewise."""
BESIDE = 8
"""So many columns of segments are one row: 257 there can be."""
_TOGETHER = (
    ("exchange", "device_type", "os", "browser", "inventory_type"),
    ("country", "region"),
    ("publication", "publication_rate"),
    ("tag", "tag_rate"),
    ("category", "position", "weather"),
    ("hour", "weekday"),
    *(SERVED.segments[first : first + BESIDE] for first in range(0, SERVED.slots, BESIDE)),
)
"""Columns of the context whose values often come together: what they leave open together is one row."""
_NUMBERS = len(SERVED.candidate_numbers)
_EXPONENT_SHIFT, _EXPONENT_BIAS = 52, 1_023  # of an IEEE double


_Known = dict[Any, NDArray[Any]]
"""Rows by the values, or the interval, that they are for."""


class Trees(Protocol):
    """Trees in a form in which what is left open can be found: `Forest` or `Counters`."""

    columns: list[Column | None]
    leaves: NDArray[np.float64]
    """Log odds by tree and leaf."""

    def room(self, rows: int) -> NDArray[Any]:
        """Return a table for so many rows."""

    def join(self, rows: Sequence[int], out: NDArray[Any]) -> None:
        """Write what several rows of different columns leave open, as one row."""

    def reached(self, rows: Sequence[NDArray[Any]], out: Sets) -> None:
        """Write the sets of leaves that all of these (joined) rows leave open."""


class CompiledModel:
    """LightGBM's trees in another form; equal to LightGBM's own answers."""

    def __init__(self, name: str, trees: Trees, encoder: Encoder, calibration: Calibration) -> None:
        self.name = name
        self._trees = trees
        self._encoder = encoder
        self._calibration = calibration
        self.breadth = breadth(encoder.spread)
        count, width = trees.leaves.shape
        self._leaves = trees.leaves.ravel()
        # A set of one leaf, as a double, has that leaf's number as its exponent.
        self._offsets = np.arange(count) * width - _EXPONENT_BIAS
        self._seen = _Context(trees)
        self._of_candidates = trees.columns[len(CONTEXT) : -_NUMBERS]
        self._of_contacts, begins = trees.columns[-_NUMBERS:]
        if begins is not None:
            raise ValueError(f"its trees split `{AFFINITY}`, where they begin")
        self._by_contacts = _table(trees, self._of_contacts)
        self._alone = trees.room(1)
        self._remembered = np.empty((SLOTS, count), np.int64)
        self._known: dict[Candidate, int] = {}
        """Slots, by candidate."""
        self._slots: dict[tuple[int, ...], int] = {}
        """The same by the rows of a candidate's columns."""
        self._scratch: dict[int, _Scratch] = {}

    def click_probabilities(
        self,
        auction: Auction,
        opportunity: Opportunity,
        candidates: Sequence[Candidate],
        now_s: float,
    ) -> list[float]:
        """Return one calibrated probability per candidate, in order."""
        if not candidates:
            return []
        context = self._seen.sets(self._encoder.context(auction, opportunity, now_s))
        log_odds: list[float] = []
        for start in range(0, len(candidates), BATCH):
            batch = candidates[start : start + BATCH]
            scratch = self._scratch_for(len(batch))
            self._remembered.take(self._remember(batch), 0, scratch.sets, "clip")
            contacts, begins = self._encoder.numbers(auction, batch)
            trees = self._sums(scratch, self._narrowed(scratch, context, contacts))
            log_odds += trees if begins is None else map(add, trees, begins)
        return self._calibration.probabilities(log_odds)

    def log_odds(
        self, context: Sequence[float], candidates: Sequence[Sequence[float]]
    ) -> list[float]:
        """Return what the trees add up to for values of `COLUMNS`, at most `BATCH` candidates."""
        found = self._seen.sets(context)
        scratch = self._scratch_for(len(candidates))
        for sets, values in zip(scratch.sets, candidates, strict=True):
            self._open(self._rows(values[:-_NUMBERS]), sets)
        contacts = [values[-_NUMBERS] for values in candidates]
        return self._sums(scratch, self._narrowed(scratch, found, contacts))

    def _remember(self, candidates: Sequence[Candidate]) -> list[int]:
        known = self._known
        if len(self._slots) + len(candidates) > SLOTS or len(known) + len(candidates) > CANDIDATES:
            self._slots.clear()
            known.clear()
        try:
            return [known[each] for each in candidates]
        except KeyError:  # somebody is met for the first time
            return [self._slot_of(each) for each in candidates]

    def _slot_of(self, candidate: Candidate) -> int:
        slot = self._known.get(candidate)
        if slot is None:
            slot = self._known[candidate] = self._slot(self._encoder.candidate(candidate))
        return slot

    def _slot(self, values: Sequence[float]) -> int:
        """Return where it is remembered what such a candidate leaves open: often the same as others, to the trees."""
        rows = self._rows(values)
        slot = self._slots.get(rows)
        if slot is None:
            slot = self._slots[rows] = len(self._slots)
            self._open(rows, self._remembered[slot])
        return slot

    def _rows(self, values: Sequence[float]) -> tuple[int, ...]:
        pairs = zip(self._of_candidates, values, strict=True)
        return tuple([column.row(value) for column, value in pairs if column is not None])

    def _open(self, rows: Sequence[int], out: Sets) -> None:
        """Write what a candidate alone leaves open."""
        (row,) = self._alone
        self._trees.join(rows, row)
        self._trees.reached([row], out)

    def _narrowed(self, scratch: "_Scratch", context: Sets, contacts: Sequence[float]) -> Sets:
        """Return what the context and the contacts with the candidates' line items leave open: for all at once, or for each."""
        column, table = self._of_contacts, self._by_contacts
        if column is None:
            return context
        row, start = column.row, column.start
        if contacts.count(contacts[0]) == len(contacts):  # mostly they are all none, or not known
            np.bitwise_and(context, table[row(contacts[0]) - start], scratch.narrowed)
            return scratch.narrowed
        table.take([row(each) - start for each in contacts], 0, scratch.others, "clip")
        np.bitwise_and(context, scratch.others, scratch.others)
        return scratch.others

    def _sums(self, scratch: "_Scratch", others: Sets) -> list[float]:
        """Return the sum of the leaves that both these and the candidates in `scratch` leave open."""
        np.bitwise_and(scratch.sets, others, scratch.sets)
        np.copyto(scratch.doubles, scratch.sets)
        np.right_shift(scratch.bits, _EXPONENT_SHIFT, scratch.bits)
        np.add(scratch.bits, self._offsets, scratch.bits)
        self._leaves.take(scratch.bits, 0, scratch.reached, "clip")
        return np.add.reduce(scratch.reached, 1).tolist()  # type: ignore[no-any-return]  # numpy says Any

    def _scratch_for(self, count: int) -> "_Scratch":
        scratch = self._scratch.get(count)
        if scratch is None:
            scratch = self._scratch[count] = _Scratch.of(count, len(self._offsets))
        return scratch


class _Context:
    """Finds what a context leaves open: its rows are made when they are first met, and remembered."""

    def __init__(self, trees: Trees) -> None:
        self._trees = trees
        asked = {
            name: (place, column)
            for place, (name, column) in enumerate(zip(COLUMNS, trees.columns, strict=True))
            if column is not None and place < len(CONTEXT)
        }
        self._joined: list[
            tuple[Callable[[Sequence[float]], Any], list[tuple[int, Column]], _Known]
        ]
        self._joined = []
        for names in _TOGETHER:
            members = [asked.pop(name) for name in names if name in asked]
            if len(members) == 1:
                asked[names[0]] = members[0]  # by any name that is free
            elif members:
                self._joined.append((itemgetter(*[place for place, _ in members]), members, {}))
        self._single: list[tuple[int, Callable[[float], int], _Known]]
        self._single = [(place, column.row, {}) for place, column in asked.values()]
        count = len(self._single) + len(self._joined)
        (self._none,) = trees.room(1)
        trees.join((), self._none)
        room = max(min(ROOM, ROOM_BYTES // self._none.nbytes), 2 * count)
        self._table = trees.room(room)
        self._sets = np.empty(len(trees.leaves), np.int64)
        self._used, self._most = 0, room - count

    def sets(self, values: Sequence[float]) -> Sets:
        """Return, for values of `CONTEXT`, the leaves left open of each tree; overwritten by the next call."""
        if self._used > self._most:
            self._forget()
        rows = []
        for place, row, known in self._single:
            key = row(values[place])
            found = known.get(key)
            rows.append(self._make(known, key, [key]) if found is None else found)
        for pick, members, known in self._joined:
            several = pick(values)
            found = known.get(several)
            if found is None:
                asked = [column.row(values[place]) for place, column in members]
                found = self._make(known, several, asked)
            rows.append(found)
        self._trees.reached(rows or [self._none], self._sets)
        return self._sets

    def _make(self, known: _Known, key: Any, rows: Sequence[int]) -> NDArray[Any]:
        row: NDArray[Any] = self._table[self._used]
        self._used += 1
        self._trees.join(rows, row)
        known[key] = row
        return row

    def _forget(self) -> None:
        self._used = 0
        for *_, known in (*self._single, *self._joined):
            known.clear()


def _table(trees: Trees, column: Column | None) -> Sets:
    """Return what each row of a column leaves open, where it is not remembered with the candidate."""
    found: Sets = np.empty((0 if column is None else column.size, len(trees.leaves)), np.int64)
    if column is not None:
        (row,) = trees.room(1)
        for place, sets in enumerate(found):
            trees.join([column.start + place], row)
            trees.reached([row], sets)
    return found


class _Scratch(NamedTuple):
    """Arrays of one row per candidate and one column per tree, made once for each count."""

    sets: Sets
    others: Sets
    narrowed: Sets
    """One row for all."""
    doubles: NDArray[np.float64]
    bits: Sets
    """The same memory as `doubles`."""
    reached: NDArray[np.float64]

    @classmethod
    def of(cls, count: int, trees: int) -> "_Scratch":
        doubles = np.empty((count, trees))
        return cls(
            np.empty((count, trees), np.int64),
            np.empty((count, trees), np.int64),
            np.empty(trees, np.int64),
            doubles,
            doubles.view(np.int64),
            np.empty_like(doubles),
        )
