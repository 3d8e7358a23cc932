"""What people may ask of the LMDB: keep a decision, show all that is stored."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

from adapters.profiles.lmdb_store.shelf import Shelf, name_key
from adapters.profiles.lmdb_store.store import Store
from adserver.domain.choices import (
    NO_CHOICES,
    Change,
    Choices,
    Dated,
    changed,
    is_news,
    strictest,
)
from adserver.domain.person import Dossier, PersonKey

BATCH = 10_000
"""Decisions per commit."""


def choose(store: Store, ids: Sequence[PersonKey], change: Change, at_s: int) -> Choices:
    """See `ports.People`."""
    with store.lock:
        with store.reading() as (shelf, decisions):
            now = {
                key: changed(decisions.of(key) or NO_CHOICES, change, at_s)
                for key in everybody(shelf, ids)
            }
        store.decide(now)
    return strictest(tuple(now.values()))


def choose_each(store: Store, decisions: Iterable[tuple[PersonKey, Dated]]) -> Counter[str]:
    """See `ports.People`; a commit for each 10,000."""
    kept = Counter[str]()
    source = iter(decisions)
    while batch := list(islice(source, BATCH)):
        with store.lock:
            now: dict[PersonKey, Choices] = {}
            with store.reading() as (shelf, decided):
                for person, dated in batch:
                    known = {
                        key: now.get(key) or decided.of(key) for key in everybody(shelf, [person])
                    }
                    if is_news(dated, strictest(tuple(filter(None, known.values())))):
                        change = Change(dated.kind)
                        for key, choices in known.items():
                            now[key] = changed(choices or NO_CHOICES, change, dated.at_s)
                        kept[dated.kind] += 1
            if now:
                store.decide(now)
    return kept


def dossier(store: Store, ids: Sequence[PersonKey]) -> Dossier:
    """See `ports.People`."""
    with store.reading() as (shelf, decisions):
        keys = everybody(shelf, ids)
        records = [shelf.load(root) for root in dict.fromkeys(map(shelf.root_of, ids))]
        table = shelf.grants()
        decided = [decisions.of(key) for key in keys]
    return table.dossier(records, decided, len(keys - set(ids)))


def everybody(shelf: Shelf, ids: Iterable[PersonKey]) -> set[PersonKey]:
    """Return these ids and all that are known to be the same person's."""
    keys = set(ids)
    for root in set(map(shelf.root_of, keys)):
        keys.update((root, *shelf.load(root).aliases))
    return keys


def put_names(store: Store, names: Mapping[int, str]) -> None:
    """See `ports.Audiences`."""

    def put(transaction: Any) -> None:
        for number, name in names.items():
            transaction.put(name_key(number), name.encode("utf-8", "surrogatepass"))

    store.people.write(put)


def names(store: Store, numbers: Iterable[int]) -> dict[int, str]:
    """See `ports.People`."""
    with store.reading() as (shelf, _):
        stored = {number: shelf.transaction.get(name_key(number)) for number in numbers}
    return {
        number: name.decode("utf-8", "replace")
        for number, name in stored.items()
        if name is not None
    }
