"""Changing many people's records at once, however many ids they have and whoever else is writing."""

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import NamedTuple

from adapters.profiles.changing import TOUCHES_S
from adapters.profiles.grants import GrantTable
from adapters.profiles.record import INTERESTS_S, Record
from adapters.profiles.redis_store.entry import Entry, Put
from adapters.profiles.redis_store.shelf import Shelf
from adserver.domain.person import PersonKey, Touch
from adserver.domain.week import DAY_S
from adserver.errors import Unavailable

ATTEMPTS = 20
"""So often it is tried again when another host changed the same person in between."""


class People(NamedTuple):
    """Some keys, and what lies under them and under those that they lead to."""

    entries: dict[PersonKey, Entry]

    def root_of(self, key: PersonKey) -> PersonKey:
        """Return whose id this is."""
        return self.entries[key].main or key

    def root(self, key: PersonKey) -> Entry:
        """Return the entry of the person whose id this is."""
        return self.entries[self.root_of(key)]

    def forbid(self, key: PersonKey) -> bool:
        """Tell whether whoever has this key opted out or was erased."""
        return self.entries[key].is_forbidden or self.root(key).is_forbidden

    def erased(self, key: PersonKey) -> bool:
        """Tell whether whoever has this key was forgotten."""
        both = (self.entries[key].choices, self.root(key).choices)
        return any(each is not None and each.erased for each in both)


def take(shelf: Shelf, keys: Collection[PersonKey], *, aliases: bool = False) -> People:
    """Return these people with their roots and, if wanted, all further ids. Raises `Unavailable`."""
    entries = shelf.take(list(keys))
    roots = {main for entry in entries.values() if (main := entry.main)} - entries.keys()
    if roots:
        entries |= shelf.take(list(roots))
    if aliases:
        further = {alias for entry in entries.values() for alias in entry.record.aliases}
        if further - entries.keys():
            entries |= shelf.take(list(further - entries.keys()))
    return People(entries)


def life_s(record: Record, table: GrantTable) -> int:
    """Return after how many seconds without a change nothing of a record may be used any more; 0 for never."""
    if record.aliases:
        return 0  # An erasure must find them, whenever it comes.
    grants = [table.get(each.grant) for each in record.statements]
    return DAY_S + max(
        (
            *(each.keep_days * DAY_S for each in grants if each is not None),
            TOUCHES_S if record.touches else 0,
            INTERESTS_S if record.interests else 0,
        )
    )


def edit(
    shelf: Shelf, table: GrantTable, keys: Iterable[PersonKey],
    changed: Callable[[PersonKey, Sequence[PersonKey], Record], Record],
    seen: Callable[[Sequence[PersonKey]], Sequence[Touch]] = lambda _: (), *, filling: bool = False,
) -> int:  # fmt: skip
    """Change the records of everybody behind these keys but those who opted out or were erased; return how many
    people that were. `changed` is given a person, those of the keys that are theirs, and their record;
    `seen` returns which contacts of these keys are to be written down. `filling` brings back what was known of those
    who opted out, too.

    Raises `Unavailable`; then a part may have been changed.
    """
    left = list(dict.fromkeys(keys))
    done = 0
    for _ in range(ATTEMPTS):
        if not left:
            return done
        people = take(shelf, left)
        by_root: dict[PersonKey, list[PersonKey]] = {}
        for key in left:
            if not people.erased(key) if filling else not people.forbid(key):
                by_root.setdefault(people.root_of(key), []).append(key)
        puts = []
        for root, theirs in by_root.items():
            entry = people.entries[root]
            record = changed(root, theirs, entry.record)
            life = life_s(record, table)
            puts.append(Put(entry, record=record, life_s=life, seen=seen(theirs)))
        failed = shelf.put(puts)
        done += len(puts) - len(failed)
        left = [key for each in failed for key in by_root[each.entry.person]]
    raise Unavailable(_contended(len(left)))


def insist(shelf: Shelf, puts: Callable[[], Iterable[Put]]) -> None:
    """Carry out changes that are computed anew until nobody else interferes. Raises `Unavailable`."""
    for _ in range(ATTEMPTS):
        if not shelf.put(list(puts())):
            return
    raise Unavailable(_contended(1))


def _contended(count: int) -> str:
    return f"profiles: {count} people were changed by others {ATTEMPTS} times in a row"
