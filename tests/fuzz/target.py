"""One parser under attack: what is called, what it may do, and where to begin."""

import atexit
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
SCRATCH = "FUZZ_SCRATCH"
"""Names the folder for files that whoever started the process takes away: atheris ends it without a word."""


class Target(NamedTuple):
    """A parser and its property."""

    check: Callable[[bytes], None]
    """Parse; whatever comes out of it is a finding. Errors that the parser documents are caught inside."""
    seeds: Callable[[], Iterable[bytes]]
    """Good inputs, and such as nearly are."""
    max_bytes: int = 4_096


def corpus(folder: str, most: int = 300) -> Iterator[bytes]:
    """Yield files of the corpus that `ADSERVER_CORPUS` names; none without it: our own seeds suffice."""
    root = os.environ.get("ADSERVER_CORPUS")
    if root:
        files = sorted(path for path in Path(root, folder).iterdir() if path.is_file())
        for path in files[:: max(1, len(files) // most)]:
            yield path.read_bytes()


def scratch() -> Path:
    """Return a folder of this process for parsers that read files; in memory where the system has one."""
    folder = mkdtemp(prefix="fuzz-", dir=os.environ.get(SCRATCH) or memory())
    atexit.register(rmtree, folder, ignore_errors=True)
    return Path(folder)


def memory() -> Path | None:
    """Return where files are kept in memory, if anywhere."""
    found = Path("/dev/shm")  # noqa: S108 - folders are made in it for us alone
    return found if found.is_dir() else None
