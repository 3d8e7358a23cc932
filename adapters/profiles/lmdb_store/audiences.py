"""Loading audiences into LMDB: people by the hundred thousand, in the order of their keys."""

import os
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from operator import itemgetter

from adapters.profiles.changing import with_segments
from adapters.profiles.grants import GrantTable
from adapters.profiles.lmdb_store.group_keys import GroupKeyWriter, group_of
from adapters.profiles.lmdb_store.sealing import NONCE_BYTES, seal
from adapters.profiles.lmdb_store.shelf import Shelf
from adapters.profiles.lmdb_store.store import Decisions, Store
from adapters.profiles.record import pack_segments
from adserver.domain.grant import Grant
from adserver.domain.person import PersonKey

BATCH = 200_000
"""People per write transaction: some 60 MB."""

Said = tuple[PersonKey, Sequence[int]]
_person = itemgetter(0)


def put_segments(
    store: Store, people: Iterable[Said], grant: Grant, day: int
) -> int:  # fmt: skip
    """See `ports.Audiences`. Keys in ascending order take some 88 bytes a person with ten segments."""
    load = _Load(grant, day)
    source = iter(people)
    while batch := dict(islice(source, BATCH)):
        store.change(partial(load.put, sorted(batch.items())))
        load.done()
    store.change(load.put_joined)
    load.done()
    return load.people


class _Load:
    """One source's people; of those with several ids it is put together first what is said of each."""

    def __init__(self, grant: Grant, day: int) -> None:
        self._grant = grant
        self._day = day
        self._joined: dict[PersonKey, dict[int, None]] = {}
        self._found: dict[PersonKey, dict[int, None]] = {}
        self._count = 0
        self.people = 0

    def done(self) -> None:
        """The last call's transaction is safe."""
        self.people += self._count
        for root, segments in self._found.items():
            self._joined.setdefault(root, {}).update(segments)
        self._count, self._found = 0, {}

    def put(self, batch: Sequence[Said], shelf: Shelf, decisions: Decisions) -> None:
        """Store people in ascending order of their keys, all but those with several ids."""
        self._count, self._found = 0, {}
        table, index = shelf.index_of(self._grant)
        cursor = shelf.transaction.cursor()
        last = cursor.key() if cursor.last() else b""
        new = bisect_right(batch, last, key=_person)
        for person, segments in batch[:new]:
            self._put_one(shelf, decisions, table, index, person, segments)
        fresh: Sequence[Said] = batch[new:]
        if decisions.any:
            fresh = [each for each in fresh if not decisions.forbid(each[:1])]
        # Behind all others in the store, each page is filled before the next one is begun.
        sealed = _sealed(fresh, index, self._day, shelf.keys)
        shelf.transaction.cursor().putmulti(sealed, append=True)
        self._count += len(fresh)

    def put_joined(self, shelf: Shelf, decisions: Decisions) -> None:
        """Store the people with several ids, once all was said of each."""
        self._count, self._found = 0, {}
        table, index = shelf.index_of(self._grant)
        for root, segments in sorted(self._joined.items()):
            if not decisions.forbid((root,)):
                self._replace(shelf, table, index, root, tuple(segments))

    def _put_one(
        self, shelf: Shelf, decisions: Decisions, table: GrantTable, index: int,
        person: PersonKey, segments: Sequence[int],
    ) -> None:  # fmt: skip
        root = shelf.root_of(person)
        if decisions.forbid((person, root)):
            return
        if root != person or shelf.load(person).aliases:
            self._found.setdefault(root, {}).update(dict.fromkeys(segments))
        else:
            self._replace(shelf, table, index, person, segments)

    def _replace(
        self,
        shelf: Shelf,
        table: GrantTable,
        index: int,
        person: PersonKey,
        segments: Sequence[int],
    ) -> None:
        self._count += 1
        of_source = table.of_source(self._grant.source)
        lapsed = partial(table.has_lapsed, today=self._day)
        before = shelf.load(person)
        shelf.save(person, with_segments(before, index, self._day, segments, of_source, lapsed))


def _sealed(
    people: Sequence[Said], index: int, day: int, keys: GroupKeyWriter
) -> Iterator[tuple[PersonKey, bytes]]:
    nonces = os.urandom(NONCE_BYTES * len(people))
    prefix, slot, secret = b"", 0, b""
    for at, (person, segments) in enumerate(people):
        if person[:2] != prefix:
            prefix = person[:2]
            slot = keys.current(group_of(person))
            secret = keys.secret(person, slot)
        if segments:
            nonce = nonces[NONCE_BYTES * at : NONCE_BYTES * (at + 1)]
            yield person, seal(person, pack_segments(index, day, segments), secret, slot, nonce)
