"""A child's pulse: a count in memory that it shares with its parent, which notices when it stands still."""

import mmap
import struct

_COUNT = struct.Struct("Q")
MOST_S = 2.0
"""No more is counted from one look to the next. If we did not look for longer, we did not run ourselves (a machine that
slept, Ctrl-Z), and the child neither."""


class Pulse:
    """Made before the fork; the child beats, the parent looks."""

    def __init__(self) -> None:
        self._shared = mmap.mmap(-1, _COUNT.size)
        self._beats = 0
        self._seen = 0
        self._silent_s = 0.0
        self._looked = 0.0

    def beat(self) -> None:
        """Say that we are alive; in the child."""
        self._beats += 1
        _COUNT.pack_into(self._shared, 0, self._beats)

    @property
    def has_begun(self) -> bool:
        """Tell whether there ever was a beat: who reads a long log first beats later."""
        (beats,) = _COUNT.unpack_from(self._shared)
        return bool(beats)

    def silent_s(self, now: float) -> float:
        """Return for how many seconds of our own life there was no beat; in the parent, by a monotonic clock."""
        (beats,) = _COUNT.unpack_from(self._shared)
        if beats != self._seen or not self._looked:
            self._seen, self._silent_s = beats, 0.0
        else:
            self._silent_s += min(now - self._looked, MOST_S)
        self._looked = now
        return self._silent_s
