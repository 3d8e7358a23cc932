"""Forgetting people in LMDB, so that no copy of them can be read again; it can be stopped after any step.

The steps, each durable before the next: (1) the tombstones, with the names of whom is being erased; (2) new secrets
for their groups; (3) everybody else of these groups sealed anew, the erased deleted; (4) the old secrets overwritten;
(5) nobody is being erased any more. Whoever opens the store after a stop goes on. See docs/decisions/0008-erasure.md.
"""

from collections.abc import Collection, Iterable, Sequence
from functools import partial
from typing import Any

import msgspec

from adapters.profiles import choice_records
from adapters.profiles.lmdb_store.environment import named_failure
from adapters.profiles.lmdb_store.group_keys import group_of
from adapters.profiles.lmdb_store.people import everybody
from adapters.profiles.lmdb_store.shelf import Shelf
from adapters.profiles.lmdb_store.store import Decisions, Store
from adserver.domain.choices import NO_CHOICES, Choices, erased
from adserver.domain.person import KEY_BYTES, PersonKey

ERASING_KEY = b"erasing"
"""Beside the choices: whom the steps are under way for. No person's key, since those have 16 bytes."""

_decode = msgspec.msgpack.Decoder(list[bytes]).decode


def erase(store: Store, ids: Sequence[PersonKey], at_s: int) -> bool:
    """See `ports.People`."""
    with named_failure(), store.lock, store.keys.alone():
        with store.reading() as (shelf, decisions):
            people = everybody(shelf, ids)
            known = any(shelf.transaction.get(key) is not None for key in people)
            before = {key: decisions.of(key) or NO_CHOICES for key in people}
        if known or not all(choices.erased for choices in before.values()) or pending(store):
            _bury(store, before, at_s)
            _destroy(store)
        return known


def repair(store: Store) -> None:
    """Finish what was under way when a process stopped. Raises `Unavailable`."""
    with named_failure(), store.lock, store.keys.alone():
        _destroy(store)


def pending(store: Store) -> list[PersonKey]:
    """Return who is being erased."""
    with named_failure(), store.choices.reading() as transaction:
        stored = transaction.get(ERASING_KEY)
    return [] if stored is None else _decode(stored)


def _bury(store: Store, before: dict[PersonKey, Choices], at_s: int) -> None:
    people = list(dict.fromkeys((*pending(store), *before)))

    def put(transaction: Any) -> None:
        for person, choices in before.items():
            transaction.put(person, choice_records.encode(erased(choices, at_s)))
        transaction.put(ERASING_KEY, msgspec.msgpack.encode(people))

    store.choices.write(put)


def _destroy(store: Store) -> None:
    people = pending(store)
    if not people:
        return
    groups = sorted({group_of(person) for person in people})
    _settle(store, [group for group in groups if store.keys.has_old(group)], ())

    def renew(_shelf: Shelf, _decisions: Decisions) -> None:
        store.keys.renew(groups)

    store.change(
        renew
    )  # Nobody is sealing with the old secrets meanwhile, and none will afterwards.
    _settle(store, groups, frozenset(people))
    store.choices.write(lambda transaction: transaction.delete(ERASING_KEY))


def _settle(store: Store, groups: Sequence[int], without: Collection[PersonKey]) -> None:
    """Seal all records of these groups with the secrets that seal now, and overwrite the others."""
    if groups:
        store.change(partial(_seal_anew, groups, without))
        store.people.sync()
        store.keys.destroy_old(groups)


def _seal_anew(
    groups: Iterable[int], without: Collection[PersonKey], shelf: Shelf, _decisions: Decisions
) -> None:
    for group in groups:
        for person, stored in _members(shelf.transaction, group):
            anew = None if person in without else shelf.sealed_anew(person, stored)
            if anew is None:
                shelf.transaction.delete(person)
            else:
                shelf.transaction.put(person, anew)


def _members(transaction: Any, group: int) -> list[tuple[PersonKey, bytes]]:
    prefix = group.to_bytes(2, "big")
    cursor = transaction.cursor()
    found = []
    if cursor.set_range(prefix):
        for key, stored in cursor:
            if key[:2] != prefix:
                break
            if len(key) == KEY_BYTES:
                found.append((key, stored))
    return found
