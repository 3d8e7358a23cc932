"""One host's diary, put into a Redis that lost it. Done twice, it ends the same."""

import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice

import structlog
from msgspec.structs import replace

from adapters.profiles.changing import with_touches
from adapters.profiles.grants import GrantTable
from adapters.profiles.record import Damaged, Record
from adapters.profiles.redis_store import names
from adapters.profiles.redis_store.blocking import BlockingNodes, good
from adapters.profiles.redis_store.diary import Diary, mark
from adapters.profiles.redis_store.editing import ATTEMPTS, edit
from adapters.profiles.redis_store.entry import Put
from adapters.profiles.redis_store.joining import MAX_ALIASES
from adapters.profiles.redis_store.noting import read_noted_choices, read_touch
from adapters.profiles.redis_store.shelf import Shelf
from adapters.profiles.redis_store.stored import unseal
from adapters.profiles.redis_store.wire import pack
from adserver.domain.choices import Choices, strictest
from adserver.domain.person import KEY_BYTES, PersonKey, Touch
from adserver.domain.week import DAY_S
from adserver.errors import Unavailable

BATCH = 1_000
TELL_S = 5.0

_log = structlog.get_logger()

Opened = Mapping[bytes, tuple[PersonKey, bytes]]
"""By mark: whose records these are, and the secret that opens them."""

Changed = Callable[[PersonKey, Sequence[PersonKey], Record], Record]


class Filling:
    """It may take a while, so others get their turns with the store in between."""

    def __init__(
        self,
        shelf: Shelf,
        keys: BlockingNodes | None,
        diary: Diary,
        lock: "threading.RLock",
        now_s: float,
    ) -> None:
        self._shelf = shelf
        self._keys = keys
        self._diary = diary
        self._lock = lock
        self._since_s = now_s - diary.about.kept_s
        self._today = int(now_s // DAY_S)
        self._table = GrantTable()
        self._told_at = time.monotonic()

    def choices(self) -> None:
        """Bring what people decided: of two decisions the later one, where that cannot be told the stricter.

        Raises `Unavailable`.
        """
        source = iter(self._diary.choices().items())
        while batch := dict(islice(source, BATCH)):
            self._insist(partial(self._decided, batch))

    def contacts(self) -> None:
        """Bring people's further ids, and what they saw. Raises `Unavailable`."""
        links = self._diary.links()
        opened = self._opened({*links, *(each.key for each in self._diary.contacts())})
        with self._lock:
            self._table = self._shelf.grants()
        self._link(links, opened)
        source, done = self._seen(opened), 0
        while batch := list(islice(source, BATCH)):
            by_person: dict[PersonKey, list[Touch]] = {}
            for person, touch in batch:
                by_person.setdefault(person, []).append(touch)
            self._edit(by_person, partial(self._with_seen, by_person))
            done += len(batch)
            if time.monotonic() - self._told_at >= TELL_S:
                self._told_at = time.monotonic()
                _log.info("profile_store_filling", contacts=done)
        _log.info("profile_store_filling", contacts=done)

    def _decided(self, batch: Mapping[PersonKey, bytes]) -> Iterator[Put]:
        for person, entry in self._shelf.take(list(batch)).items():
            ours = read_noted_choices(person, batch[person], entry.secret)
            both = _later(entry.choices, ours)
            if both != entry.choices:
                yield Put(entry, choices=both)

    def _opened(self, wanted: Collection[bytes]) -> Opened:
        """Find whose marks these are. Who was erased is not found."""
        assert self._keys is not None  # noqa: S101 - secrets that were lost open nothing
        found: dict[bytes, tuple[PersonKey, bytes]] = {}
        scan = self._keys.scan(names.SECRETS, BATCH) if wanted else iter(())
        while True:
            with self._lock:
                keys = next(scan, None)
                if keys is None:
                    return found
                people = [each[-KEY_BYTES:] for each in keys]
                asked = [
                    (names.bucket(person), pack("GET", key))
                    for person, key in zip(people, keys, strict=True)
                ]
                secrets = good(self._keys.ask(asked))
            for person, secret in zip(people, secrets, strict=True):
                if secret is not None and (marked := mark(secret)) in wanted:
                    found[marked] = person, secret

    def _link(self, links: Mapping[bytes, bytes], opened: Opened) -> None:
        roots: dict[PersonKey, PersonKey] = {}
        for marked, body in links.items():
            if marked in opened:
                alias, secret = opened[marked]
                try:
                    roots[alias] = unseal(alias, body, secret)
                except Damaged:
                    continue
        aliases: dict[PersonKey, list[PersonKey]] = {}
        for alias, root in roots.items():
            aliases.setdefault(root, []).append(alias)
        self._edit(aliases, partial(_with_aliases, aliases))
        source = iter(roots)
        while batch := list(islice(source, BATCH)):
            self._insist(partial(self._links, batch, roots))

    def _links(
        self, batch: Sequence[PersonKey], roots: Mapping[PersonKey, PersonKey]
    ) -> Iterator[Put]:
        for alias, entry in self._shelf.take(batch).items():
            known = entry.choices
            if entry.main != roots[alias] and not (known is not None and known.erased):
                yield Put(entry, link=roots[alias])

    def _seen(self, opened: Opened) -> Iterator[tuple[PersonKey, Touch]]:
        for marked, body in self._diary.contacts():
            if marked not in opened:
                continue  # they were erased
            person, secret = opened[marked]
            try:
                touch = read_touch(person, body, secret)
            except Damaged:
                continue
            if touch.at_s > self._since_s:
                yield person, touch

    def _with_seen(
        self,
        seen: Mapping[PersonKey, Sequence[Touch]],
        _root: PersonKey,
        theirs: Sequence[PersonKey],
        before: Record,
    ) -> Record:
        lapsed = partial(self._table.has_lapsed, today=self._today)
        return with_touches(before, [touch for each in theirs for touch in seen[each]], lapsed)

    def _edit(self, people: Iterable[PersonKey], changed: Changed) -> None:
        source = iter(people)
        while batch := list(islice(source, BATCH)):
            with self._lock:
                edit(self._shelf, self._table, batch, changed, filling=True)

    def _insist(self, puts: Callable[[], Iterable[Put]]) -> None:
        for _ in range(ATTEMPTS):
            with self._lock:
                if not self._shelf.put(list(puts())):
                    return
        raise Unavailable("profiles: others change what is to be filled")


def _with_aliases(
    aliases: Mapping[PersonKey, Sequence[PersonKey]],
    root: PersonKey,
    _theirs: Sequence[PersonKey],
    before: Record,
) -> Record:
    whole = dict.fromkeys((*before.aliases, *aliases.get(root, ())))
    return replace(before, aliases=tuple(whole)[-MAX_ALIASES:])


def _later(known: Choices | None, ours: Choices) -> Choices:
    if known is None or known == ours:
        return ours
    if known.at_s > ours.at_s > 0:
        return known
    return ours if ours.at_s > known.at_s else strictest((known, ours))
