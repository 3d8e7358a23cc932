"""Files that take another's place in one step, and outlive a power cut; and files that nobody else may read."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from stat import S_IMODE
from typing import BinaryIO

from adserver.errors import Fault, InvalidConfig


@contextmanager
def replacing(path: Path, *, mode: int = 0o666, anew: bool = False) -> Iterator[BinaryIO]:
    """Yield a file in the same folder; left without an error it stands at `path`, whole and synced, else it is gone.

    `mode` is that of a new file, less the umask. With `anew` nothing is replaced: raises `FileExistsError`.
    Raises `OSError`.
    """
    draft = draft_of(path)
    try:
        draft.unlink(missing_ok=True)  # of a process of this number that died
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if anew:
            os.link(draft, path)
        else:
            draft.replace(path)
        sync_folder(path.parent)
    finally:
        draft.unlink(missing_ok=True)


def draft_of(path: Path) -> Path:
    """Return where the file stands until it takes its place, for who reads it before."""
    return path.with_name(f".{path.name}.{os.getpid()}.draft")


def sync_folder(folder: Path) -> None:
    """Make durable which names stand in a folder. Raises `OSError`."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_secret(path: Path, at: str = "$") -> bytes:
    """Return what a file says that only its owner may read. Raises `InvalidConfig` with what to mend; `at` is the
    place in the settings that names the file.
    """
    try:
        with path.open("rb") as file:
            mode = S_IMODE(os.fstat(file.fileno()).st_mode)
            content = file.read()
    except OSError as failure:
        raise InvalidConfig(
            [Fault(str(path), at, f"cannot be read: {failure.strerror or failure}")]
        ) from None
    if mode & 0o077:
        message = f"mode {mode:04o} lets others read it; run `chmod 600` on it"
        raise InvalidConfig([Fault(str(path), at, message)])
    return content


def read_password(file: str | None, at: str) -> str:
    """Return what stands in a file that only we may read, one line of it; nothing without a file. `at` is the place in
    the settings that names the file. Raises `InvalidConfig`.
    """
    if file is None:
        return ""
    try:
        password = read_secret(Path(file), at).decode().strip("\r\n")
    except UnicodeDecodeError as failure:
        raise InvalidConfig([Fault(file, at, f"cannot be read: {failure}")]) from None
    if not password:
        raise InvalidConfig([Fault(file, at, "is empty")])
    return password


Stamp = tuple[int, int, int, int]


def stamp(path: Path) -> Stamp | None:
    """Return what changes when a file does; nothing, if it is not there."""
    try:
        found = path.stat()
    except OSError:
        return None  # whoever reads the file meets the same error and says so
    return found.st_mtime_ns, found.st_size, found.st_ino, found.st_mode
