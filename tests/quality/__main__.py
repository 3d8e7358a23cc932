"""`make quality`: how well it decides, each figure beside its bar.

A bar is a function from `Scale` to figures; a new one is a line in `BARS`.
"""

import argparse
import sys
import time
from collections.abc import Callable, Mapping, Sequence

import msgspec
from rich.console import Console
from rich.table import Table

from tests.quality.bidding import run as bidding
from tests.quality.pacing import run as pacing
from tests.torture.figures import Figure, Missing, Scale

BARS: Mapping[str, Callable[[Scale], Sequence[Figure]]] = {
    "M5": bidding,
    "M6": pacing,
}


def main() -> int:
    """Measure what is asked for; 1 if a bar is missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.quality", description=__doc__)
    parser.add_argument("bars", nargs="*", metavar="BAR", help=f"of {', '.join(BARS)}; all of them")
    parser.add_argument(
        "--scale", choices=("full", "short"), default="full", help="how much of each"
    )
    parser.add_argument("--seed", type=int, default=7, help="of all dice")
    parser.add_argument("--json", action="store_true", help="for programs")
    options = parser.parse_args()
    unknown = set(options.bars) - BARS.keys()
    if unknown:
        parser.error(f"no such bar: {', '.join(sorted(unknown))}")
    progress = Console(stderr=True)
    figures: list[Figure] = []
    for name in options.bars or BARS:
        began = time.monotonic()
        try:
            figures += BARS[name](Scale(full=options.scale == "full", seed=options.seed))
        except Missing as lacking:
            figures.append(Figure(name, f"not measured: {lacking}", "", "", met=False))
        progress.print(f"{name} took {time.monotonic() - began:.0f} s")
    if options.json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(figures)).decode() + "\n")
    else:
        Console().print(_table(figures))
    return 0 if all(figure.met for figure in figures) else 1


def _table(figures: Sequence[Figure]) -> Table:
    table = Table(title="Quality", header_style="bold")
    for column in ("id", "what", "measured", "bar", "met"):
        table.add_column(column)
    for each in figures:
        met = "yes" if each.met else "[bold red]NO[/]"
        table.add_row(each.bar, each.what, each.measured, each.wanted, met)
    return table


if __name__ == "__main__":
    sys.exit(main())
