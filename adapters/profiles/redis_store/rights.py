"""What people may ask of the profiles in Redis: keep a decision, show all that is stored, forget them."""

from collections.abc import Callable, Iterator, Sequence

from adapters.profiles.record import EMPTY
from adapters.profiles.redis_store.editing import People, insist, take
from adapters.profiles.redis_store.entry import Put
from adapters.profiles.redis_store.shelf import Shelf
from adserver.domain.choices import (
    NO_CHOICES,
    Change,
    Choices,
    Dated,
    changed,
    erased,
    is_news,
    strictest,
)
from adserver.domain.person import Dossier, PersonKey


def choose(shelf: Shelf, ids: Sequence[PersonKey], change: Change, at_s: int) -> Choices:
    """See `ports.People`."""
    return strictest(
        tuple(_decide(shelf, ids, lambda before: changed(before, change, at_s)).values())
    )


def choose_if_news(shelf: Shelf, person: PersonKey, dated: Dated) -> bool:
    """Keep a dated decision if it is news; tell whether it was."""
    if not is_news(dated, dossier(shelf, [person]).choices):
        return False
    choose(shelf, [person], Change(dated.kind), dated.at_s)
    return True


def dossier(shelf: Shelf, ids: Sequence[PersonKey]) -> Dossier:
    """See `ports.People`."""
    people = take(shelf, ids, aliases=True)
    keys = _everybody(people, ids)
    records = [people.entries[root].record for root in dict.fromkeys(map(people.root_of, ids))]
    table = shelf.grants()
    decided = [people.entries[key].choices for key in keys]
    return table.dossier(records, decided, len(set(keys) - set(ids)))


def erase(shelf: Shelf, ids: Sequence[PersonKey], at_s: int) -> bool:
    """See `ports.People`. Stopped in between and done again, it still finds everybody by the given ids.

    First tombstones: from then on nobody reads or adds anything. Then secret and record of further ids, of the
    person, and of the given ids last, since these lead to the others.
    """
    people = take(shelf, ids, aliases=True)
    known = any(people.entries[key].sealed for key in _everybody(people, ids))
    everybody = list(_decide(shelf, ids, lambda before: erased(before, at_s)))
    roots = {people.root_of(key) for key in ids}
    given = set(ids)
    stages = (
        [key for key in everybody if key not in given | roots],
        [key for key in roots if key not in given],
        list(given),
    )
    for keys in stages:
        shelf.destroy_secrets(keys)
        _delete(shelf, keys)
    return known


def _decide(
    shelf: Shelf, ids: Sequence[PersonKey], decided: Callable[[Choices], Choices]
) -> dict[PersonKey, Choices]:
    """Give everybody behind these ids new choices, and return them."""
    new: dict[PersonKey, Choices] = {}

    def puts() -> Iterator[Put]:
        people = take(shelf, ids, aliases=True)
        for key in _everybody(people, ids):
            entry = people.entries[key]
            if key not in new or entry.choices != new[key]:
                new[key] = decided(entry.choices or NO_CHOICES)
                yield Put(entry, choices=new[key])

    insist(shelf, puts)
    return new


def _delete(shelf: Shelf, keys: Sequence[PersonKey]) -> None:
    insist(shelf, lambda: [Put(each, record=EMPTY) for each in shelf.take(keys).values()])


def _everybody(people: People, ids: Sequence[PersonKey]) -> list[PersonKey]:
    """Return these ids and all that are known to be the same person's."""
    keys = dict.fromkeys(ids)
    for root in dict.fromkeys(map(people.root_of, ids)):
        keys |= dict.fromkeys((root, *people.entries[root].record.aliases))
    return list(keys)
