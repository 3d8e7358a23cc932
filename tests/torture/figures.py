"""What a torture measures: figures beside their bars, within a size and a time."""

import time

import msgspec


class Figure(msgspec.Struct, frozen=True):
    """One measured value and whether it is good enough."""

    bar: str
    """`R1`"""
    what: str
    measured: str
    wanted: str
    met: bool


class Scale(msgspec.Struct, frozen=True):
    """How hard to try: the full numbers of the goals, or the short ones of the tests."""

    full: bool = False
    seconds: float = 60.0
    """No bar goes on for much longer, however much is left to do; its figure says how far it came."""
    seed: int = 7

    def count(self, full: int, short: int) -> int:
        """Return how many to try."""
        return full if self.full else short

    def time(self, part: float = 1.0) -> "Box":
        """Return a part of the time, beginning now."""
        return Box(time.monotonic() + self.seconds * part)


class Box(msgspec.Struct, frozen=True):
    """A time that ends."""

    ends: float
    """By the monotonic clock."""

    def over(self) -> bool:
        """Tell whether it has ended."""
        return time.monotonic() > self.ends


def none_of(bar: str, what: str, tried: int, wrong: list[str]) -> Figure:
    """Return the figure of something that must never happen; the first that did are shown."""
    shown = f": {'; '.join(wrong[:3])}" if wrong else ""
    return Figure(bar, what, f"{len(wrong)} of {tried:,}{shown}", "0", not wrong and tried > 0)


class Missing(Exception):
    """Something that a torture needs and this machine lacks: a message for whoever can install it."""
