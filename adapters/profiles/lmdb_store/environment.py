"""One LMDB environment with all that can happen to it: growth, other processes, a disk that fails."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import lmdb

from adserver.errors import Unavailable

MAP_BYTES = 1 << 30
"""Address space to begin with; it doubles when full. The file takes what is used."""
MAX_READERS = 512


@contextmanager
def named_failure() -> Iterator[None]:
    """Turn what LMDB and the disk raise into `Unavailable`."""
    try:
        yield
    except (lmdb.Error, OSError) as error:
        raise Unavailable(f"profiles: {error}") from error


class ReadableEnvironment:
    """An environment that another process writes. It is opened with the first look-up: build it before a fork,
    use it after.

    Each look-up is a read transaction of its own, from a kept, reset one (0.25 us): it sees what the owner wrote
    last, and between look-ups nobody keeps old pages from being used again.
    """

    def __init__(self, path: Path) -> None:
        self._path = str(path)
        self._environment: Any = None
        self.begin: Callable[[], Any] = self._open
        """Begins a transaction, which ends with its last reference. Raises what LMDB raises: see `grow`."""

    def grow(self) -> None:
        """Take over the size of the map, after an `lmdb.MapResizedError`: the owner needed more."""
        self._environment.set_mapsize(0)

    def close(self) -> None:
        """Let go of the files."""
        if self._environment is not None:
            self._environment.close()
            self._environment, self.begin = None, self._open

    def _open(self) -> Any:
        self._environment = lmdb.open(
            self._path, readonly=True, create=False, map_size=0, max_spare_txns=4,
            max_readers=MAX_READERS,
        )  # fmt: skip
        self.begin = self._environment.begin
        return self.begin()


class WritableEnvironment:
    """An environment to write, from any thread of a process, one after the other."""

    def __init__(self, path: Path, *, map_bytes: int = MAP_BYTES, metasync: bool = True) -> None:
        """Open or create the folder. Without `metasync` a power cut may undo the last commit, never more.

        Raises `Unavailable`.
        """
        self._path = str(path)
        self._metasync = metasync
        self._lock = threading.RLock()
        with named_failure():
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._environment = self._open(map_bytes)
            self._environment.reader_check()  # slots of workers that were killed

    @contextmanager
    def reading(self) -> Iterator[Any]:
        """Give a read transaction. Raises what LMDB raises: see `named_failure`."""
        with self._lock, self._begin(write=False) as transaction:
            yield transaction

    def write(self, change: Callable[[Any], None]) -> None:
        """Make a change in one transaction, again from its start, with twice the address space, whenever that
        runs out. Raises `Unavailable`; then nothing is changed.
        """
        with self._lock, named_failure():
            while True:
                try:
                    with self._begin(write=True) as transaction:
                        change(transaction)
                except lmdb.MapFullError:
                    self._environment.set_mapsize(2 * self._environment.info()["map_size"])
                except lmdb.PanicError:
                    # The disk failed within a commit: LMDB does nothing more with this environment.
                    self._environment.close()
                    self._environment = self._open(0)
                    raise
                else:
                    return

    def sync(self) -> None:
        """Return once the last commit is safe from a power cut, too. Raises `Unavailable`."""
        with self._lock, named_failure():
            self._environment.sync(True)  # noqa: FBT003 - LMDB's own signature

    def close(self) -> None:
        """Let go of the files."""
        with self._lock:
            self._environment.close()

    def _begin(self, *, write: bool) -> Any:
        try:
            return self._environment.begin(write=write)
        except lmdb.MapResizedError:  # another process, which loads audiences, needed more
            self._environment.set_mapsize(0)
            return self._environment.begin(write=write)

    def _open(self, map_bytes: int) -> Any:
        return lmdb.open(
            self._path, map_size=map_bytes, metasync=self._metasync, max_spare_txns=2,
            max_readers=MAX_READERS, mode=0o600,
        )  # fmt: skip
