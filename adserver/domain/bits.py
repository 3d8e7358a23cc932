"""Sets of small numbers (places of candidates, of products) as one Python `int`: bit i is i, narrowing is `&`."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

WINDOW = 1_024
STRETCH = 16 * WINDOW
_LOW = (1 << WINDOW) - 1
_LOW_STRETCH = (1 << STRETCH) - 1


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


Packed = int | tuple[Run, ...]
"""A set, or where it is a few runs only, these: a catalog has many sets of one line item, each as wide as all."""
FEW_RUNS = 4


def packed(indices: Sequence[int], size: int) -> Packed:
    """Return the set of these indices, which ascend, in the form that takes less memory."""
    runs: list[Run] = []
    for index in indices:
        end = runs[-1].first + runs[-1].length if runs else -1
        if index == end:
            runs[-1] = Run(runs[-1].first, runs[-1].length + 1)
        elif index < end:  # once more the last one
            continue
        elif len(runs) == FEW_RUNS:
            return bits(indices, size)
        else:
            runs.append(Run(index, 1))
    return tuple(runs)


def unpacked(members: Packed) -> int:
    """Return the set itself."""
    if isinstance(members, int):
        return members
    return sum([run.bits for run in members])


def ascending(alive: int) -> Iterator[int]:
    """Yield members from the lowest; lazily, so that taking the first few of a huge set is cheap.

    The set is cut into stretches and these into windows: isolating a low bit costs time in the width of what it is
    isolated in, and so does each step to what comes next.
    """
    beginning = 0
    while alive:
        stretch = alive & _LOW_STRETCH
        offset = beginning
        while stretch:
            window = stretch & _LOW
            while window:
                low = window & -window
                yield offset + low.bit_length() - 1
                window ^= low
            stretch >>= WINDOW
            offset += WINDOW
        alive >>= STRETCH
        beginning += STRETCH
