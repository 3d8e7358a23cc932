"""Everybody in Redis, one after the other: for counting people, never for deciding."""

from collections.abc import Iterator

from adapters.profiles.redis_store import names
from adapters.profiles.redis_store.blocking import BlockingNodes
from adapters.profiles.redis_store.editing import take
from adapters.profiles.redis_store.shelf import Shelf
from adapters.profiles.redis_store.wire import Target
from adserver.domain.person import KEY_BYTES
from adserver.domain.week import DAY_S

BATCH = 1_000
"""Keys per question: Redis answers others in between."""


def everybody(data: Target, keys: Target | None, now_s: float) -> Iterator[tuple[int, ...]]:
    """Yield the segments (numbers) by which each person may be chosen now; people of none are left out.

    Redis promises to tell of everybody who is there all the time, but may tell of somebody twice while its own tables
    grow or shrink. Raises `Unavailable`.
    """
    nodes = BlockingNodes(data)
    of_keys = None if keys is None else BlockingNodes(keys)
    shelf = Shelf(nodes, of_keys)
    try:
        table = shelf.grants()
        today = int(now_s // DAY_S)
        for found in nodes.scan(names.RECORDS, BATCH):
            people = take(shelf, [each[-KEY_BYTES:] for each in found])
            for person in dict.fromkeys(each[-KEY_BYTES:] for each in found):
                entry = people.entries[person]
                if entry.is_forbidden:
                    continue
                segments = {
                    segment
                    for each in entry.record.statements  # of a further id there are none
                    if table.is_usable(each.grant, each.day, today)
                    for segment in each.segments
                }
                if entry.choices is not None:
                    segments.difference_update(entry.choices.objections)
                if segments:
                    yield tuple(segments)
    finally:
        nodes.close()
        if of_keys is not None:
            of_keys.close()
