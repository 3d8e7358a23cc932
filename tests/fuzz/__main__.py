"""Fuzz parsers with coverage, each in a process of its own: `python -m tests.fuzz [TARGET...] [--seconds N]`."""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from tests.fuzz.target import ROOT, SCRATCH, memory

TARGETS = tuple(
    sorted(
        path.stem for path in Path(__file__).parent.glob("targets/*.py") if path.stem != "__init__"
    )
)
_SPARE_S = 120
_RAISED = "=== Uncaught Python exception"
_COVERED = re.compile(r"cov: (\d+) ft: (\d+)")
_EXECUTED = re.compile(r"stat::number_of_executed_units: +(\d+)")


class Run(NamedTuple):
    """What came of one target."""

    name: str
    executions: int
    branches: int
    features: int
    found: tuple[Path, ...]
    """Files with the inputs that broke the property, took too long or too much memory."""
    failed: str
    """Why the run did not come to its end, with the last of what it said."""


def fuzz(name: str, folder: Path, seconds: int) -> Run:
    """Fuzz one target for so long; inputs and findings stay in `folder`."""
    words = [sys.executable, "-m", "tests.fuzz.child", name, str(folder), str(seconds)]
    with tempfile.TemporaryDirectory(prefix="fuzz-", dir=memory()) as scratch:
        done = subprocess.run(  # noqa: S603 - our own command
            words, cwd=ROOT, capture_output=True, text=True, errors="replace", check=False,
            timeout=seconds + _SPARE_S, env={**os.environ, SCRATCH: scratch},
        )  # fmt: skip
    said = done.stdout + done.stderr
    covered = _COVERED.findall(said) or [("0", "0")]
    executed = _EXECUTED.search(said)
    found = tuple(sorted((folder / "found").iterdir())) if (folder / "found").is_dir() else ()
    return Run(
        name=name,
        executions=int(executed[1]) if executed else 0,
        branches=int(covered[-1][0]),
        features=int(covered[-1][1]),
        found=found,
        failed="" if done.returncode == 0 else said[max(0, said.find(_RAISED)) :][:3_000],
    )


def main() -> int:
    """Fuzz what is asked for; 1 if anything was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"of {', '.join(TARGETS)}")
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--keep", type=Path, help="a folder for inputs and findings, used again")
    options = parser.parse_args()
    unknown = set(options.targets) - set(TARGETS)
    if unknown:
        parser.error(f"no such target: {', '.join(sorted(unknown))}")
    folder = options.keep or Path(tempfile.mkdtemp(prefix="fuzz-"))
    runs = []
    for name in options.targets or TARGETS:
        runs.append(fuzz(name, folder / name, options.seconds))
        if runs[-1].failed:
            sys.stderr.write(f"{name}: {runs[-1].failed}\n")
    Console().print(_table(runs))
    return 1 if any(run.found or run.failed for run in runs) else 0


def _table(runs: Sequence[Run]) -> Table:
    table = Table(title="Fuzzing", header_style="bold")
    table.add_column("target")
    for column in ("executions", "branches", "features", "findings"):
        table.add_column(column, justify="right")
    for run in runs:
        findings = str(len(run.found) or (1 if run.failed else 0))
        table.add_row(
            run.name, f"{run.executions:,}", f"{run.branches:,}", f"{run.features:,}", findings
        )
    return table


if __name__ == "__main__":
    sys.exit(main())
