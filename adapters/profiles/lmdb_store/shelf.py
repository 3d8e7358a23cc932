"""The people's LMDB within one transaction: records by person, sealed and unsealed on the way."""

import os
from typing import Any

from adapters.profiles.grants import GrantTable
from adapters.profiles.lmdb_store.group_keys import GroupKeyWriter, group_of
from adapters.profiles.lmdb_store.sealing import NONCE_BYTES, SLOT, is_link, seal, unseal
from adapters.profiles.record import EMPTY, Damaged, Record, pack, unpack
from adserver.domain.grant import Grant
from adserver.domain.person import KEY_BYTES, PersonKey
from adserver.errors import Unavailable

GRANTS_KEY = b"\0"
"""Before every person's key, so that people loaded in order can be appended."""
NUMBER_BYTES = 8


def name_key(number: int) -> bytes:
    """Return where the name of a segment or topic stands: no person's key, since those have 16 bytes."""
    return GRANTS_KEY + number.to_bytes(NUMBER_BYTES, "big")


class Shelf:
    """One transaction on people; those that write have the store to themselves as long as it lasts."""

    def __init__(self, transaction: Any, keys: GroupKeyWriter) -> None:
        self.transaction = transaction
        self.keys = keys

    def root_of(self, person: PersonKey) -> PersonKey:
        """Return whose id this is: another person's key if it was linked, else the key itself."""
        stored = self.transaction.get(person)
        if not stored or not is_link(stored):
            return person
        try:
            root = self._unsealed(person, stored)
        except Damaged:
            return person
        return root if len(root) == KEY_BYTES else person

    def load(self, person: PersonKey) -> Record:
        """Return what is kept under a key itself; nothing if that is a link or cannot be read."""
        stored = self.transaction.get(person)
        if not stored or is_link(stored):
            return EMPTY
        try:
            return unpack(self._unsealed(person, stored))
        except Damaged:
            return EMPTY  # The writer heals: a new record takes the place of a damaged one.

    def save(self, person: PersonKey, record: Record) -> None:
        """Keep a record; an empty one is deleted."""
        if record == EMPTY:
            self.transaction.delete(person)
        else:
            self.transaction.put(person, self.sealed(person, pack(record)))

    def save_link(self, alias: PersonKey, root: PersonKey) -> None:
        """Keep whose id this is."""
        self.transaction.put(alias, self.sealed(alias, root, link=True))

    def sealed(self, person: PersonKey, body: bytes, *, link: bool = False) -> bytes:
        """Return a body as it is stored, with the current secret of the person's group."""
        slot = self.keys.current(group_of(person))
        secret = self.keys.secret(person, slot)
        return seal(person, body, secret, slot, os.urandom(NONCE_BYTES), link=link)

    def sealed_anew(self, person: PersonKey, stored: bytes) -> bytes | None:
        """Return a stored record with the current secret, or none if nobody can read it."""
        try:
            return self.sealed(person, self._unsealed(person, stored), link=is_link(stored))
        except Damaged:
            return None

    def grants(self) -> GrantTable:
        """Return the table of grants. Raises `Unavailable` if it is damaged: nobody knows then what is allowed."""
        try:
            return GrantTable.read(self.transaction.get(GRANTS_KEY))
        except ValueError as error:
            raise Unavailable(f"profiles: {error}") from error

    def index_of(self, grant: Grant) -> tuple[GrantTable, int]:
        """Return the table with this grant in it, and where. Raises `Unavailable`."""
        table = self.grants()
        try:
            longer, index = table.index(grant)
        except ValueError as error:
            raise Unavailable(f"profiles: {error}") from error
        if longer is not table:
            self.transaction.put(GRANTS_KEY, longer.written())
        return longer, index

    def _unsealed(self, person: PersonKey, stored: bytes) -> bytes:
        return unseal(person, stored, self.keys.secret(person, stored[-1] & SLOT))
