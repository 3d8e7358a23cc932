"""Sets of candidates as one Python `int`: bit i is candidate i, narrowing is `&`."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

WINDOW = 1_024
_LOW = (1 << WINDOW) - 1


def bits(indices: Iterable[int], size: int) -> int:
    """Return the set of these indices, each below `size`; linear, where OR-ing one by one is not."""
    buffer = bytearray((size >> 3) + 1)
    for index in indices:
        buffer[index >> 3] |= 1 << (index & 7)
    return int.from_bytes(buffer, "little")


def few(indices: Iterable[int]) -> int:
    """Return the set of a handful of indices, each of them once: for those, `bits` takes longer."""
    return sum([1 << index for index in indices])


class Run(NamedTuple):
    """Neighbouring candidates, those of a line item: kept as two numbers, since a set for each would take their square."""

    first: int
    length: int

    @property
    def indices(self) -> range:
        """Its members."""
        return range(self.first, self.first + self.length)

    @property
    def bits(self) -> int:
        """The set."""
        return ((1 << self.length) - 1) << self.first


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
