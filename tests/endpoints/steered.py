"""The server with a clock that can be set while it runs: by so many seconds as stand in a file.

usage: python -m tests.endpoints.steered OFFSET_FILE serve -c SETTINGS
"""

import mmap
import struct
import sys
import time
from pathlib import Path

from adserver.__main__ import main
from tests.endpoints.server import Json, Server

_OFFSET = struct.Struct("d")


class SteeredServer(Server):
    """A `Server` whose clock is right until it is `set_by` something."""

    def __init__(self, folder: Path, advertisers: dict[str, Json], settings: Json) -> None:
        super().__init__(folder, advertisers, settings)
        self._offset = folder / "offset"
        self.set_to(0.0)
        self.program = ("tests.endpoints.steered", str(self._offset))

    def set_to(self, seconds: float) -> None:
        """Set the clock to so many seconds ahead of the real one, for all processes at once."""
        with self._offset.open("r+b" if self._offset.exists() else "w+b", buffering=0) as file:
            file.write(_OFFSET.pack(seconds))


def _steer(file: Path) -> None:
    """Have `time.time` of this process and its children be wrong by what the file says."""
    with file.open("rb") as opened:
        mapped = mmap.mmap(opened.fileno(), _OFFSET.size, access=mmap.ACCESS_READ)
    right = time.time
    time.time = lambda: right() + _OFFSET.unpack_from(mapped)[0]


if __name__ == "__main__":
    _steer(Path(sys.argv[1]))
    sys.exit(main(sys.argv[2:]))
