"""Everybody in the LMDB, one after the other: for counting people, never for deciding."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

import lmdb

from adapters.profiles.lmdb_store.environment import ReadableEnvironment
from adserver.domain.person import KEY_BYTES, Found, PersonKey
from adserver.errors import Unavailable

BATCH = 10_000
"""Keys read in one transaction: a longer one would keep old pages from being used again."""

Find = Callable[[Sequence[PersonKey], float], Found]


def everybody(people: ReadableEnvironment, find: Find, now_s: float) -> Iterator[tuple[int, ...]]:
    """Yield the segments (numbers) by which each person may be chosen now; people of none are left out.

    Somebody with several ids is one person. Raises `Unavailable`.
    """
    last = b""
    while batch := _keys_behind(people, last):
        for key in batch:
            if len(key) != KEY_BYTES:
                continue  # not a person's: the store's own
            found = find((key,), now_s)
            if found.person != key:
                continue  # a further id of somebody else
            segments = found.profile.segments
            if found.choices.objections:
                segments = tuple(set(segments).difference(found.choices.objections))
            if segments:
                yield segments
        last = batch[-1]


def _keys_behind(people: ReadableEnvironment, last: bytes) -> list[bytes]:
    try:
        with people.begin() as transaction, transaction.cursor() as cursor:
            if not cursor.set_range(last):
                return []
            keys = cursor.iternext(keys=True, values=False)
            return [key for key in islice(keys, BATCH + 1) if key != last]
    except (lmdb.Error, OSError) as error:
        raise Unavailable(f"profiles: {error}") from error
