"""Ranges of ascending numbers in Fibonacci coding, as the header of GPP and the Canadian section write them.

A number is a sum of Fibonacci numbers, none beside the next: one bit for each from the smallest on, worth 1, 2, 3,
5, 8 ..., and a 1 behind the last, so that "11" ends every number.
"""

from bisect import bisect_right
from itertools import accumulate

HIGHEST = 0xFFFF
"""Of any number that is listed."""
_WORTHS = tuple(
    first
    for first, _ in accumulate(range(23), lambda pair, _: (pair[1], sum(pair)), initial=(1, 2))
)


def ranges(text: str, start: int) -> tuple[list[tuple[int, int]], int]:
    """Return the ranges (first, last) listed from here on, in zeros and ones, and where the list ends.

    Raises `ValueError` if it is cut off or goes beyond `HIGHEST`.
    """
    if len(text) < start + 12:
        raise ValueError("cut off in a range")
    position = start + 12
    last = 0
    found = []
    for _ in range(int(text[start:position], 2)):
        group = text[position : position + 1] == "1"
        offset, position = _number(text, position + 1)
        first = last = last + offset
        if group:
            offset, position = _number(text, position)
            last += offset
        if last > HIGHEST:
            raise ValueError("beyond the highest number")
        found.append((first, last))
    return found, position


def bits_needed(listed: list[tuple[int, int]]) -> int:
    """Return how long the list of these ranges is."""
    needed, before = 12, 0
    for first, last in listed:
        needed += 2 + bisect_right(_WORTHS, first - before)
        if last > first:
            needed += 1 + bisect_right(_WORTHS, last - first)
        before = last
    return needed


def _number(text: str, start: int) -> tuple[int, int]:
    """Return the number whose code starts here, and where the code ends."""
    last = text.find("11", start)
    if last < start or last - start >= len(_WORTHS):
        raise ValueError("no Fibonacci number")
    number = 0
    one = text.find("1", start)
    while one <= last:
        number += _WORTHS[one - start]
        one = text.find("1", one + 2)  # never two side by side before the end
        if one < 0:
            break
    return number, last + 2
