"""The linear stage at serving time: its column for all candidates of an opportunity, as `affinity.apply` finds it for logged rows.

What a candidate weighs in each context is a row of a table, made when it is first met; a context is the places to look at, the same for
all candidates: one look-up in the table takes them all.
"""

from collections.abc import Mapping, Sequence
from math import floor, nan

import numpy as np

from adserver.domain.candidate import Candidate
from adserver.domain.week import HOURS_PER_WEEK
from models.ctr.features import MEDIA, learned_size
from models.ctr.weights import CROSSED, CROSSING, GRAIN, HOURS, MAX_CONTACTS, Affinity, bucket

BATCH = 64
"""How many candidates are scored at once; more go in several batches."""
ROOM, ROOM_BYTES = 4_096, 24_000_000
"""Candidates whose rows are kept at most; when full, that starts anew."""
_OWN, NOWHERE = 0, 1
"""Places of a row: the candidate's own log odds, and what never weighs anything."""


class Linear:
    """What contexts weigh, by word; and, for the context that was begun, the column of its candidates."""

    def __init__(self, affinity: Affinity) -> None:
        self._affinity = affinity
        self._places = _places(affinity)
        self.base = affinity.base
        self.by_contacts = self._counted("contacts")
        self._by_line_item_contacts = self._counted("line_item_contacts")
        self._width = 2 + sum(map(len, self._places.values()))
        self._most = max(min(ROOM, ROOM_BYTES // (8 * self._width)), BATCH)
        self._rows = np.zeros(self._most * self._width)
        self._row_of: dict[Candidate, int] = {}
        """Where a candidate's row begins."""
        self._begun = 0.0
        self._seen = np.zeros(1, np.int64)

    def weight(self, column: str, word: str) -> float:
        """Return what a word of the context weighs for all candidates."""
        return self._affinity.weights.get(column, {}).get(word, 0.0)

    def place(self, column: str, word: str) -> int:
        """Return where candidates' rows say what a word of the context weighs for them, or `NOWHERE`."""
        return self._places.get(column, {}).get(word, NOWHERE)

    def words(self, column: str) -> set[str]:
        """Return the words of the context that weigh anything."""
        weighed = self._affinity.weights.get(column, {})
        return {*weighed, *self._places.get(column, {})}

    def hours(self, country: str) -> list[tuple[float, int]]:
        """Return by hour of the week what it weighs in a country, and the place of its local hour."""
        turn = self._affinity.turns.get(country, 0)
        return [
            (
                self.weight("hour", str(hour % HOURS))
                + self.weight("weekday", str(hour // HOURS))
                + self.weight("country_hour", f"{country}/{hour % HOURS}"),
                self.place("local_hour", str((hour + turn) % HOURS)),
            )
            for hour in range(HOURS_PER_WEEK)
        ]

    def begin(self, weight: float, places: list[int]) -> None:
        """Take what a context weighs for all, and where candidates' rows say what it weighs for them."""
        self._begun = weight
        places.append(_OWN)
        self._seen = np.array(places)

    def affinities(self, candidates: Sequence[Candidate], contacts: Sequence[float]) -> list[float]:
        """Return the column for candidates of the context that was begun; `contacts` are those with their line items, or NaN."""
        known, begun, weighed = self._row_of, self._begun, self._by_line_item_contacts
        if len(known) + len(candidates) > self._most:
            known.clear()
        try:
            rows = [known[each] for each in candidates]
        except KeyError:  # somebody is met for the first time
            rows = [self._remember(each) for each in candidates]
        found = np.add.reduce(self._rows.take(np.add.outer(rows, self._seen)), 1).tolist()
        return [
            floor((begun + each + weighed[seen]) * GRAIN + 0.5) / GRAIN
            for each, seen in zip(found, contacts, strict=True)
        ]

    def _counted(self, column: str) -> "_Counted":
        found = _Counted()
        for contacts in (nan, *map(float, range(MAX_CONTACTS + 1))):
            found[contacts] = self.weight(column, str(bucket(contacts)))
        return found

    def _remember(self, candidate: Candidate) -> int:
        start = self._row_of.get(candidate)
        if start is not None:
            return start
        start = self._row_of[candidate] = len(self._row_of) * self._width
        row = self._rows[start : start + self._width]
        row[:] = 0.0
        creative = candidate.creative
        row[_OWN] = (
            self.weight("media", MEDIA[type(creative)])
            + self.weight("size", learned_size(creative))
            + self.weight("advertiser", candidate.advertiser)
            + self.weight("line_item", candidate.line_item)
            + self.weight("creative", creative.id)
        )
        words = (candidate.advertiser, candidate.line_item)
        for crossing, word in zip(CROSSING, words, strict=True):
            for column, table in self._affinity.crosses.get(crossing, {}).get(word, {}).items():
                places = self._places[column]
                for name, weight in table.items():
                    row[places[name]] += weight
        return start


class _Counted(dict[float, float]):
    """Weights by number of contacts; what is not in it is NaN, of which no two are equal."""

    def __missing__(self, contacts: float) -> float:
        return self[nan]


def _places(affinity: Affinity) -> Mapping[str, dict[str, int]]:
    """Return the place in a row of every word of a context that any candidate is crossed with."""
    places: dict[str, dict[str, int]] = {column: {} for column in CROSSED}
    free = NOWHERE + 1
    for words in affinity.crosses.values():
        for tables in words.values():
            for column, table in tables.items():
                for name in table:
                    if name not in places[column]:
                        places[column][name] = free
                        free += 1
    return places
