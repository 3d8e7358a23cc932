"""Joining the ids of one person in Redis; a link always leads to a person, never to another link.

A pair takes several steps in several slots, in an order that is safe to stop after any: choices first, then the whole
record, then the links. Until its link stands, an id is looked up as it was; done again, it ends the same.
"""

from collections.abc import Iterator

from msgspec.structs import replace

from adapters.profiles.changing import joined, without_alias
from adapters.profiles.record import EMPTY
from adapters.profiles.redis_store.editing import People, insist, life_s, take
from adapters.profiles.redis_store.entry import Put
from adapters.profiles.redis_store.shelf import Shelf
from adserver.domain.choices import Choices, strictest
from adserver.domain.person import PersonKey

MAX_ALIASES = 64
"""Of one person; the longest known go first. Nobody has so many: what has is no person."""


def join(shelf: Shelf, first: PersonKey, second: PersonKey) -> bool:
    """Make `first` the person of `second`; tell whether that was new. Raises `Unavailable`."""
    people = take(shelf, (first, second), aliases=True)
    root = people.root_of(first)
    if root == people.root_of(second):
        return False
    if not _agreed(shelf, first, second):
        return False
    _move(shelf, root, second)
    return True


def _agreed(shelf: Shelf, first: PersonKey, second: PersonKey) -> bool:
    """Give everybody the strictest of their choices; tell whether these allow joining."""
    verdict = True

    def puts() -> Iterator[Put]:
        nonlocal verdict
        people = take(shelf, (first, second), aliases=True)
        everybody = _everybody(people, first, second)
        kept = [each for key in everybody if (each := people.entries[key].choices) is not None]
        whole = strictest(tuple(kept)) if kept else None
        # Of the forgotten nobody may remember whose id it was; to who opted out nothing is added.
        verdict = whole is None or not whole.refuses
        if whole is not None and not whole.erased:
            yield from _where_new(people, everybody, whole)

    insist(shelf, puts)
    return verdict


def _everybody(people: People, first: PersonKey, second: PersonKey) -> list[PersonKey]:
    root = people.root(first)
    of_second = people.entries[second]
    return list(
        dict.fromkeys((first, root.person, *root.record.aliases, second, *of_second.record.aliases))
    )


def _where_new(people: People, keys: list[PersonKey], choices: Choices) -> Iterator[Put]:
    for key in keys:
        entry = people.entries[key]
        if entry.choices != choices:
            yield Put(entry, choices=choices)


def _move(shelf: Shelf, root: PersonKey, second: PersonKey) -> None:
    table = shelf.grants()

    def unknown(grant: int, _day: int) -> bool:
        return table.get(grant) is None

    def whole() -> Iterator[Put]:
        entries = shelf.take([root, second])
        theirs, others = entries[root], entries[second]
        record = joined(theirs.record, second, others.record, unknown)
        record = replace(record, aliases=record.aliases[-MAX_ALIASES:])
        yield Put(theirs, record=record, life_s=life_s(record, table))

    def links() -> Iterator[Put]:
        aliases = shelf.take([root])[root].record.aliases
        for entry in shelf.take(aliases).values():
            if entry.main != root:
                yield Put(entry, link=root)

    before = shelf.take([second])[second].main
    if before is not None:
        insist(shelf, lambda: _without(shelf, before, second))
    longest_known = shelf.take([root])[root].record.aliases
    insist(shelf, whole)
    insist(shelf, links)
    kept = set(shelf.take([root])[root].record.aliases)
    lost = [each for each in longest_known if each not in kept]
    insist(shelf, lambda: [Put(each, record=EMPTY) for each in shelf.take(lost).values()])


def _without(shelf: Shelf, before: PersonKey, second: PersonKey) -> Iterator[Put]:
    """The id changed hands. What was known while it was the other's stays with them."""
    table = shelf.grants()
    entry = shelf.take([before])[before]
    record = without_alias(entry.record, second)
    if record != entry.record:
        yield Put(entry, record=record, life_s=life_s(record, table))
