"""`make soak`: a long time at a share of capacity; what must be flat is flat.

The test of flatness: the median of the last third of the windows against that of the middle third. The first third is
for warming up: caches fill, and bids of which nothing is heard hold their money until their time is over.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from itertools import pairwise
from statistics import median

import msgspec
import uvloop
from rich.console import Console
from rich.table import Table

from tests.torture.figures import Figure
from tests.torture.soaking import Sample, Soaked, soak, soaked

MEMORY, SLOWER = 1.02, 1.10
REMEMBERED_BYTES = 512
"""What the owner may keep of each notice, for `click_days`: it must know a repetition when it comes."""
WINDOWS = 18
"""At least six in each third."""
_BARS = "▁▂▃▄▅▆▇█"


def main() -> int:
    """Soak and judge; 1 if something is not flat."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--share", type=float, default=0.7, help="of the measured capacity")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--every", type=float, default=5.0, help="seconds of a window")
    parser.add_argument("--chart", action="store_true", help="draw each course as a line of blocks")
    parser.add_argument(
        "--json", action="store_true", help="for programs: the figures and all windows"
    )
    options = parser.parse_args()
    seconds = options.minutes * 60
    every_s = min(options.every, seconds / WINDOWS)
    console = Console(stderr=True, highlight=False)

    def seen(rate: float, each: Sample) -> None:
        sizes = "  ".join(
            f"{name} {process.pss_kb / 1_024:.1f} MB {process.files} files"
            for name, process in each.processes.items()
        )
        console.print(
            f"{each.at_s:5.0f} of {seconds:.0f} s at {rate:.0f}/s  p50 {each.p50_ms:.2f}  p99 {each.p99_ms:.2f} ms  "
            f"{each.cpu_us:.0f} us  {sizes}",
            soft_wrap=True,
        )

    with soaked(options.workers) as server:
        found = uvloop.run(soak(server, options.share, seconds, every_s, seen))
    figures = judge(found)
    if options.json:
        whole = msgspec.json.encode({"figures": figures, "soak": found})
        sys.stdout.write(msgspec.json.format(whole).decode() + "\n")
    else:
        Console().print(_table(found, figures, chart=options.chart))
    return 0 if all(each.met for each in figures) else 1


def judge(found: Soaked) -> list[Figure]:
    """Return what must be flat, and whether it is."""
    samples = found.samples
    figures = []
    counted = sum(found.notices.values()) / max(1, len(samples))
    for name in samples[0].processes:
        middle, last = _thirds(samples, _pss_kb(name))
        text = f"{middle / 1_024:.1f} -> {last / 1_024:.1f} MB ({last / middle - 1:+.1%})"
        if name == "owner":
            # It remembers each notice until its token's last life is over; that is no leak, and has a price.
            each = (last - middle) * 1_024 / max(1.0, counted * len(samples) / 3)
            figures.append(
                _figure(f"memory of the {name}: {text}, for each notice that it must know again",
                        f"{each:.0f} B", f"<= {REMEMBERED_BYTES} B", each <= REMEMBERED_BYTES)
            )  # fmt: skip
        else:
            flat = last <= middle * MEMORY
            figures.append(_figure(f"memory of {name}", text, f"<= {MEMORY - 1:+.0%}", flat))
        middle, last = _thirds(samples, _files(name))
        figures.append(
            _figure(
                f"descriptors of {name}", f"{middle:.0f} -> {last:.0f}", "no more", last <= middle
            )
        )
    middle, last = _thirds(samples, lambda each: each.p99_ms)
    text = f"{middle:.2f} -> {last:.2f} ms ({last / middle - 1:+.0%})"
    figures.append(_figure("p99", text, f"<= {SLOWER - 1:+.0%}", last <= middle * SLOWER))
    bad, asked = sum(each.bad for each in samples), sum(each.asked for each in samples)
    figures.append(_figure("neither 200 nor 204", f"{bad} of {asked:,}", "0", not bad))
    told = sum(found.notices.values())
    mix = " ".join(f"{status}:{count:,}" for status, count in sorted(found.notices.items()))
    figures.append(
        _figure(
            f"notices refused ({mix})",
            f"{found.failed} of {told:,}",
            "0",
            told > 0 and not found.failed,
        )
    )
    figures.append(_figure("processes replaced", str(found.replaced), "False", not found.replaced))
    return figures


def sparkline(values: Sequence[float], width: int = 60) -> str:
    """Return a course as blocks from its lowest to its highest value, each the median of its part."""
    parts = min(width, len(values))
    edges = [len(values) * part // parts for part in range(parts + 1)]
    shown = [median(values[start:end]) for start, end in pairwise(edges)]
    low, span = min(shown), max(shown) - min(shown)
    return "".join(_BARS[round((each - low) / span * 7) if span else 0] for each in shown)


def _thirds(samples: Sequence[Sample], value: Callable[[Sample], float]) -> tuple[float, float]:
    """Return the medians of the middle and of the last third."""
    values = [value(each) for each in samples]
    third = len(values) // 3
    return median(values[third : 2 * third]), median(values[2 * third :])


def _pss_kb(name: str) -> Callable[[Sample], float]:
    return lambda each: each.processes[name].pss_kb


def _files(name: str) -> Callable[[Sample], float]:
    return lambda each: each.processes[name].files


def _figure(what: str, measured: str, wanted: str, met: bool) -> Figure:  # noqa: FBT001 - as `Figure`
    return Figure("soak", what, measured, wanted, met)


def _table(found: Soaked, figures: Sequence[Figure], *, chart: bool) -> Table:
    table = Table(
        title=f"Soak: {found.samples[-1].at_s / 60:.1f} minutes at {found.rate:.0f}/s, "
        f"{found.rate / found.capacity:.0%} of the {found.capacity:.0f}/s measured before",
        header_style="bold",
    )
    for column in ("what", "middle -> last third", "bar", "met"):
        table.add_column(column)
    for each in figures:
        table.add_row(
            each.what, each.measured, each.wanted, "yes" if each.met else "[bold red]NO[/]"
        )
    if chart:
        courses = {"p50": [each.p50_ms for each in found.samples]}
        courses["p99"] = [each.p99_ms for each in found.samples]
        courses["CPU a request"] = [each.cpu_us for each in found.samples]
        for name in found.samples[0].processes:
            courses[f"memory of {name}"] = [each.processes[name].pss_kb for each in found.samples]
        for name, course in courses.items():
            table.add_row(name, sparkline(course), "", "")
    return table


if __name__ == "__main__":
    sys.exit(main())
