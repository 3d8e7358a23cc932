"""Stable numbers for the ids that people write."""

from functools import lru_cache
from hashlib import blake2b


@lru_cache(maxsize=1 << 18)
def number(kind: str, identifier: str) -> int:
    """Return a stable 63-bit number for an id of a kind (`line_item`, `creative`, `segment` ...).

    `adserver check` refuses a catalog in which two ids share a number.
    """
    digest = blake2b(f"{kind}/{identifier}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


@lru_cache(maxsize=1 << 18)
def segment_number(name: str) -> int:
    """Return a stable 32-bit number for a segment's name: small, because people have many of them.

    `adserver check` refuses a catalog in which two segments share a number.
    """
    digest = blake2b(f"segment/{name}".encode("utf-8", "surrogatepass"), digest_size=4).digest()
    return int.from_bytes(digest, "little")
