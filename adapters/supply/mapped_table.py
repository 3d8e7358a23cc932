"""The compiled table in a file that all workers map, and follow when another takes its place."""

import mmap
from collections.abc import Callable
from pathlib import Path

import structlog

from adserver.durable import Stamp, stamp
from adserver.metrics import SUPPLY_TABLE

_log = structlog.get_logger()


class MappedTable:
    """Hands over each new version; a version that is no table is refused, and the one before stays."""

    def __init__(self, path: Path, use: Callable[[memoryview], float]) -> None:
        """`use` takes the mapped bytes and returns when they were made. It raises `ValueError` for what is no table."""
        self._path = path
        self._use = use
        self._seen: Stamp | None = None
        SUPPLY_TABLE.set(0)
        self.poll()

    def poll(self) -> None:
        """Look whether there is another; call it about twice a second."""
        found = stamp(self._path)
        if found is None or found == self._seen:
            return  # a file that goes away takes nothing with it: the mapping stays
        self._seen = found
        try:
            with self._path.open("rb") as file:
                content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            SUPPLY_TABLE.set(self._use(memoryview(content)))
        except (OSError, ValueError) as error:  # an empty file cannot be mapped: a ValueError
            _log.error("supply_table_refused", file=str(self._path), problem=str(error))
