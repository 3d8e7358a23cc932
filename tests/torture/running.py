"""A server to torture, in a folder that goes away, and what can be asked of it that users cannot."""

import re
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


def own_kb(pid: int) -> int:
    """Return the anonymous memory of a process, what it shares by copy-on-write included; see proc(5).

    The proportional set size (PSS) would also move when any other process that maps the same libraries comes or
    goes, and when a page that was shared since the fork is written to.
    """
    text = _read(f"/proc/{pid}/smaps_rollup")
    found = re.search(r"^Anonymous:\s+(\d+) kB", text, re.MULTILINE)
    assert found is not None, text
    return int(found.group(1))


def children(server: Server) -> list[int]:
    """Return the owner and the workers, by the kernel."""
    pid = server.pid()
    return [int(each) for each in _read(f"/proc/{pid}/task/{pid}/children").split()]


def total(server: Server, name: str, **labels: str) -> float:
    """Return a metric summed over all workers and all labels that are not named."""
    wanted = set(labels.items())
    return sum(
        value
        for worker in range(server.workers)
        for (series, found), value in server.metrics(worker).items()
        if series == name and wanted <= found
    )


def events(server: Server) -> Iterator[bytes]:
    """Yield the lines of the event log."""
    for file in sorted((server.state / "events").iterdir()):
        yield from file.read_bytes().splitlines()


def _read(path: str) -> str:
    return Path(path).read_text("ascii")
