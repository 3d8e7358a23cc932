"""The header of a GPP string: which sections it holds."""

from functools import lru_cache

from adserver.privacy.bits import Bits
from adserver.privacy.gpp_fibonacci import ranges

HEADER_TYPE, GPP_VERSION = 3, 1
HIGHEST_SECTION = 4_095
MAX_HEADER = 128
"""In letters; one of all sections has some 20."""


@lru_cache(maxsize=4_096)  # few headers are in use
def sections(header: str) -> tuple[int, ...]:
    """Return the ids of a string's sections, ascending; raises `ValueError` if they cannot be read."""
    if len(header) > MAX_HEADER:
        raise ValueError("too long a header")
    bits = Bits(header)
    head = bits.read(0, 24)
    if head >> 18 != HEADER_TYPE or head >> 12 & 0x3F != GPP_VERSION:
        raise ValueError("not a GPP string of version 1")
    return listed(bits)


def listed(header: Bits) -> tuple[int, ...]:
    """Return the numbers that any header lists behind its first 12 bits, ascending."""
    found, _ = ranges(header.text(12), 0)
    if found and found[-1][1] > HIGHEST_SECTION:
        raise ValueError("no such section")
    return tuple(number for first, last in found for number in range(first, last + 1))
