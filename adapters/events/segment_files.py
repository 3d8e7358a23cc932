"""Events as JSON lines in files that are closed after some size or time: `events-<UTC>-<n>.jsonl`."""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from adserver.errors import Unavailable

_decode = msgspec.json.Decoder(dict[str, Any]).decode


class SegmentFiles:
    """An `EventStore` in a folder; one process writes. A segment that has a successor never changes."""

    def __init__(
        self, folder: Path, *, segment_bytes: int = 64 << 20, segment_s: float = 3_600.0
    ) -> None:
        """Write to `folder`, made if missing. Raises `Unavailable`."""
        self._folder = folder
        self._segment_bytes = segment_bytes
        self._segment_s = segment_s
        self._file: int | None = None
        self._size = 0
        self._began = 0.0
        try:
            folder.mkdir(parents=True, exist_ok=True)
            names = [path.name for path in folder.glob("events-*.jsonl")]
        except OSError as error:
            raise Unavailable(f"cannot make the events folder {folder}: {error}") from error
        newest = max(names, default="").removeprefix("events-").removesuffix(".jsonl")
        self._stamp, _, count = newest.partition("-")
        """The newest segment's: names go on in the order of writing even if the clock is set back."""
        self._count = int(count) if count.isdecimal() else 0

    def append(self, lines: bytes) -> None:
        """Add whole lines to the current segment; none of them if the disk takes only a part."""
        if not lines:
            return
        try:
            file = self._segment()
            done = 0
            try:
                while done < len(lines):
                    done += os.write(file, lines[done:])
            except OSError:
                try:
                    os.ftruncate(file, self._size)
                except OSError:
                    self.close()  # a torn line may only be the last of its segment
                raise
            self._size += len(lines)
        except OSError as error:
            raise Unavailable(f"cannot write events to {self._folder}: {error}") from error

    def close(self) -> None:
        """Close the current segment."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _segment(self) -> int:
        old = self._size >= self._segment_bytes or time.monotonic() - self._began >= self._segment_s
        if self._file is not None and not old:
            return self._file
        self.close()
        now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(time.time()))
        self._stamp = max(now, self._stamp)
        while self._file is None:
            self._count += 1
            path = self._folder / f"events-{self._stamp}-{self._count:06}.jsonl"
            try:
                self._file = os.open(
                    path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600
                )
            except FileExistsError:
                continue  # a predecessor's, within the same second
        self._size, self._began = 0, time.monotonic()
        return self._file


class EventReader:
    """Reads what `SegmentFiles` wrote, the oldest first; also while it is being written."""

    def __init__(self, folder: Path) -> None:
        """Read from `folder`; one that does not exist has no events."""
        self._folder = folder
        self.torn = 0
        """Last lines cut short by a crash, left out."""

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Yield each event. Raises `ValueError` with file and line for one that is no JSON object."""
        for path in sorted(self._folder.glob("events-*.jsonl")):
            with path.open("rb") as lines:
                for number, line in enumerate(lines, 1):
                    if not line.endswith(b"\n"):
                        self.torn += 1
                        continue
                    try:
                        yield _decode(line)
                    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                        raise ValueError(f"{path.name}, line {number}: {error}") from error


def read_events(folder: Path) -> EventReader:
    """Return the events of a folder, to iterate over; its `torn` counts what was cut short."""
    return EventReader(folder)
