"""Real servers for the benches, and the CPU time that all their processes take per request."""

import os
import re
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from random import Random

import orjson
import yaml

from adapters.campaigns import snapshot_file
from adserver import bootstrap
from adserver.config import load_settings
from adserver.domain.identity import segment_number
from adserver.processes import builder
from tests.bench.catalogs import SEGMENTS, catalog

ROOT = Path(__file__).parents[2]
PEOPLE = 10_000
SEGMENTS_EACH = 30
RATE = 20_000
"""More than any server here can answer: the open loop becomes a queue that is never empty."""
TICKS = os.sysconf("SC_CLK_TCK")


def prepare(folder: Path, line_items: int, port: int, private_port: int) -> Path:
    """Write settings, a compiled snapshot and known people; return the settings file."""
    folder.mkdir(parents=True)
    settings = yaml.safe_load((ROOT / "examples/demo/server.yaml").read_text("utf-8"))
    settings["workers"] = 1
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
        )
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
        until = time.monotonic() + 60
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
        path = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        return [self._process.pid, *map(int, path.read_text("ascii").split())]

    def cpu_us(self) -> float:
        """Return user and system time so far of all processes, in microseconds."""
        ticks = 0
        for pid in self.pids():
            fields = re.sub(r".*\) ", "", Path(f"/proc/{pid}/stat").read_text("ascii")).split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / TICKS * 1e6

    def stop(self) -> None:
        """End it in order."""
        self._process.terminate()
        self._process.wait(30)


def measure(server: Server, requests: Path, count: int) -> tuple[float, dict[str, int]]:
    """Return CPU microseconds per request of a server that is never idle, and the answers by status.

    An idle server pays for every awakening, several times what a request costs; a busy one does not.
    """
    before = server.cpu_us()
    done = subprocess.run(  # noqa: S603 - our own modules
        [
            sys.executable, "-m", "loadtest", "openloop", "--url", server.url, "--json",
            "--rate", str(RATE), "--seconds", str(count / RATE), "--requests", str(requests),
            "--connections", "64", "--arrivals", "uniform",
        ],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    report = orjson.loads(done.stdout)
    statuses: dict[str, int] = report["statuses"]
    return (server.cpu_us() - before) / sum(statuses.values()), statuses
