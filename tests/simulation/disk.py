"""A disk that fills up, refuses to sync and forgets in a crash what was not synced; the journal's own code writes on it."""

import errno
import os
from collections.abc import Callable
from typing import Any

from adserver.errors import Unavailable


class Torn(BaseException):
    """The machine stopped in the middle of a write."""


class Disk:
    """What the journal takes for `os`: the same, with faults."""

    def __init__(self, written: Callable[[bytes], None]) -> None:
        self.full = False
        self.refuses = False
        """Syncing fails."""
        self.tear_after: int | None = None
        """The next write stops after so many bytes, and the machine with it."""
        self._written = written

    def __getattr__(self, name: str) -> Any:
        """Be `os` in everything else."""
        return getattr(os, name)

    def pwrite(self, file: int, data: bytes, offset: int) -> int:
        """Write, as far as there is space."""
        if self.tear_after is not None:
            keep, self.tear_after = min(self.tear_after, len(data) - 1), None
            os.pwrite(file, data[:keep], offset)
            raise Torn
        if self.full:
            if len(data) > 1:  # the last block that was free
                os.pwrite(file, data[: len(data) // 2], offset)
            raise OSError(errno.ENOSPC, "No space left on device")
        self._written(data)
        return os.pwrite(file, data, offset)

    def fdatasync(self, file: int) -> None:
        """Sync; in memory there is nothing to do."""
        if self.refuses:
            raise OSError(errno.EIO, "Input/output error")

    def fsync(self, file: int) -> None:
        """Sync likewise."""
        self.fdatasync(file)


class Events:
    """An `EventStore` that keeps only which notices it has, on the same disk."""

    def __init__(self, disk: Disk, written: Callable[[bytes], None]) -> None:
        self.notices: set[tuple[str, str]] = set()
        """Kind and bid, in hexadecimal digits."""
        self.bids = 0
        self._disk = disk
        self._written = written

    def append(self, lines: bytes) -> None:
        """Keep what the lines say. Raises `Unavailable`."""
        if self._disk.full:
            raise Unavailable("no space left for events")
        self._written(lines)
        for line in lines.splitlines():
            kind, bid = _between(line, b'"event":"'), _between(line, b'"bid":"')
            if kind == "bid":
                self.bids += 1
            else:
                self.notices.add((kind, bid))

    def close(self) -> None:
        """Nothing to let go of."""


def _between(line: bytes, mark: bytes) -> str:
    start = line.index(mark) + len(mark)
    return line[start : line.index(b'"', start)].decode()
