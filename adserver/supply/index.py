"""What all files say, as one table of numbers in order: eight bytes for each thing said, shared by all workers.

Each number is 60 bits of a keyed hash of who says what of whom, and 4 bits of what is said. The key is drawn for
each table, so that nobody can look for a name that has the hash of another.

The file: a head of 64 bytes, the facts, then the addresses of applications (numbers, offsets, texts), then the magic again.
"""

import sys
from array import array
from bisect import bisect_left
from hashlib import blake2b
from struct import Struct
from typing import BinaryIO

MAGIC = b"supply01" if sys.byteorder == "little" else b"supply10"
"""Tells the version and the order of bytes: a table is made on the machine that reads it."""
_HEAD = Struct("=8s16sQQQd8x")
SALT_BYTES = 16
_BITS = 4
_MASK = (1 << _BITS) - 1
PRESENT, ABSENT = 1, 2
"""What is known of a file: there is one; we looked, and there is none. Otherwise nobody looked, or too long ago."""
DIRECT, RESELLER = 1, 2
"""What an ads.txt says of an account; both is 3."""
KINDS = ("ads.txt", "app-ads.txt", "sellers.json")


def _key(salt: bytes, *said: str) -> int:
    text = "\0".join(said).encode("utf-8", "surrogatepass")
    digest = blake2b(text, digest_size=8, key=salt).digest()
    return int.from_bytes(digest, "little") & ~_MASK


class TableWriter:
    """Collects what is said."""

    def __init__(self, salt: bytes) -> None:
        """Hash with `SALT_BYTES` random bytes that nobody else knows."""
        self._salt = salt
        self._facts: dict[int, int] = {}
        self._applications: dict[int, str] = {}

    def say(self, value: int, *said: str) -> None:
        """Add a value of 1 to 15; what is said twice counts together, bit by bit."""
        key = _key(self._salt, *said)
        self._facts[key] = self._facts.get(key, 0) | value

    def application(self, bundle: str, domain: str) -> None:
        """Add the developer's domain of an application."""
        self._applications[_key(self._salt, "application", bundle)] = domain

    def write(self, file: BinaryIO, made_s: float) -> None:
        """Write the table; `made_s` is when, in seconds since the epoch."""
        facts = array("Q", sorted(key | value for key, value in self._facts.items()))
        keys = sorted(self._applications)
        texts = [self._applications[key].encode() for key in keys]
        offsets = array("Q", [0])
        for text in texts:
            offsets.append(offsets[-1] + len(text))
        file.write(_HEAD.pack(MAGIC, self._salt, len(facts), len(keys), offsets[-1], made_s))
        file.write(facts.tobytes() + array("Q", keys).tobytes() + offsets.tobytes())
        file.write(b"".join(texts) + MAGIC)


class Table:
    """What was said, looked up in a buffer: bytes, or a mapped file."""

    def __init__(self, buffer: "bytes | memoryview") -> None:
        """Look into a buffer, and copy nothing. Raises `ValueError` if it is no whole table."""
        view = memoryview(buffer)
        if len(view) < _HEAD.size or bytes(view[:8]) != MAGIC or bytes(view[-8:]) != MAGIC:
            raise ValueError("is no table of supply paths, or not a whole one")
        _, self._salt, facts, applications, texts, made_s = _HEAD.unpack(view[: _HEAD.size])
        self.made_s: float = made_s
        end = _HEAD.size + 8 * facts
        keys = end + 8 * applications
        offsets = keys + 8 * (applications + 1)
        if offsets + texts + len(MAGIC) != len(view):
            raise ValueError("is no whole table of supply paths")
        self._facts = view[_HEAD.size : end].cast("Q")
        self._keys = view[end:keys].cast("Q")
        self._offsets = view[keys:offsets].cast("Q")
        self._texts = view[offsets : offsets + texts]

    def __len__(self) -> int:
        """Return how many things are said."""
        return len(self._facts)

    def said(self, *said: str) -> int:
        """Return what is said; 0 for nothing."""
        key = _key(self._salt, *said)
        facts = self._facts
        at = bisect_left(facts, key)
        if at == len(facts):
            return 0
        found = facts[at]
        return found & _MASK if found & ~_MASK == key else 0

    def developer(self, bundle: str) -> str:
        """Return the developer's domain of an application, or nothing."""
        key = _key(self._salt, "application", bundle)
        at = bisect_left(self._keys, key)
        if at == len(self._keys) or self._keys[at] != key:
            return ""
        return bytes(self._texts[self._offsets[at] : self._offsets[at + 1]]).decode()


def empty_table() -> Table:
    """Return a table in which nothing is said."""
    return Table(_HEAD.pack(MAGIC, bytes(SALT_BYTES), 0, 0, 0, 0.0) + bytes(8) + MAGIC)
