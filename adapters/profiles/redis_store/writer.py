"""The writing side of profiles in Redis; any number of hosts may write at the same time."""

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import islice
from math import inf
from typing import TypeVar

from adapters.profiles.changing import Lapsed, with_interests, with_segments, with_touches
from adapters.profiles.grants import GrantTable
from adapters.profiles.record import Record
from adapters.profiles.redis_store import rights
from adapters.profiles.redis_store.adoption import Adoption
from adapters.profiles.redis_store.blocking import BlockingNodes
from adapters.profiles.redis_store.diary import Diary
from adapters.profiles.redis_store.editing import edit, take
from adapters.profiles.redis_store.joining import join
from adapters.profiles.redis_store.refill import Refill
from adapters.profiles.redis_store.shelf import Shelf
from adserver.domain.choices import Change, Choices, Dated
from adserver.domain.grant import Grant
from adserver.domain.person import Dossier, Interest, PersonKey, Touch
from adserver.domain.week import DAY_S
from adserver.errors import Unavailable

Event = TypeVar("Event", Touch, Interest)

BATCH = 2_000
"""People per round: some 2 MB under way, well within the time that a node is given."""


class RedisProfileWriter:
    """`ports.Contacts`, `ports.Audiences` and `ports.People`, for any thread."""

    def __init__(
        self, nodes: BlockingNodes, keys: BlockingNodes | None, diary: Diary | None = None
    ) -> None:
        """`keys` has people's secrets; None means that `nodes` has them, too. A Redis that is away is waited for in
        the background. Without a diary nothing that is lost comes back.
        """
        self._nodes = nodes
        self._keys = keys
        self._diary = diary
        self._shelf = Shelf(nodes, keys, diary)
        self._lock = threading.RLock()
        self._adoption = Adoption(nodes, keys, self._lock, diary)
        self._refill = None if diary is None else Refill(nodes, keys, diary, self._lock)
        self._waiting = False

    def put_segments(
        self, people: Iterable[tuple[PersonKey, Sequence[int]]], grant: Grant, day: int
    ) -> int:
        """See `ports.Audiences`."""
        count = 0
        source = iter(people)
        with self._mine() as shelf:
            load = _Load(*shelf.index_of(grant), grant.source, day)
            if self._diary is not None:
                self._diary.keep_grants(load.table.written())
            while batch := dict(islice(source, BATCH)):
                load.batch = batch
                count += edit(shelf, load.table, batch, load.changed)
        return count - load.repeated

    def put_names(self, names: Mapping[int, str]) -> None:
        """See `ports.Audiences`."""
        with self._mine() as shelf:
            shelf.put_names(names)

    def link(self, pairs: Iterable[tuple[PersonKey, PersonKey]]) -> int:
        """See `ports.Audiences`."""
        with self._mine() as shelf:
            return sum(join(shelf, first, second) for first, second in pairs)

    def add_touches(self, touches: Sequence[tuple[PersonKey, Touch]]) -> None:
        """See `ports.Contacts`."""
        try:
            self._add(touches, with_touches, _impressions)
        except Unavailable:
            self._wait(waiting=True)
            raise
        self._wait(waiting=False)

    def add_interests(self, interests: Sequence[tuple[PersonKey, Interest]]) -> None:
        """See `ports.Contacts`."""
        self._add(interests, with_interests)

    def touches(self, person: PersonKey) -> tuple[Touch, ...]:
        """See `ports.Contacts`."""
        with self._mine() as shelf:
            return take(shelf, (person,)).root(person).record.touches

    def counted_since_s(self, now_s: float) -> float:
        """See `ports.Recounted`."""
        if self._refill is None:
            return 0.0
        with self._mine():
            pass  # a new one is marked first
        since_s = self._refill.look(now_s)
        # Contacts that could not be added wait elsewhere to be added again; until then they are missing.
        return inf if self._waiting else since_s

    def keep_contacts(self, seconds: int) -> None:
        """See `ports.Recounted`."""
        if self._refill is not None:
            self._refill.keep_s = seconds

    def choose(self, ids: Sequence[PersonKey], change: Change, at_s: int) -> Choices:
        """See `ports.People`. As durable as Redis was told to be."""
        with self._mine() as shelf:
            return rights.choose(shelf, ids, change, at_s)

    def choose_each(self, decisions: Iterable[tuple[PersonKey, Dated]]) -> Counter[str]:
        """See `ports.People`; one after the other."""
        with self._mine() as shelf:
            return Counter(
                dated.kind
                for person, dated in decisions
                if rights.choose_if_news(shelf, person, dated)
            )

    def dossier(self, ids: Sequence[PersonKey]) -> Dossier:
        """See `ports.People`."""
        with self._mine() as shelf:
            return rights.dossier(shelf, ids)

    def names(self, numbers: Iterable[int]) -> dict[int, str]:
        """See `ports.People`."""
        with self._mine() as shelf:
            return shelf.names(list(numbers))

    def erase(self, ids: Sequence[PersonKey], at_s: int) -> bool:
        """See `ports.People`."""
        with self._mine() as shelf:
            return rights.erase(shelf, ids, at_s)

    def close(self) -> None:
        """Hang up."""
        self._adoption.stop()
        with self._lock:
            self._nodes.close()
            if self._keys is not None:
                self._keys.close()
            if self._diary is not None:
                self._diary.close()

    @contextmanager
    def _mine(self) -> Iterator[Shelf]:
        """Give the store to this thread. Raises `Unavailable`."""
        with self._lock:
            self._adoption.run()
            yield self._shelf

    def _wait(self, *, waiting: bool) -> None:
        """Remember that contacts wait elsewhere to be added, also for who starts after us."""
        if waiting != self._waiting:
            self._waiting = waiting
            if self._diary is not None:
                self._diary.note(waiting=waiting)

    def _add(
        self,
        events: Sequence[tuple[PersonKey, Event]],
        with_events: Callable[[Record, Iterable[Event], Lapsed], Record],
        seen: Callable[[Iterable[Event]], Sequence[Touch]] = lambda _: (),
    ) -> None:
        new: dict[PersonKey, list[Event]] = {}
        for person, event in events:
            new.setdefault(person, []).append(event)
        if not new:
            return
        with self._mine() as shelf:
            table = shelf.grants()

            def changed(_: PersonKey, theirs: Iterable[PersonKey], before: Record) -> Record:
                theirs_new = [event for each in theirs for event in new[each]]
                today = max(event.at_s for event in theirs_new) // DAY_S
                return with_events(before, theirs_new, partial(table.has_lapsed, today=today))

            def fresh(theirs: Iterable[PersonKey]) -> Sequence[Touch]:
                return seen([event for each in theirs for event in new[each]])

            keys = iter(new)
            while batch := list(islice(keys, BATCH)):
                edit(shelf, table, batch, changed, fresh)


def _impressions(touches: Iterable[Touch]) -> list[Touch]:
    return [each for each in touches if each.kind == "impression"]


class _Load:
    """What one source says in one load; of people with several ids it is put together what is said of each."""

    def __init__(self, table: GrantTable, index: int, source: str, day: int) -> None:
        self.table = table
        self.batch: dict[PersonKey, Sequence[int]] = {}
        self.repeated = 0
        """How often somebody was changed once more because another id of theirs came later."""
        self._index = index
        self._day = day
        self._of_source = table.of_source(source)
        self._lapsed = partial(table.has_lapsed, today=day)
        self._joined: dict[PersonKey, dict[int, None]] = {}

    def changed(self, root: PersonKey, theirs: Sequence[PersonKey], before: Record) -> Record:
        """Return somebody's record after this load."""
        segments = self.batch[theirs[0]]
        if before.aliases:
            self.repeated += root in self._joined
            whole = self._joined.setdefault(root, {})
            for each in theirs:
                whole.update(dict.fromkeys(self.batch[each]))
            segments = tuple(whole)
        return with_segments(
            before, self._index, self._day, segments, self._of_source, self._lapsed
        )
