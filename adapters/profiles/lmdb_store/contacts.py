"""What people saw, clicked and showed interest in, added to their records in LMDB."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

from adapters.profiles.changing import Lapsed, with_interests, with_touches
from adapters.profiles.lmdb_store.shelf import Shelf
from adapters.profiles.lmdb_store.store import Decisions, Store
from adapters.profiles.record import Record
from adserver.domain.person import Interest, PersonKey, Touch
from adserver.domain.week import DAY_S

Event = TypeVar("Event", Touch, Interest)


def add_touches(store: Store, touches: Sequence[tuple[PersonKey, Touch]]) -> None:
    """See `ports.Contacts`."""
    _add(store, touches, with_touches)


def add_interests(store: Store, interests: Sequence[tuple[PersonKey, Interest]]) -> None:
    """See `ports.Contacts`."""
    _add(store, interests, with_interests)


def touches(store: Store, person: PersonKey) -> tuple[Touch, ...]:
    """See `ports.Contacts`."""
    with store.reading() as (shelf, _):
        return shelf.load(shelf.root_of(person)).touches


def _add(
    store: Store,
    events: Sequence[tuple[PersonKey, Event]],
    with_events: Callable[[Record, Sequence[Event], Lapsed], Record],
) -> None:
    if not events:
        return
    by_person: dict[PersonKey, list[Event]] = {}
    for person, event in events:
        by_person.setdefault(person, []).append(event)

    def add(shelf: Shelf, decisions: Decisions) -> None:
        table = shelf.grants()
        for person, new in sorted(by_person.items()):
            root = shelf.root_of(person)
            if not decisions.forbid((person, root)):
                today = max(event.at_s for event in new) // DAY_S
                lapsed = partial(table.has_lapsed, today=today)
                shelf.save(root, with_events(shelf.load(root), new, lapsed))

    store.change(add)
