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
