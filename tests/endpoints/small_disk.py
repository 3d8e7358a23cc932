"""A disk of a few megabytes for a server's state, to be filled and freed; or a limit that acts like one."""

import os
import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from tests.endpoints.server import Server

MIB = 9
"""The secrets of people's records take half of it."""


class Disk(Protocol):
    """What a state folder lies on."""

    path: Path

    def fill(self, server: Server) -> None:
        """Leave no byte for this server."""

    def free(self, server: Server) -> None:
        """Have space again."""


class TinyDisk:
    """A file system in memory of its own."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._ballast = path / "ballast"

    def fill(self, server: Server) -> None:
        """Leave no byte, whoever wants one."""
        with self._ballast.open("wb", buffering=0) as ballast:
            try:
                while True:
                    ballast.write(bytes(4_096))
            except OSError:
                assert os.statvfs(self.path).f_bavail == 0

    def free(self, server: Server) -> None:
        """Have space again."""
        self._ballast.unlink()


class LimitedFiles:
    """Where nobody may mount: the owner's files may not grow, which fails as a full disk does (`EFBIG`).

    Its log must be longer than its other files, or be written elsewhere, to go on growing: lines are lost.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def fill(self, server: Server) -> None:
        """Let the owner write nothing beyond its ledger's end."""
        limit = (server.state / "ledger").stat().st_size
        resource.prlimit(server.owner_pid(), resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))

    def free(self, server: Server) -> None:
        """Lift the limit."""
        unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
        resource.prlimit(server.owner_pid(), resource.RLIMIT_FSIZE, unlimited)


@contextmanager
def small_disk(folder: Path) -> Iterator[Disk]:
    """Return a disk at `folder`, gone when left: one of 9 MiB, or a limit if the machine lets nobody mount."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={MIB}m,mode=700", "tmpfs", str(folder)]
    allowed = not os.environ.get("ADSERVER_NO_MOUNT") and os.geteuid() == 0
    if not allowed or subprocess.run(mount, check=False, capture_output=True).returncode:  # noqa: S603 - our own words
        yield LimitedFiles(folder)
        return
    try:
        yield TinyDisk(folder)
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)  # noqa: S603, S607 - our own words; lazily: a test that failed leaves a server
