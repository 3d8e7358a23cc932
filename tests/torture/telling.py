"""Bars measured one after the other, and told to people or programs: of `make torture` and `make quality`."""

import argparse
import sys
import time
from collections.abc import Callable, Mapping, Sequence

import msgspec
from rich.console import Console
from rich.table import Table

from tests.torture.figures import Figure, Missing, Scale

Bars = Mapping[str, Callable[[Scale], Sequence[Figure]]]


def parser(program: str, description: str | None, bars: Bars) -> argparse.ArgumentParser:
    """Return a parser of what both are asked: which bars, how much, with which dice, and for whom."""
    made = argparse.ArgumentParser(prog=f"python -m {program}", description=description)
    made.add_argument("bars", nargs="*", metavar="BAR", help=f"of {', '.join(bars)}; all of them")
    made.add_argument("--scale", choices=("full", "short"), default="full", help="how many of each")
    made.add_argument("--seed", type=int, default=7, help="of all dice")
    made.add_argument("--json", action="store_true", help="for programs")
    return made


def tell(
    title: str,
    bars: Bars,
    parsed: argparse.ArgumentParser,
    options: argparse.Namespace,
    scale: Callable[[str], Scale],
    also: Callable[[Sequence[Figure]], None] = lambda _: None,
) -> int:
    """Measure what is asked for, each bar at its scale, print it and hand it to `also`; 1 if a bar is missed."""
    unknown = set(options.bars) - bars.keys()
    if unknown:
        parsed.error(f"no such bar: {', '.join(sorted(unknown))}")
    progress = Console(stderr=True)
    figures: list[Figure] = []
    for name in options.bars or bars:
        began = time.monotonic()
        try:
            figures += bars[name](scale(name))
        except Missing as lacking:
            figures.append(Figure(name, f"not measured: {lacking}", "", "", met=False))
        progress.print(f"{name} took {time.monotonic() - began:.0f} s")
    if options.json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(figures)).decode() + "\n")
    else:
        Console().print(_table(title, figures))
    also(figures)
    return 0 if all(figure.met for figure in figures) else 1


def _table(title: str, figures: Sequence[Figure]) -> Table:
    table = Table(title=title, header_style="bold")
    for column in ("id", "what", "measured", "bar", "met"):
        table.add_column(column)
    for each in figures:
        met = "yes" if each.met else "[bold red]NO[/]"
        table.add_row(each.bar, each.what, each.measured, each.wanted, met)
    return table
