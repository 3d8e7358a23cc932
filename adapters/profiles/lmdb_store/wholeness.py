"""Whether contacts in LMDB were lost: a folder that is gone, or the file of secrets without which all is noise.

They lie on the same disk as anything that they could be counted anew from, so nothing brings them back: what a
frequency cap counts is known again once its window has passed.
"""

from math import inf
from struct import Struct
from typing import Any

from adapters.profiles.lmdb_store.store import Store

STAMP_KEY = b"\0\0"
"""Beside the records; no person's key, since those have 16 bytes, and before all of them."""
_SECONDS = Struct("<d")
_LOST = inf
"""Lost, and nobody has said yet when that was found."""


def stamp(store: Store) -> None:
    """Mark a new store, or one whose contacts were lost. Raises `Unavailable`."""

    def mark(transaction: Any) -> None:
        if transaction.get(STAMP_KEY) is None or store.keys.is_new:
            has_records = transaction.stat()["entries"] > 0
            # Records without secrets, or secrets without records. With both an older release wrote them.
            is_lost = has_records if store.keys.is_new else not has_records
            transaction.put(STAMP_KEY, _SECONDS.pack(_LOST if is_lost else 0.0))

    with store.people.reading() as transaction:
        is_marked = transaction.get(STAMP_KEY) is not None and not store.keys.is_new
    if not is_marked:
        store.people.write(mark)


def counted_since_s(store: Store, now_s: float) -> float:
    """See `ports.Recounted`. Raises `Unavailable`."""
    with store.people.reading() as transaction:
        stored = transaction.get(STAMP_KEY)
    since_s: float = _SECONDS.unpack(stored)[0] if stored is not None else _LOST
    if since_s == _LOST:
        since_s = now_s
        store.people.write(lambda writing: writing.put(STAMP_KEY, _SECONDS.pack(now_s)))
    return since_s
