"""Events in a list."""

from typing import Any

import msgspec

from adserver.errors import Unavailable


class FakeEventStore:
    """An `EventStore` in memory; fails while `broken`."""

    def __init__(self) -> None:
        self.lines = b""
        self.broken = False

    @property
    def events(self) -> list[dict[str, Any]]:
        """Everything written, decoded."""
        return [msgspec.json.decode(line) for line in self.lines.splitlines()]

    def append(self, lines: bytes) -> None:
        """Keep the lines."""
        if self.broken:
            raise Unavailable("events are broken")
        self.lines += lines

    def close(self) -> None:
        """Nothing to let go of."""
