"""The secrets of people's records: one for every 65,536th part of all people, in a file that is never backed up.

A person belongs to a group by the first two bytes of their key. A group has two slots of 32 bytes and a byte that says
which one seals. Erasing somebody fills the other slot, seals the rest of the group anew, and overwrites the old slot:
then no copy of that person's record can be read again. See docs/decisions/0008-erasure.md.
"""

import fcntl
import mmap
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from adapters.profiles.lmdb_store.sealing import SECRET_BYTES
from adserver.domain.person import PersonKey
from adserver.durable import replacing

GROUPS = 1 << 16
SLOTS_BYTES = 2 * SECRET_BYTES
SIZE_BYTES = GROUPS * SLOTS_BYTES + GROUPS
EMPTY = bytes(SECRET_BYTES)


def group_of(person: PersonKey) -> int:
    """Return the number of a person's group, below 65,536."""
    return person[0] << 8 | person[1]


class GroupKeys:
    """The secrets to read by: the file is mapped, so that what was overwritten is gone for everybody at once."""

    def __init__(self, path: Path) -> None:
        """Raises `OSError` if the file cannot be read or is not whole."""
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_size != SIZE_BYTES:
                raise OSError(
                    f"{path}: has not {SIZE_BYTES} bytes; see docs/decisions/0008-erasure.md"
                )
            self.map = mmap.mmap(file.fileno(), SIZE_BYTES, prot=mmap.PROT_READ)

    def secret(self, person: PersonKey, slot: int) -> bytes:
        """Return what stands in a slot of a person's group; nothing but noughts if it is empty."""
        at = person[0] << 14 | person[1] << 6 | slot << 5
        return self.map[at : at + SECRET_BYTES]

    def close(self) -> None:
        """Let go of the file."""
        self.map.close()


class GroupKeyWriter(GroupKeys):
    """The secrets to write by, for the process that has the people's store locked for writing."""

    def __init__(self, path: Path) -> None:
        """Open the file, or make it. Raises `OSError`."""
        self.is_new = not path.exists()
        if self.is_new:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _make(path)
        super().__init__(path)
        self._file = os.open(path, os.O_RDWR)

    def close(self) -> None:
        """Let go of the file."""
        super().close()
        os.close(self._file)

    def current(self, group: int) -> int:
        """Return the slot that seals: 0 or 1."""
        return self.map[GROUPS * SLOTS_BYTES + group] & 1

    def has_old(self, group: int) -> bool:
        """Tell whether the slot that does not seal still has a secret: somebody stopped before it was overwritten."""
        at = group * SLOTS_BYTES + (1 - self.current(group)) * SECRET_BYTES
        return self.map[at : at + SECRET_BYTES] != EMPTY

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other processes from changing secrets meanwhile."""
        fcntl.flock(self._file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def renew(self, groups: Iterable[int]) -> None:
        """Draw new secrets, which seal from now on; the old ones stay to read by. No group has an old one yet.

        Nobody else may be writing records meanwhile. Durable when it returns. Raises `OSError`.
        """
        chosen = [(group, 1 - self.current(group)) for group in groups]
        for group, slot in chosen:
            self._put(group * SLOTS_BYTES + slot * SECRET_BYTES, os.urandom(SECRET_BYTES))
        os.fsync(self._file)  # a secret is whole before anything is sealed with it
        for group, slot in chosen:
            self._put(GROUPS * SLOTS_BYTES + group, bytes((slot,)))
        os.fsync(self._file)

    def destroy_old(self, groups: Iterable[int]) -> None:
        """Overwrite the secrets that do not seal any more. Durable when it returns. Raises `OSError`."""
        for group in groups:
            slot = 1 - self.current(group)
            self._put(group * SLOTS_BYTES + slot * SECRET_BYTES, EMPTY)
        os.fsync(self._file)

    def _put(self, at: int, what: bytes) -> None:
        if os.pwrite(self._file, what, at) != len(what):
            raise OSError("the file of secrets could not be written")


def _make(path: Path) -> None:
    try:
        with replacing(path, mode=0o600, anew=True) as file:
            for _ in range(GROUPS):
                file.write(os.urandom(SECRET_BYTES) + EMPTY)
            file.write(bytes(GROUPS))
    except FileExistsError:
        pass  # Another process was sooner.
