"""Profiles in LMDB: memory-mapped files, many readers in many processes, one writer at a time.

What a record is made of is in `record`; how it is encrypted, and everything else, in `lmdb_store`.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from math import inf
from pathlib import Path

import msgspec

from adapters.profiles.lmdb_store import (
    audiences,
    contacts,
    erasure,
    links,
    people,
    wholeness,
)
from adapters.profiles.lmdb_store.environment import MAP_BYTES
from adapters.profiles.lmdb_store.reader import LmdbProfiles
from adapters.profiles.lmdb_store.store import Store
from adserver.domain.choices import Change, Choices, Dated
from adserver.domain.grant import Grant
from adserver.domain.person import Dossier, Interest, PersonKey, Touch


class Config(msgspec.Struct, tag="lmdb", tag_field="kind", frozen=True, forbid_unknown_fields=True):
    """The embedded store, in folders of its own on a local disk."""

    path: str
    """People's records; back it up as you like."""
    choices: str | None = None
    """What people decided: a folder of its own, so that no backup of the records undoes it. Without, `choices` beside
    the records.
    """
    keys: str | None = None
    """The file of secrets that erasing destroys: never back it up. Without, `people.keys` beside the records."""

    def within(self, folder: Path) -> "Config":
        """Return the same with paths relative to a folder."""
        given = {name: getattr(self, name) for name in ("path", "choices", "keys")}
        names = {name: str(folder / path) for name, path in given.items() if path}
        return msgspec.structs.replace(self, **names)

    def build(self) -> LmdbProfiles:
        """Return the reading side, for workers."""
        return LmdbProfiles(*self._paths())

    def build_writer(self) -> "LmdbProfileWriter":
        """Return the writing side, for the owner and for loading. Raises `Unavailable`."""
        return LmdbProfileWriter(*self._paths())

    def _paths(self) -> tuple[Path, Path, Path]:
        path = Path(self.path)
        return (
            path,
            Path(self.choices) if self.choices else path.with_name("choices"),
            Path(self.keys) if self.keys else path.with_name("people.keys"),
        )


class LmdbProfileWriter:
    """`ports.Contacts`, `ports.Audiences` and `ports.People`, for any thread. One per process.

    A commit reaches the disk before it returns. A power cut may still undo the last commit of records, never more;
    decisions and erasures outlive it.
    """

    def __init__(
        self, profiles: Path, choices: Path, keys: Path, *, map_bytes: int = MAP_BYTES
    ) -> None:
        """Open or create the store, and finish erasures that a crash interrupted. Raises `Unavailable`."""
        self._store = Store(profiles, choices, keys, map_bytes=map_bytes)
        erasure.repair(self._store)
        wholeness.stamp(self._store)
        self._waiting = False

    def add_touches(self, touches: Sequence[tuple[PersonKey, Touch]]) -> None:
        """Store contacts; the newest 64 of the last 30 days stay. Raises `Unavailable`."""
        self._waiting = True
        contacts.add_touches(self._store, touches)
        self._waiting = False

    def counted_since_s(self, now_s: float) -> float:
        """Return since when contacts are known: what is lost here does not come back. Raises `Unavailable`."""
        since_s = wholeness.counted_since_s(self._store, now_s)
        # Contacts that could not be added wait elsewhere to be added again; until then they are missing.
        return inf if self._waiting else since_s

    def keep_contacts(self, seconds: int) -> None:
        """Keep them as long as ever; see `ports.Recounted`."""

    def add_interests(self, interests: Sequence[tuple[PersonKey, Interest]]) -> None:
        """Lengthen trails; the newest 64 of the last 90 days stay. Raises `Unavailable`."""
        contacts.add_interests(self._store, interests)

    def touches(self, person: PersonKey) -> tuple[Touch, ...]:
        """Return a person's contacts, oldest first. Raises `Unavailable`."""
        return contacts.touches(self._store, person)

    def put_segments(
        self, said: Iterable[tuple[PersonKey, Sequence[int]]], grant: Grant, day: int
    ) -> int:
        """Store segments, 200,000 people at a time. Raises `Unavailable`.

        Keys in ascending order take 90 bytes a person with ten segments in the file, others up to 250, since whole
        pages are copied for each.
        """
        return audiences.put_segments(self._store, said, grant, day)

    def put_names(self, names: Mapping[int, str]) -> None:
        """Remember what segments and topics are called. Raises `Unavailable`."""
        people.put_names(self._store, names)

    def link(self, pairs: Iterable[tuple[PersonKey, PersonKey]]) -> int:
        """Join ids, 10,000 pairs at a time. Raises `Unavailable`."""
        return links.link(self._store, pairs)

    def choose(self, ids: Sequence[PersonKey], change: Change, at_s: int) -> Choices:
        """Keep a decision for all of a person's ids. Raises `Unavailable`."""
        return people.choose(self._store, ids, change, at_s)

    def choose_each(self, decisions: Iterable[tuple[PersonKey, Dated]]) -> Counter[str]:
        """Keep many people's decisions, 10,000 at a time. Raises `Unavailable`."""
        return people.choose_each(self._store, decisions)

    def dossier(self, ids: Sequence[PersonKey]) -> Dossier:
        """Return all that is stored of a person. Raises `Unavailable`."""
        return people.dossier(self._store, ids)

    def names(self, numbers: Iterable[int]) -> dict[int, str]:
        """Return what segments and topics are called. Raises `Unavailable`."""
        return people.names(self._store, numbers)

    def erase(self, ids: Sequence[PersonKey], at_s: int) -> bool:
        """Forget a person. Raises `Unavailable`; then it is finished by the next erasure or start, or repeat it."""
        return erasure.erase(self._store, ids, at_s)

    def close(self) -> None:
        """Let go of the files."""
        self._store.close()
