"""Sets of candidates as one Python `int`: bit i is candidate i, narrowing is `&`."""

from collections.abc import Iterable, Iterator

WINDOW = 1_024
_LOW = (1 << WINDOW) - 1


def bits(indices: Iterable[int], size: int) -> int:
    """Return the set of these indices, each below `size`; linear, where OR-ing one by one is not."""
    buffer = bytearray((size >> 3) + 1)
    for index in indices:
        buffer[index >> 3] |= 1 << (index & 7)
    return int.from_bytes(buffer, "little")


def ascending(alive: int) -> Iterator[int]:
    """Yield members from the lowest; lazily, so that taking the first few of a huge set is cheap.

    The set is cut into windows, because isolating a low bit costs time in the whole width.
    """
    offset = 0
    while alive:
        window = alive & _LOW
        while window:
            low = window & -window
            yield offset + low.bit_length() - 1
            window ^= low
        alive >>= WINDOW
        offset += WINDOW
