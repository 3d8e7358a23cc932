"""`make mutation`: small faults in the modules that keep money and caps, and whether a test notices each.

Exit code 1 if the tests of a module miss its bar.
"""

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Sequence

import msgspec
from rich.console import Console
from rich.table import Table

from tests.mutation.modules import MODULES
from tests.mutation.outcome import Mutant, Order
from tests.mutation.running import Broken, equivalents, mutate

BAR_PERCENT = 95.0
_EACH = 100


class Tally(msgspec.Struct, frozen=True):
    """What became of the mutants of one module."""

    module: str
    mutants: int
    killed: int
    survived: int
    timed_out: int
    """Killed, too: the tests do not go on for ever."""
    equivalent: int
    """Not counted among those that could be killed."""
    percent: float
    met: bool


def tally(module: str, mutants: Sequence[Mutant]) -> Tally:
    """Count; a module without mutants meets its bar."""
    counts = Counter(mutant.status for mutant in mutants)
    noticed = counts["killed"] + counts["timed out"]
    possible = noticed + counts["survived"]
    percent = 100 * noticed / possible if possible else 100.0
    return Tally(
        module, len(mutants), counts["killed"], counts["survived"], counts["timed out"],
        counts["equivalent"], round(percent, 1), percent >= BAR_PERCENT,
    )  # fmt: skip


def main() -> int:
    """Mutate what is asked for; 1 if a bar is missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("modules", nargs="*", metavar="MODULE", help=f"of {', '.join(MODULES)}")
    parser.add_argument("--sample", type=int, default=0, help="so many mutants only, by the seed")
    parser.add_argument("--seed", type=int, default=7, help="which of them")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--json", action="store_true", help="for programs")
    options = parser.parse_args()
    chosen = [module for module in MODULES if _wanted(module, options.modules)]
    if unknown := [
        name for name in options.modules if not any(_wanted(m, [name]) for m in MODULES)
    ]:
        parser.error(f"no such module: {', '.join(unknown)}")
    progress = Console(stderr=True)
    began = time.monotonic()
    try:
        mutants = mutate(
            chosen,
            Order(options.processes, options.sample, options.seed),
            lambda tried, of: (
                progress.print(f"{tried} of {of}") if tried and tried % _EACH == 0 else None
            ),
        )
    except Broken as broken:
        progress.print(str(broken), markup=False, soft_wrap=True)
        return 1
    tallies = [tally(module, [m for m in mutants if m.module == module]) for module in chosen]
    whole = tally("all", mutants)
    if options.json:
        told = {"modules": tallies, "all": whole, "mutants": mutants}
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(told)).decode() + "\n")
    else:
        _show(mutants, [*tallies, whole])
    progress.print(f"{len(mutants)} mutants took {time.monotonic() - began:.0f} s")
    # In a sample a module has few mutants, and one more or less is chance.
    return 0 if all(each.met for each in ([whole] if options.sample else tallies)) else 1


def _wanted(module: str, names: Sequence[str]) -> bool:
    return not names or any(name in {module, module.removesuffix(".py")} for name in names)


def _show(mutants: Sequence[Mutant], tallies: Sequence[Tally]) -> None:
    console = Console(highlight=False, width=120)
    reasons = equivalents()
    for mutant in mutants:
        if mutant.status in {"survived", "equivalent"}:
            console.print(f"{mutant.module}:{mutant.line} {mutant.function}: {mutant.status}")
            for sign, lines in (("-", mutant.before), ("+", mutant.after)):
                for line in lines.splitlines():
                    console.print(f"    {sign} {line}", markup=False, soft_wrap=True)
            for reason in reasons:
                if mutant.status == "equivalent" and reason.is_of(mutant):
                    console.print(f"    {reason.why}", markup=False, soft_wrap=True)
    table = Table(title="Mutation", header_style="bold")
    table.add_column("module", no_wrap=True)
    for column in ("mutants", "killed", "survived", "timed out", "equal", "%"):
        table.add_column(column, justify="right")
    table.add_column(f">= {BAR_PERCENT:.0f}")
    for each in tallies:
        figures = (each.mutants, each.killed, each.survived, each.timed_out, each.equivalent)
        met = "yes" if each.met else "[bold red]NO[/]"
        table.add_row(each.module, *map(str, figures), f"{each.percent:.1f}", met)
    console.print(table)


if __name__ == "__main__":
    sys.exit(main())
