"""Looking people up in LMDB: what a worker does with every request that may know its person."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import lmdb

from adapters.profiles import choice_records
from adapters.profiles.grants import GrantTable
from adapters.profiles.lmdb_store import census
from adapters.profiles.lmdb_store.environment import ReadableEnvironment
from adapters.profiles.lmdb_store.group_keys import GroupKeys
from adapters.profiles.lmdb_store.sealing import LINK, SLOT, unseal
from adapters.profiles.lmdb_store.shelf import GRANTS_KEY
from adapters.profiles.record import Damaged, ProfileReader
from adserver.domain.choices import Choices, strictest
from adserver.domain.person import KEY_BYTES, NOBODY, Found, PersonKey, Profile
from adserver.errors import Unavailable


class LmdbProfiles:
    """`ports.Profiles`. Opens its files with the first look-up, so it may be built before a fork."""

    def __init__(self, profiles: Path, choices: Path, keys: Path) -> None:
        self._people = ReadableEnvironment(profiles)
        self._choices = ReadableEnvironment(choices)
        self._keys_file = keys
        self._keys: GroupKeys | None = None
        self._grants = GrantTable()
        self._reader = ProfileReader(self._is_usable)

    def find(self, ids: Sequence[PersonKey], now_s: float) -> Found:
        """Return who stands behind one person's ids; of who opted out, nothing but that. Raises `Unavailable`."""
        try:
            # The most frequent case by far takes no detour: nobody decided anything, and no id is linked.
            stored, decided = self._people.begin().get, self._choices.begin().get
            person, found = None, b""
            for key in ids:
                record = stored(key)
                if decided(key) is not None or (record and record[-1] & LINK):
                    return self._at_length(ids, now_s)
                if record and person is None:
                    person, found = key, record
            if person is None:
                return Found(ids[0])
            profile = self._profile(person, found, now_s)
            return self._at_length(ids, now_s) if profile is None else Found(person, profile)
        except lmdb.MapResizedError:
            return self._after_growth(ids, now_s)
        except (lmdb.Error, OSError) as error:
            raise Unavailable(f"profiles: {error}") from error

    def everybody(self, now_s: float) -> Iterator[tuple[int, ...]]:
        """Yield the segments by which each person may be chosen now, for counting. Blocks. Raises `Unavailable`."""
        return census.everybody(self._people, self.find, now_s)

    def close(self) -> None:
        """Let go of the files."""
        self._people.close()
        self._choices.close()
        if self._keys is not None:
            self._keys.close()
            self._keys = None

    def _after_growth(self, ids: Sequence[PersonKey], now_s: float) -> Found:
        try:
            self._people.grow()
            self._choices.grow()
            return self._at_length(ids, now_s)
        except (lmdb.Error, OSError) as error:
            raise Unavailable(f"profiles: {error}") from error

    def _at_length(self, ids: Sequence[PersonKey], now_s: float) -> Found:
        person, profile, decided = None, NOBODY, []
        for key in ids:
            root = self._root(key)
            own = [self._decided(each) for each in dict.fromkeys((key, root))]
            # An id that nobody decided for agrees to nothing, unless it is linked to one that did.
            decided.append(strictest(tuple(each for each in own if each is not None)))
            if person is None:
                record = self._people.begin().get(root)
                known = self._profile(root, record, now_s) if record else None
                if known is not None or root != key:
                    person, profile = root, known or NOBODY
        choices = strictest(tuple(decided))
        if choice_records.forbids(choices):
            profile = NOBODY
        return Found(person or ids[0], profile, choices)

    def _profile(self, person: PersonKey, record: bytes, now_s: float) -> Profile | None:
        try:
            return self._reader.profile(self._body(person, record), now_s)
        except Damaged:
            # Sealed anew since we read it, because somebody of the same group was erased? Otherwise it is unreadable.
            record = self._people.begin().get(person)
        try:
            return self._reader.profile(self._body(person, record), now_s) if record else None
        except Damaged:
            return None

    def _root(self, key: PersonKey) -> PersonKey:
        record = self._people.begin().get(key)
        if not record or not record[-1] & LINK:
            return key
        try:
            root = self._body(key, record)
        except Damaged:
            return key
        return root if len(root) == KEY_BYTES else key

    def _body(self, person: PersonKey, record: bytes) -> bytes:
        keys = self._keys
        if keys is None:
            keys = self._keys = GroupKeys(self._keys_file)
        return unseal(person, record, keys.secret(person, record[-1] & SLOT))

    def _decided(self, person: PersonKey) -> Choices | None:
        stored = self._choices.begin().get(person)
        return None if stored is None else choice_records.decode(stored)

    def _is_usable(self, index: int, day: int, today: int) -> bool:
        if self._grants.get(index) is None:
            try:
                self._grants = GrantTable.read(self._people.begin().get(GRANTS_KEY))
            except ValueError as error:
                raise Unavailable(f"profiles: {error}") from error
        return self._grants.is_usable(index, day, today)
