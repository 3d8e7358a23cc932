"""A shelf file as workers see it: mapped, so that its memory is one for all of them, and never written to."""

from array import array
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import lmdb
import msgspec

from adapters.feeds.shelf_file import BITS, VERSION, About, Record, refused, term
from adserver.domain.bits import bits
from adserver.domain.product import Product

REMEMBERED_SETS = 512
"""Sets of products that are kept unpacked, at most 12 kB each for 100,000 products."""
_about = msgspec.msgpack.Decoder(About).decode
_record = msgspec.msgpack.Decoder(Record).decode


class Shelf:
    """One state of one feed; sets of products are ints, bit i is position i, the better ones first."""

    def __init__(self, path: Path) -> None:
        """Map the file. Raises `InvalidConfig` if it is none of ours, or not whole."""
        try:
            self._environment = lmdb.open(
                str(path), subdir=False, readonly=True, lock=False, create=False, max_dbs=0,
                map_size=max(path.stat().st_size, 1), readahead=False,
            )  # fmt: skip
        except (OSError, lmdb.Error) as error:
            raise refused(path, f"cannot be read: {error}") from None
        info = self._environment.info()
        page = self._environment.stat()["psize"]
        if (info["last_pgno"] + 1) * page > path.stat().st_size:  # reading on would end the process
            self._environment.close()
            raise refused(path, "is cut short")
        self._reading = self._environment.begin()
        try:
            self.about = _about(self._reading.get(b"m") or b"")
        except (msgspec.DecodeError, UnicodeDecodeError, lmdb.Error):
            self.close()
            raise refused(path, "is no shelf of products") from None
        if self.about.version != VERSION:
            self.close()
            raise refused(path, f"has version {self.about.version}, this server reads {VERSION}")
        self.everything = (1 << self.about.shown) - 1
        self.having: Callable[[str, str], int] = lru_cache(REMEMBERED_SETS)(self._having)
        """Return the products with a facet (its name, its value), of which case does not matter."""

    def close(self) -> None:
        """Let go of the file."""
        self._reading.abort()
        self._environment.close()

    def _having(self, name: str, value: str) -> int:
        return self.members(term(name, value))

    def members(self, key: bytes) -> int:
        """Return the set that stands behind a term's key."""
        packed = self._reading.get(key)
        if packed is None:
            return 0
        if packed[:1] == BITS:
            return int.from_bytes(packed[1:], "little")
        positions = array("I", packed[1:])
        return bits(positions, positions[-1] + 1)

    def number(self, position: int) -> int:
        """Return the number of the product at a position below `about.shown`."""
        found = self._reading.get(b"o" + position.to_bytes(4, "big"))
        return int.from_bytes(found or b"", "big")

    def find(self, number: int) -> Record | None:
        """Return a product, also one that is sold out; microseconds."""
        found = self._reading.get(b"p" + number.to_bytes(8, "big"))
        return None if found is None else _record(found)

    def product(self, number: int) -> Product | None:
        """Return a product without its place."""
        found = self.find(number)
        return None if found is None else found.product

    def said_by(self, segment: int) -> bytes:
        """Return what a person's segment says of products: nothing, or one letter and a product or category."""
        return self._reading.get(b"g" + segment.to_bytes(4, "big")) or b""
