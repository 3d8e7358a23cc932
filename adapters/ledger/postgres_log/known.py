"""A note on our own disk of how far we knew the log: a database that has less has lost something."""

import os
from pathlib import Path

from adapters.ledger.postgres_log.frames import START, Position

WIDTH = 40


class Known:
    """The note. It is not synced: after a power cut it may be older than what was known, which does no harm."""

    def __init__(self, path: Path) -> None:
        """Read what was noted; nothing noted, or nothing readable, is the beginning."""
        self.path = path
        self.position = _read(path)

    def note(self, position: Position) -> None:
        """Keep a position. A disk that is full keeps the one from before."""
        self.position = position
        text = f"{position.number} {position.checksum}\n".encode().ljust(WIDTH)
        try:
            file = os.open(self.path, os.O_WRONLY | os.O_CREAT, 0o600)
            try:
                os.pwrite(file, text, 0)
            finally:
                os.close(file)
        except OSError:
            return  # an older note is as true; the database has all that counts


def _read(path: Path) -> Position:
    try:
        number, checksum = path.read_bytes().split()
        return Position(int(number), int(checksum))
    except (OSError, ValueError):
        return START
