"""`make torture`: what the server must survive, each figure beside its bar.

A bar is a function from `Scale` to figures; a new one is a line in `BARS`.
"""

import argparse
import sys
import time
from collections.abc import Callable, Mapping, Sequence

import msgspec
from rich.console import Console
from rich.table import Table

from tests.torture.canaries import run as canaries
from tests.torture.changes import run as changes
from tests.torture.consent import run as consent
from tests.torture.database import run as database
from tests.torture.deadlines import run as deadlines
from tests.torture.erasure import run as erasure
from tests.torture.figures import Figure, Missing, Scale
from tests.torture.forgeries import run as forgeries
from tests.torture.greedy import run as greedy
from tests.torture.kills import run as kills
from tests.torture.labels import run as labels
from tests.torture.mutations import run as mutations
from tests.torture.non_interference import run as non_interference
from tests.torture.overload import run as overload
from tests.torture.overspend import run as overspend
from tests.torture.overspend import served as overspend_served
from tests.torture.reasons import run as reasons
from tests.torture.remote import run as remote
from tests.torture.together import run as together
from tests.torture.untrusted import run as untrusted

BARS: Mapping[str, Callable[[Scale], Sequence[Figure]]] = {
    "R1": mutations,
    "R2": overload,
    "R3": deadlines,
    "R4": kills,
    "R5": overspend,
    "R5-servers": overspend_served,
    "R6": remote,
    "R6-ledger": database,
    "R6-servers": together,
    "R7": changes,
    "R8": greedy,
    "R9": forgeries,
    "R10": untrusted,
    "R11": consent,
    "R12": canaries,
    "R13": erasure,
    "R14": labels,
    "R15": reasons,
    "R16": non_interference,
}
MINUTES = {"full": 6.0, "short": 0.5}
LONGER = {"R1": 1.5, "R4": 1.5, "R11": 1.5}
"""A million requests take their time, and 200 deaths, and 100,000 strings by the official libraries."""


def main() -> int:
    """Measure what is asked for; 1 if a bar is missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument("bars", nargs="*", metavar="BAR", help=f"of {', '.join(BARS)}; all of them")
    parser.add_argument("--scale", choices=tuple(MINUTES), default="full", help="how many of each")
    parser.add_argument("--minutes", type=float, help="at most so long for each bar")
    parser.add_argument("--seed", type=int, default=7, help="of all dice")
    parser.add_argument("--json", action="store_true", help="for programs")
    options = parser.parse_args()
    unknown = set(options.bars) - BARS.keys()
    if unknown:
        parser.error(f"no such bar: {', '.join(sorted(unknown))}")
    minutes = MINUTES[options.scale]
    progress = Console(stderr=True)
    figures: list[Figure] = []
    for name in options.bars or BARS:
        began = time.monotonic()
        seconds = 60 * (options.minutes or minutes * LONGER.get(name, 1.0))
        scale = Scale(full=options.scale == "full", seconds=seconds, seed=options.seed)
        try:
            figures += BARS[name](scale)
        except Missing as lacking:
            figures.append(Figure(name, f"not measured: {lacking}", "", "", met=False))
        progress.print(f"{name} took {time.monotonic() - began:.0f} s")
    if options.json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(figures)).decode() + "\n")
    else:
        Console().print(_table(figures))
    return 0 if all(figure.met for figure in figures) else 1


def _table(figures: Sequence[Figure]) -> Table:
    table = Table(title="Torture", header_style="bold")
    for column in ("id", "what", "measured", "bar", "met"):
        table.add_column(column)
    for each in figures:
        met = "yes" if each.met else "[bold red]NO[/]"
        table.add_row(each.bar, each.what, each.measured, each.wanted, met)
    return table


if __name__ == "__main__":
    sys.exit(main())
