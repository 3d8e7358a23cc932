"""The three places where people are kept, opened to write: records, decisions, and the secrets between them."""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from adapters.profiles import choice_records
from adapters.profiles.lmdb_store.environment import (
    MAP_BYTES,
    WritableEnvironment,
    named_failure,
)
from adapters.profiles.lmdb_store.group_keys import GroupKeyWriter
from adapters.profiles.lmdb_store.shelf import Shelf
from adserver.domain.choices import Choices
from adserver.domain.person import PersonKey


class Store:
    """Records in one LMDB, choices in another, secrets in a flat file."""

    def __init__(
        self, profiles: Path, choices: Path, keys: Path, *, map_bytes: int = MAP_BYTES
    ) -> None:
        """Open or create all three. Raises `Unavailable`."""
        self.lock = threading.RLock()
        """For what takes several steps."""
        with named_failure():
            self.keys = GroupKeyWriter(keys)
        self.choices = WritableEnvironment(choices)
        self.people = WritableEnvironment(profiles, map_bytes=map_bytes, metasync=False)

    def change(self, act: Callable[[Shelf, "Decisions"], None]) -> None:
        """Change people in one transaction, knowing what they decided; `act` may be called again from the start.

        Raises `Unavailable`.
        """

        def within(transaction: Any) -> None:
            # Decisions are read once the store is ours: whoever decides from now on comes after this change.
            with self.choices.reading() as decided:
                act(Shelf(transaction, self.keys), Decisions(decided))

        self.people.write(within)

    @contextmanager
    def reading(self) -> Iterator[tuple[Shelf, "Decisions"]]:
        """Give people and decisions to read. Raises `Unavailable`."""
        with (
            named_failure(),
            self.people.reading() as transaction,
            self.choices.reading() as decided,
        ):
            yield Shelf(transaction, self.keys), Decisions(decided)

    def decide(self, decisions: Mapping[PersonKey, Choices]) -> None:
        """Keep decisions, durably. Raises `Unavailable`."""

        def put(transaction: Any) -> None:
            for person, choices in decisions.items():
                transaction.put(person, choice_records.encode(choices))

        self.choices.write(put)

    def close(self) -> None:
        """Let go of everything."""
        self.people.close()
        self.choices.close()
        self.keys.close()


class Decisions:
    """What people decided, within one transaction."""

    def __init__(self, transaction: Any) -> None:
        self._transaction = transaction
        self.any = transaction.stat()["entries"] > 0
        """Whether anybody ever decided anything."""

    def of(self, person: PersonKey) -> Choices | None:
        """Return what was decided under a key, if anything was."""
        stored = self._transaction.get(person)
        return None if stored is None else choice_records.decode(stored)

    def forbid(self, keys: Iterable[PersonKey]) -> bool:
        """Tell whether somebody behind one of these keys opted out or was erased."""
        return self.any and any(choice_records.forbids(self.of(key)) for key in keys)
