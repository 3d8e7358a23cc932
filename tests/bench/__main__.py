"""`make bench`: the speed table of the goals, as far as it exists, each figure beside its bar.

CPU is user plus system time per request of all the server's processes; E is the yardstick of the same run.
"""

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

from rich.console import Console
from rich.table import Table

from adserver.commands.demo.world import free_ports
from loadtest import traffic
from tests.bench.serving import ROOT, Server, measure, prepare

REQUESTS = 2_000
"""The fixed set; it is sent over and over, so its consent strings repeat as those of page views do."""


def main() -> int:
    """Measure everything and print the table; 1 if a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000, help="requests per measurement")
    parser.add_argument("--rounds", type=int, default=3, help="the median counts")
    parser.add_argument("--large", action="store_true", help="100,000 line items too (P3)")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="adserver-bench-"))
    try:
        return _print(_speed(folder, options))
    finally:
        shutil.rmtree(folder)


def _speed(folder: Path, options: argparse.Namespace) -> list[tuple[str, str, str, str, bool]]:
    sellable, unsellable = folder / "bids.jsonl", folder / "nobids.jsonl"
    traffic.write(sellable, REQUESTS)
    traffic.write(unsellable, REQUESTS, sellable=False)
    probe = sellable.read_bytes().splitlines()[0]
    sizes = [10, 10_000] + ([100_000] if options.large else [])
    servers: dict[str, Server] = {}
    try:
        for line_items in sizes:
            port, private = free_ports(1), free_ports(1)
            file = prepare(folder / str(line_items), line_items, port, private)
            servers[str(line_items)] = Server(
                ["adserver", "serve", "--as-compiled", "-c", str(file)],
                f"http://127.0.0.1:{port}/openrtb2/demo",
                folder / f"{line_items}.log",
                probe,
            )
        size = _average_answer(servers["10000"], sellable)
        port = free_ports(1)
        servers["E"] = Server(
            ["tests.bench.canned", str(port), str(size)],
            f"http://127.0.0.1:{port}/",
            folder / "e.log",
            probe,
        )
        found: dict[str, list[float]] = {}
        statuses: dict[str, dict[str, int]] = {}
        runs = [("E", "E", sellable), ("P1", "10", sellable), ("P2", "10000", sellable)]
        runs += [("P3", "100000", sellable)] if options.large else []
        runs += [("P4", "10000", unsellable)]
        for _ in range(options.rounds):
            for name, server, requests in runs:
                cpu, answered = measure(servers[server], requests, options.count)
                found.setdefault(name, []).append(cpu)
                statuses[name] = answered
        started = servers["10000"].started_s
    finally:
        for each in servers.values():
            each.stop()
    return _rows(found, statuses, size, started)


def _average_answer(server: Server, requests: Path) -> int:
    """Return how long our answers to these requests are, so that the yardstick's are as long."""
    lengths = []
    for line in requests.read_bytes().splitlines()[:200]:
        with urllib.request.urlopen(server.url, line, timeout=5) as response:  # noqa: S310 - our own
            body = response.read()
            if response.status == 200:
                lengths.append(len(body))
    return int(statistics.mean(lengths))


def _rows(
    found: dict[str, list[float]], statuses: dict[str, dict[str, int]], size: int, started: float
) -> list[tuple[str, str, str, str, bool]]:
    what = {
        "P1": ("a full bid, 10 line items", 2.0),
        "P2": ("a full bid, 10,000 line items", 2.5),
        "P3": ("a full bid, 100,000 line items", 3.5),
        "P4": ("a request that cannot be bid on", 1.4),
    }
    medians = {name: statistics.median(values) for name, values in found.items()}
    yardstick = medians["E"]
    rows = [("E", f"bare server, answers of {size} bytes", f"{yardstick:.1f} us", "", True)]
    for name, (text, bar) in what.items():
        if name in medians:
            ratio = medians[name] / yardstick
            mix = " ".join(f"{status}:{count}" for status, count in sorted(statuses[name].items()))
            measured = f"{ratio:.2f} E ({medians[name]:.1f} us; {mix})"
            rows.append((name, text, measured, f"<= {bar} E", ratio <= bar))
    rows.append(
        (
            "P9",
            "start to first bid, 10,000 line items",
            f"{started:.2f} s",
            "<= 3 s",
            started <= 3,
        )
    )
    return rows


def _print(rows: list[tuple[str, str, str, str, bool]]) -> int:
    table = Table(title="Speed", header_style="bold")
    for column in ("id", "what", "measured", "bar", "met"):
        table.add_column(column)
    for name, text, measured, bar, met in rows:
        table.add_row(name, text, measured, bar, ("yes" if met else "NO") if bar else "")
    Console(width=110).print(table)
    for module in ("bench_ctr", "bench_stages", "bench_consent", "bench_tokens"):
        sys.stdout.flush()
        subprocess.run([sys.executable, "-m", f"tests.bench.{module}"], cwd=ROOT, check=True)  # noqa: S603
    return 0 if all(row[-1] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
