"""A server to torture, in a folder that goes away, and what can be asked of it that users cannot."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.endpoints.server import Server

Json = dict[str, Any]


@contextmanager
def serving(
    advertisers: Mapping[str, Json], *expected: str, settings: Json | None = None
) -> Iterator[Server]:
    """Start a server; when left it must end well, with no errors logged but those `expected`."""
    with tempfile.TemporaryDirectory(prefix="torture-") as folder:
        server = Server(Path(folder, "server"), advertisers, settings)
        try:
            yield server.start()
        finally:
            server.stop(*expected)


def worker_pids(server: Server) -> list[int]:
    """Return the processes that decide now."""
    return [server.worker_pid(worker) for worker in range(server.workers)]


def events(server: Server) -> Iterator[bytes]:
    """Yield the lines of the event log."""
    for file in sorted((server.state / "events").iterdir()):
        yield from file.read_bytes().splitlines()
