"""`make bench`: the speed of the goals, each figure beside its bar and its last recorded value.

exit codes: 0 good, 1 worse than recorded, 3 not worse but a bar is missed
"""

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec
from rich.console import Console

from tests.bench import instructions, record
from tests.bench.bench_ctr import click_model
from tests.bench.changing import changes, start
from tests.bench.figures import Bench, Figure
from tests.bench.fleet import Fleet
from tests.bench.latency import latency
from tests.bench.lookups import lookups
from tests.bench.memory import memory
from tests.bench.narrowing import narrowing
from tests.bench.speed import speed
from tests.bench.table import table

SERVED = frozenset({"P1", "P2", "P3", "P4", "P5", "P9", "P11"})
"""Measured on the same servers, so that all stand beside the same E."""
ALONE: Mapping[str, Callable[[Bench], list[Figure]]] = {
    "P6": narrowing,
    "P7": click_model,
    "P8": lookups,
    "P9": changes,
    "P10": memory,
    "instructions": instructions.counts,
}
BARS = ("P1", "P2", "P3", "P4", "P5", "P6", "P7", "P8", "P9", "P10", "P11", "instructions")
SLOW = frozenset({"P3", "P8"})
"""A server with 100,000 line items takes half a minute to start, and ten million people a minute or two to load."""


def main() -> int:
    """Measure what is asked for, print and compare it."""
    options = _options()
    wanted = frozenset(options.bars or set(BARS) - (SLOW if options.quick else set()))
    progress = Console(stderr=True)
    folder = Path(tempfile.mkdtemp(prefix="adserver-bench-"))
    began = time.monotonic()

    def say(what: str) -> None:
        progress.print(f"[dim]{time.monotonic() - began:5.0f} s[/]  {what}", highlight=False)

    try:
        figures = measure(Bench(folder, options.count, options.rounds, wanted, say))
    finally:
        shutil.rmtree(folder)
    say("done")
    machine = instructions.machine()
    last = record.read()
    compared = record.compare(figures, last, machine)
    if options.json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(compared)).decode() + "\n")
    else:
        Console(width=140).print(table(compared))
    if options.record:
        record.write(record.recorded(figures, last, machine))
        return 0
    return record.outcome(compared)


def measure(bench: Bench) -> list[Figure]:
    """Return all figures that are wanted, in the order of the bars."""
    figures: list[Figure] = []
    if bench.wanted & SERVED:
        with Fleet(bench) as fleet:
            figures += _served(bench, fleet)
    for bar, run in ALONE.items():
        if bar in bench.wanted:
            figures += run(bench)
    order = ("E", *BARS)
    return sorted(figures, key=lambda figure: order.index(figure.bar))


def _served(bench: Bench, fleet: Fleet) -> list[Figure]:
    figures: list[Figure] = []
    if "P9" in bench.wanted:
        figures.append(start(fleet))
    if bench.wanted & {"P1", "P2", "P3", "P4", "P11"}:
        figures += speed(bench, fleet)
    if "P5" in bench.wanted:
        figures += latency(bench, fleet)
    return figures


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument(
        "bars", nargs="*", metavar="BAR",
        help=f"of {', '.join(BARS)}; all of them",
    )  # fmt: skip
    parser.add_argument(
        "--quick", action="store_true", help=f"without {', '.join(sorted(SLOW))}, which takes long"
    )
    parser.add_argument("--count", type=int, default=5_000, help="requests per burst")
    parser.add_argument("--rounds", type=int, default=7, help="of bursts; the median counts")
    parser.add_argument("--json", action="store_true", help="for programs")
    parser.add_argument(
        "--record", action="store_true", help=f"write {record.FILE.name}, to commit it"
    )
    parsed = parser.parse_args()
    if unknown := set(parsed.bars) - set(BARS):
        parser.error(f"no such bar: {', '.join(sorted(unknown))}")
    return parsed


if __name__ == "__main__":
    sys.exit(main())
