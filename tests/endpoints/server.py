"""A real server in a folder of its own: supervisor, owner and workers, started as a user would."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

import yaml
from prometheus_client.parser import text_string_to_metric_families

from tests.endpoints.client import EXCHANGE, Client, Reply, once

ROOT = Path(__file__).parents[2]
WORKERS = 2
START_S = 15.0
STOP_S = 20.0
KILLED_S = 5.0
BASE_URL = "https://ads.example"
"""What URLs in answers begin with; `Client.follow` calls them at the real address."""
UNUSUAL = {"PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE", "COLUMNS"}
"""What users have not set. Without its bytecode a server needs half as long again to start."""
ENVIRONMENT = {name: value for name, value in os.environ.items() if name not in UNUSUAL}

Json = dict[str, Any]
Series = tuple[str, frozenset[tuple[str, str]]]


class Server:
    """Settings and campaigns in `folder`; `start` and `stop` as often as wanted."""

    def __init__(
        self, folder: Path, advertisers: Mapping[str, Json], settings: Json | None = None
    ) -> None:
        self.folder = folder
        self.program: tuple[str, ...] = ("adserver",)
        """What Python runs."""
        self.workers: int = (settings or {}).get("workers", WORKERS)
        self.port, self.private_port = free_ports(self.workers + 1)
        self.state = folder / "state"
        self.settings_file = folder / "server.yaml"
        self._log = folder / "server.log"
        self._read_from = 0
        self._process: subprocess.Popen[bytes] | None = None
        (folder / "campaigns").mkdir(parents=True)
        self.write_campaigns(advertisers)
        self.settings: Json = {
            "campaigns": {"kind": "yaml", "path": "campaigns"},
            "http": {"port": self.port, "private_port": self.private_port, "base_url": BASE_URL},
            "workers": self.workers,
            "exchanges": [{"name": EXCHANGE}],
            "invalid_traffic": {"fastest_click_ms": 0},  # tests do not wait before they click
            **(settings or {}),
        }
        self.write_settings()

    def write_settings(self) -> None:
        """Write the settings file."""
        self.settings_file.write_text(yaml.safe_dump(self.settings), encoding="utf-8")

    def write_campaigns(self, advertisers: Mapping[str, Json]) -> None:
        """Write one file per advertiser."""
        for name, advertiser in advertisers.items():
            file = self.folder / "campaigns" / f"{name}.yaml"
            file.write_text(json.dumps(advertiser), encoding="utf-8")

    # --- its life ---

    def start(self) -> "Server":
        """Start and wait until every worker is ready."""
        self._spawn()
        wait(
            lambda: self.is_ready() and bool(self.events("serving")),
            START_S,
            lambda: f"not ready: {self.text()}",
        )
        return self

    def fails(self) -> str:
        """Start what cannot start; assert exit code 2 and return what it said."""
        process = self._spawn()
        assert process.wait(START_S) == 2, self.text()
        self._process = None
        return self.text()

    def stop(self, *expected: str) -> None:
        """End it; assert that it ended well and logged no errors but events of these names."""
        if self._process is None:
            return
        process, self._process = self._process, None
        process.send_signal(signal.SIGTERM)
        try:
            code = process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise
        assert code == 0, self.text()
        assert "Traceback" not in self.text(), self.text()
        assert all(line.startswith("{") for line in self.text().splitlines()), self.text()
        wrong = [each for each in self.log() if each["level"] in {"error", "critical"}]
        assert [each for each in wrong if each["event"] not in expected] == [], wrong

    def kill(self) -> None:
        """Kill the supervisor as `kill -9` does, and wait until its children have followed."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        self._process = None
        ports = range(self.port, self.port + 1 + self.workers)
        wait(lambda: all(map(_is_free, ports)), KILLED_S)

    def _spawn(self) -> "subprocess.Popen[bytes]":
        self._read_from = self._log.stat().st_size if self._log.exists() else 0
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own command
                [sys.executable, "-m", *self.program, "serve", "-c", str(self.settings_file)],
                cwd=ROOT, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=ENVIRONMENT,
            )  # fmt: skip
        return self._process

    # --- questions ---

    def is_ready(self) -> bool:
        """Tell whether every worker can serve."""
        assert self._process is None or self._process.poll() is None, self.text()
        return all(self.answers(worker) for worker in range(self.workers))

    def answers(self, worker: int, path: str = "/readyz") -> bool:
        """Tell whether a worker's private port answers 200."""
        try:
            return self.private("GET", path, worker=worker).status == 200
        except (ConnectionError, TimeoutError):
            return False

    def client(self) -> Client:
        """Return a new connection to the public port."""
        return Client(self.port)

    @contextmanager
    def clients(self) -> Iterator[list[Client]]:
        """Connect once to each worker; closed when left."""
        found: dict[int, Client] = {}
        with ExitStack() as closing:
            for attempt in range(200):
                before = [self.requests(worker) for worker in range(self.workers)]
                client = closing.enter_context(self.client())
                client.bid({"id": f"which-{attempt}", "imp": [{"id": "1"}]})
                after = [self.requests(worker) for worker in range(self.workers)]
                found.setdefault(
                    next(w for w in range(self.workers) if after[w] > before[w]), client
                )
                if len(found) == self.workers:
                    yield [found[worker] for worker in range(self.workers)]
                    return
        raise AssertionError("one worker takes every connection")

    def private(self, method: str, path: str, body: bytes | None = None, worker: int = 0) -> Reply:
        """Ask a worker's private port."""
        return once(self.private_port + worker, method, path, body)

    def raw(self, data: bytes, *, hang_up: bool = True) -> bytes:
        """Send bytes that need not be HTTP and return what came back until the line closed.

        Who hangs up has no claim to an answer: the server may close first.
        """
        with socket.create_connection(("127.0.0.1", self.port), timeout=2.0) as line:
            line.sendall(data)
            if hang_up:
                line.shutdown(socket.SHUT_WR)
            answer = b""
            with suppress(ConnectionError):
                while chunk := line.recv(65_536):
                    answer += chunk
            return answer

    def explain(self, asked: Json, exchange: str = EXCHANGE) -> Json:
        """Return the walk of a request."""
        reply = self.private("POST", f"/explain/{exchange}", json.dumps(asked).encode())
        assert reply.status == 200, reply.body
        walk: Json = reply.json()
        return walk

    def report(self) -> dict[str, Json]:
        """Return the owner's books by line item."""
        reply = self.private("GET", "/report")
        assert reply.status == 200, reply.body
        return {line["line_item"]: line for line in reply.json()["lines"]}

    def requests(self, worker: int) -> float:
        """Return how many bid requests a worker has had."""
        return self.total("adserver_bid_requests_total", worker)

    def no_bids(self, reason: str) -> float:
        """Return how many requests were not bid on for this reason, over all workers."""
        return self.total("adserver_no_bids_total", reason=reason)

    def total(self, name: str, *workers: int, **labels: str) -> float:
        """Return a metric, which must exist, summed over these workers, or all, and over labels not named."""
        wanted = set(labels.items())
        found = [
            value
            for worker in workers or range(self.workers)
            for (series, named), value in self.metrics(worker).items()
            if series == name and wanted <= named
        ]
        assert found, f"no series {name} with {labels}"
        return sum(found)

    def metrics(self, worker: int = 0) -> dict[Series, float]:
        """Return every series of a worker."""
        text = self.private("GET", "/metrics", worker=worker).body.decode()
        return {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    def text(self) -> str:
        """Return what it printed since its last start."""
        with self._log.open("rb") as log:
            log.seek(self._read_from)
            return log.read().decode()

    def log(self) -> list[Json]:
        """Return the log lines since the last start."""
        whole, _, _ = self.text().rpartition("\n")
        return [json.loads(line) for line in whole.splitlines() if line.startswith("{")]

    def events(self, name: str) -> list[Json]:
        """Return the log lines of one event."""
        return [line for line in self.log() if line["event"] == name]

    def pid(self) -> int:
        """Return the supervisor's process id."""
        assert self._process is not None
        return self._process.pid

    def owner_pid(self) -> int:
        """Return the process id of the owner that serves now."""
        return int(self.events("owner_ready")[-1]["pid"])

    def worker_pid(self, worker: int) -> int:
        """Return the process id of the worker that serves now."""
        joined = [each["pid"] for each in self.events("worker_joined") if each["slot"] == worker]
        return int(joined[-1])

    def command(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run `python -m adserver` with these settings and return how it ended."""
        return subprocess.run(  # noqa: S603 - our own command
            [sys.executable, "-m", "adserver", *words, "-c", str(self.settings_file)],
            cwd=ROOT, capture_output=True, text=True, timeout=START_S, check=False, env=ENVIRONMENT,
        )  # fmt: skip


def wait(
    done: Callable[[], bool], seconds: float, complain: Callable[[], str] = lambda: "too late"
) -> float:
    """Wait until something is so and return how long it took; fail after so many seconds."""
    began = time.monotonic()
    while not done():
        assert time.monotonic() - began < seconds, complain()
        time.sleep(0.02)
    return time.monotonic() - began


_FIRST, _STRIDE, _SPAN = 20_000, 1_000, 16
_tries: Iterator[int] = count(os.getpid() % 200)


def free_ports(private: int) -> tuple[int, int]:
    """Return a free public port and the first of some private ones in a row.

    Each test process has a thousand ports of its own below those that the kernel gives to clients.
    """
    process = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 11
    for attempt in _tries:
        first = _FIRST + _STRIDE * process + attempt * 4 % (_STRIDE - _SPAN)
        if all(_is_free(port) for port in range(first, first + 1 + private)):
            return first, first + 1
    raise AssertionError("unreachable: the counter has no end")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
