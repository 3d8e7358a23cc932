"""How many connections each worker has, in memory that all of them share: whoever has more lets another accept the next."""

import mmap

CLEAR_PART = 8
"""Whoever has more than an eighth more than another is ahead."""
_BYTES = 8


class Spread:
    """Made before the forks."""

    def __init__(self, workers: int) -> None:
        self._counts = memoryview(mmap.mmap(-1, workers * _BYTES)).cast("Q")

    def place(self, slot: int) -> "Place":
        """Return what the worker that begins in a slot counts with."""
        return Place(self._counts, slot)


class Place:
    """One worker's count among all."""

    def __init__(self, counts: memoryview, slot: int) -> None:
        self.count = 0
        """Our own."""
        self._counts = counts
        self._slot = slot
        self._is_ours = False

    def enter(self) -> None:
        """Tell of ours from now on, not of those of whoever had the slot before."""
        self._is_ours = True
        self._tell(0)

    def more(self) -> None:
        """Count a connection that was accepted."""
        self._tell(1)

    def fewer(self) -> None:
        """Count one that ended."""
        self._tell(-1)

    def leave(self) -> None:
        """Tell nothing more: the slot is another worker's now."""
        self._is_ours = False

    def is_ahead(self) -> bool:
        """Tell whether another worker has clearly fewer: of a few each one counts, of thousands they come by hundreds."""
        fewest = min(self._counts)
        return self.count > fewest + fewest // CLEAR_PART

    def _tell(self, more: int) -> None:
        self.count += more
        if self._is_ours:
            self._counts[self._slot] = self.count
