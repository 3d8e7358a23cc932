"""Events on their way to the owner: lines that may be dropped when too many wait."""

from adserver.metrics import EVENTS_DROPPED

MAX_EVENT_BYTES = 8 << 20


class EventQueue:
    """Lines in order."""

    def __init__(self) -> None:
        self._lines: list[bytes] = []
        self.waiting_bytes = 0

    def __len__(self) -> int:
        """Return how many lines wait."""
        return len(self._lines)

    def add(self, line: bytes) -> None:
        """Queue one line without its end; it is dropped and counted when too many wait."""
        if self.waiting_bytes > MAX_EVENT_BYTES:
            EVENTS_DROPPED.inc()
            return
        self._lines.append(line)
        self.waiting_bytes += len(line) + 1

    def take(self) -> bytes:
        """Return all lines, each with its end; none wait then."""
        lines = b"\n".join([*self._lines, b""])
        self._lines.clear()
        self.waiting_bytes = 0
        return lines
