"""What a clock that is set makes of the moments before: they are as long ago as they were, whatever it says now."""

KEEP = 64
"""Older ones are forgotten: a clock that is set more often is past helping."""


class SetForward:
    """How far the clock was set forward, and when; setting it back takes back what was set forward last."""

    def __init__(self) -> None:
        self._jumps: list[tuple[float, float]] = []
        """What the clock said just before, and by how many seconds it was set forward, the oldest first."""

    def note(self, before_s: float, by_s: float) -> None:
        """Take note that the clock, at `before_s`, was set by so many seconds, back if negative."""
        while by_s < 0 and self._jumps:
            last_s, by = self._jumps.pop()
            if by + by_s > 0:
                self._jumps.append((last_s, by + by_s))
            by_s = min(0.0, by + by_s)
        if by_s > 0:
            self._jumps.append((before_s, by_s))
            del self._jumps[:-KEEP]

    def since(self, at_s: float) -> float:
        """Return by how many seconds the clock was set forward since it said `at_s`.

        What it never showed, because it was set over it, it said before: when it was ahead for a while.
        """
        if not self._jumps:
            return 0.0
        return sum(by_s for before_s, by_s in self._jumps if at_s < before_s + by_s)

    def __bool__(self) -> bool:
        return bool(self._jumps)
