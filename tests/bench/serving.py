"""Real servers for the benches, and the CPU time that all their processes take per request."""

import os
import re
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import orjson
import yaml

from adapters.campaigns import snapshot_file
from adserver import bootstrap
from adserver.config import load_settings
from adserver.domain.grant import UNDECLARED
from adserver.domain.identity import segment_number
from adserver.processes import builder
from tests.bench.catalogs import SEGMENTS, catalog
from tests.endpoints.footprint import children, cpu_s

ROOT = Path(__file__).parents[2]
PEOPLE = 10_000
SEGMENTS_EACH = 30
RATE = 20_000
"""More than any server here can answer: the open loop becomes a queue that is never empty."""
CONNECTIONS = 16
"""Enough that a server is never idle; with many more they would wait so long that requests are shed."""
PATIENCE_S = 300.0
"""A server with 100,000 line items takes its time to start."""

_NAPS = re.compile(r"^voluntary_ctxt_switches:\s+(\d+)", re.MULTILINE)


def prepare(folder: Path, line_items: int, port: int, private_port: int, workers: int = 1) -> Path:
    """Write settings, a compiled snapshot and known people; return the settings file."""
    folder.mkdir(parents=True)
    settings = yaml.safe_load((ROOT / "examples/demo/server.yaml").read_text("utf-8"))
    settings["workers"] = workers
    settings.pop("privacy")  # its people are declared by nobody
    base = f"http://127.0.0.1:{port}"
    settings["http"] = {"port": port, "private_port": private_port, "base_url": base}
    settings["guard"] = {}
    for unlimited in ("hourly_ceiling", "max_cpm"):
        settings["exchanges"][0].pop(unlimited)
    file = folder / "server.yaml"
    file.write_text(yaml.safe_dump(settings), "utf-8")
    loaded = load_settings(file)
    builder.prepare_state(loaded)
    snapshot_file.write(bootstrap.places(loaded).snapshot, catalog(line_items))
    pseudonym = bootstrap.pseudonym(loaded)
    dice = Random(line_items)
    numbers = [segment_number(name) for name in SEGMENTS]
    writer = bootstrap.profiles_config(loaded).build_writer()
    writer.put_segments(
        sorted(
            (pseudonym("buyeruid", f"person-{person}"), dice.sample(numbers, SEGMENTS_EACH))
            for person in range(PEOPLE)
        ),
        UNDECLARED,
        int(time.time()) // 86_400,
    )
    writer.close()
    return file


class Server:
    """A process tree that serves, started and ended by us."""

    def __init__(self, arguments: list[str], url: str, log: Path, probe: bytes) -> None:
        """Start and wait until `probe` is answered with 200."""
        self.url = url
        self.log = log
        started = time.monotonic()
        with log.open("wb") as file:
            self._process = subprocess.Popen(  # noqa: S603 - our own modules
                [sys.executable, "-m", *arguments], cwd=ROOT, stdout=file, stderr=file
            )
        self._wait(probe)
        self.started_s = time.monotonic() - started

    def _wait(self, probe: bytes) -> None:
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            try:
                with urllib.request.urlopen(self.url, probe, timeout=1) as response:  # noqa: S310
                    if response.status == 200:
                        return
                time.sleep(0.005)
            except OSError:
                if self._process.poll() is not None:
                    break
                time.sleep(0.005)
        raise RuntimeError(f"no server at {self.url}:\n{self.log.read_text('utf-8')[-2_000:]}")

    def pids(self) -> list[int]:
        """Return the process and all its children."""
        return [self._process.pid, *children(self._process.pid)]

    def cpu_us(self) -> float:
        """Return user and system time so far of all processes and threads, in microseconds."""
        return 1e6 * sum(map(cpu_s, self.pids()))

    def naps(self) -> int:
        """Return how often its processes went to sleep of their own accord so far."""
        return sum(
            int(found[1])
            for pid in self.pids()
            if (found := _NAPS.search(Path(f"/proc/{pid}/status").read_text("ascii"))) is not None
        )

    def pin(self, cores: set[int]) -> None:
        """Let all its processes and threads run on these cores only."""
        for pid in self.pids():
            for thread in Path(f"/proc/{pid}/task").iterdir():
                os.sched_setaffinity(int(thread.name), cores)

    def stop(self) -> None:
        """End it in order."""
        self._process.terminate()
        self._process.wait(30)


class Measured(NamedTuple):
    """What a burst of requests cost."""

    cpu_us: float
    """Per request, of all the server's processes."""
    statuses: dict[str, int]
    busy: float
    """The share of the time that the server's processes ran; more than 1 on several cores."""
    naps: float
    """How often per request a process of the server had nothing to do and slept."""
    report: dict[str, Any]
    """The load generator's."""


def load(
    server: Server,
    requests: Path,
    rate: float,
    seconds: float,
    *,
    arrivals: str = "uniform",
    connections: int = CONNECTIONS,
) -> Measured:
    """Send these requests in an open loop and return what they cost. Raises `RuntimeError` if none was answered."""
    before_us, before_naps = server.cpu_us(), server.naps()
    done = subprocess.run(  # noqa: S603 - our own modules
        [
            sys.executable, "-m", "loadtest", "openloop", "--url", server.url, "--json",
            "--rate", str(rate), "--seconds", str(seconds), "--requests", str(requests),
            "--connections", str(connections), "--arrivals", arrivals,
        ],
        cwd=ROOT, check=False, capture_output=True,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"{server.url}: {done.stdout[-500:]!r} {done.stderr[-1_000:].decode()}")
    report = orjson.loads(done.stdout)
    spent_us, naps = server.cpu_us() - before_us, server.naps() - before_naps
    statuses: dict[str, int] = report["statuses"]
    answered = sum(statuses.values())
    busy = spent_us / report["seconds"] / 1e6
    return Measured(spent_us / answered, statuses, busy, naps / answered, report)


def burst(server: Server, requests: Path, count: int) -> Measured:
    """Send so many requests to a server that is never idle.

    An idle server pays for every awakening, several times what a request costs; a busy one does not.
    """
    return load(server, requests, RATE, count / RATE)
