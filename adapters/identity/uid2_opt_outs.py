"""Who opted out of UID2 or EUID: raw ids from a file that the receiver of the operators' opt-out calls appends to."""

from array import array
from binascii import a2b_base64
from bisect import bisect_left
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

from adserver.durable import read_secret
from adserver.errors import Fault, InvalidConfig

RAW_BYTES = (32, 33)
_KEPT_BYTES = 8


class OptOuts(NamedTuple):
    """The last eight bytes of each raw id: 8 bytes a person, in order; of whom came later a set.

    Two people may share them, one in 2^64 of the pairs: then somebody is spared who did not ask for it.
    """

    ends: "array[int]"
    later: frozenset[int]
    whole_bytes: int
    """So much of the file has been read, to the end of a line."""
    checksum: int
    """Of that, to see whether it is still the same."""

    def spare(self, raw: str) -> bool:
        """Tell whether the person behind a raw id, in Base64, opted out."""
        end = _end(a2b_base64(raw))
        at = bisect_left(self.ends, end)
        return (at < len(self.ends) and self.ends[at] == end) or end in self.later


def read_opt_outs(path: Path, before: OptOuts | None = None) -> OptOuts:
    """Return the raw ids of a file: one a line, perhaps with a time behind it; `#` begins a comment.

    Of a file that only grew since `before`, only what is new is decoded: bids wait while this runs, and a million
    lines take seconds. Raises `InvalidConfig` with the place of the first line that is none: it may be somebody's.
    """
    content = read_secret(path)
    whole = content.rfind(b"\n") + 1
    view = memoryview(content)
    if before is not None and before.whole_bytes:
        known = before.whole_bytes
        if crc32(view[:known]) == before.checksum:
            later = _ends(path, content[known:], "among the newest lines")
            checksum = crc32(view[known:whole], before.checksum)
            return OptOuts(before.ends, before.later.union(later), whole, checksum)
    checksum = crc32(view[:whole])
    return OptOuts(array("Q", sorted(set(_ends(path, content, "")))), frozenset(), whole, checksum)


def _ends(path: Path, content: bytes, where: str) -> Iterable[int]:
    for number, line in enumerate(content.splitlines(), 1):
        words = line.partition(b"#")[0].replace(b",", b" ").split()
        if not words:
            continue
        try:
            raw = a2b_base64(words[0], strict_mode=True)
        except ValueError:
            raw = b""
        if len(raw) not in RAW_BYTES:
            at = where or f"line {number}"
            raise InvalidConfig([Fault(str(path), at, "is no raw UID2 or EUID in Base64")])
        yield _end(raw)


def _end(raw: bytes) -> int:
    return int.from_bytes(raw[-_KEPT_BYTES:], "big")
