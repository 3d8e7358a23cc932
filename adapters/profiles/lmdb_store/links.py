"""Joining the ids of one person in LMDB; a link always leads to a person, never to another link."""

from collections.abc import Iterable
from functools import partial
from itertools import islice

from adapters.profiles.changing import joined, without_alias
from adapters.profiles.grants import GrantTable
from adapters.profiles.lmdb_store.shelf import Shelf
from adapters.profiles.lmdb_store.store import Decisions, Store
from adapters.profiles.record import EMPTY, Record
from adserver.domain.choices import Choices, strictest
from adserver.domain.person import PersonKey

BATCH = 10_000
MAX_ALIASES = 64
"""Of one person; the longest known go first. Nobody has so many: what has is no person."""

Pair = tuple[PersonKey, PersonKey]


def link(store: Store, pairs: Iterable[Pair]) -> int:
    """See `ports.Audiences`."""
    new = 0
    source = iter(pairs)
    while batch := list(islice(source, BATCH)):
        joining = _Joining(store, batch)
        store.change(joining.run)
        new += joining.new
    return new


class _Joining:
    """One batch of pairs."""

    def __init__(self, store: Store, pairs: list[Pair]) -> None:
        self._store = store
        self._pairs = pairs
        self._decided: dict[PersonKey, Choices] = {}
        self.new = 0

    def run(self, shelf: Shelf, decisions: Decisions) -> None:
        """Join all pairs."""
        self.new = 0
        self._decided = {}
        table = shelf.grants()
        for first, second in self._pairs:
            self._join(shelf, decisions, table, first, second)
        # Before the links are: nothing must be found under a link that an opt-out has not reached.
        self._store.decide(self._decided)

    def _join(
        self,
        shelf: Shelf,
        decisions: Decisions,
        table: GrantTable,
        first: PersonKey,
        second: PersonKey,
    ) -> None:
        root, before = shelf.root_of(first), shelf.root_of(second)
        if root == before:
            return
        everybody = {first, root, second}
        other = EMPTY
        if before == second:
            other = shelf.load(second)
            everybody.update(other.aliases)
        kept = [each for key in everybody if (each := self._choices(decisions, key)) is not None]
        if any(each.erased for each in kept):
            return  # They were forgotten: nobody may remember whose id it was.
        record = shelf.load(root)
        if kept:
            whole = strictest(tuple(kept))
            self._decided.update(dict.fromkeys({*everybody, *record.aliases}, whole))
            if whole.opted_out:
                return
        if before != second:
            # The id changed hands. What was known while it was the other's stays with them.
            shelf.save(before, without_alias(shelf.load(before), second))
        self._save(shelf, root, joined(record, second, other, partial(_is_unknown, table)))
        self.new += 1

    def _save(self, shelf: Shelf, root: PersonKey, record: Record) -> None:
        for lost in record.aliases[:-MAX_ALIASES]:
            shelf.transaction.delete(lost)
        record = Record(
            record.statements, record.touches, record.interests, record.aliases[-MAX_ALIASES:]
        )
        shelf.save(root, record)
        for alias in record.aliases:
            shelf.save_link(alias, root)

    def _choices(self, decisions: Decisions, key: PersonKey) -> Choices | None:
        return self._decided.get(key) or decisions.of(key)


def _is_unknown(table: GrantTable, grant: int, _day: int) -> bool:
    return table.get(grant) is None
