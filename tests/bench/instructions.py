"""Instructions per request, counted by callgrind: `python -m tests.bench.instructions [--stages]`.

Unlike time they do not depend on who else uses the machine: two runs of the same code on the same Python
differ by far less than one per cent, so small steps can be seen. They say nothing of memory and the kernel.
Needs valgrind; takes about half a minute.
"""

import argparse
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import msgspec

from tests.bench.figures import Bench, Figure
from tests.bench.modelled import CALM, equip
from tests.bench.record import COUNTED
from tests.bench.serving import ROOT, prepare
from tests.bench.walk import NOTHING

REQUESTS = 200
SIZES = (10, 10_000)
MARK = "getloadavg"
"""The function of C that ends a phase of the replay: nothing else calls it."""
_TOTALS = re.compile(rb"^totals: (\d+)", re.MULTILINE)


class Counted(msgspec.Struct, frozen=True):
    """Instructions per request, and what they hold for."""

    machine: str
    """`CPython 3.11.7 x86_64`: others run other instructions."""
    whole: dict[str, float]
    """By bar (`P1`) and for `E`: from a request's bytes to its answer's bytes."""
    stages: dict[str, dict[str, float]] = {}
    """By bar and stage, without what watching costs; empty unless asked for."""


def counts(bench: Bench) -> list[Figure]:
    """Return instructions per request; nothing, and a word about it, where valgrind is not installed."""
    if lacking := missing():
        bench.say(f"instructions are not counted: {lacking} is not installed")
        return []
    bench.say("instructions: replaying under callgrind")
    whole = count().whole
    e = whole.pop("E")
    bench.say("instructions: with a click model")
    scored = count(spread=CALM).whole
    whole |= {f"{name} with a click model": scored[name] for name in ("P1", "P2")}
    return [
        Figure(
            "instructions", f"of {name} per request", counted, COUNTED,
            note=f"{counted / e:.3f} times those of E",
        )
        for name, counted in whole.items()
    ]  # fmt: skip


def missing() -> str:
    """Return what of valgrind is not installed; empty if all is."""
    return ", ".join(name for name in ("valgrind", "vgdb") if shutil.which(name) is None)


def machine() -> str:
    """Return what counts can be compared on: the Python and the kind of machine."""
    return f"{platform.python_implementation()} {platform.python_version()} {platform.machine()}"


def count(
    requests: int = REQUESTS, *, stages: bool = False, spread: float | None = None
) -> Counted:
    """Replay under callgrind and return the counts; with a `spread`, with a click model of it.

    Raises `RuntimeError` if the replay fails.
    """
    with tempfile.TemporaryDirectory(prefix="adserver-callgrind-") as name:
        folder = Path(name)
        files = [prepare(folder / str(size), size, 18_080, 18_090) for size in SIZES]
        if spread is not None:
            for file in files:
                equip(file, spread)
        phases = _replay(folder, [str(requests), "stages" if stages else "whole", *map(str, files)])
        sums: Counter[str] = Counter()
        times: Counter[str] = Counter()
        for number, (phase, counted) in enumerate(phases, 1):
            found = _TOTALS.search((folder / f"counts.{number}").read_bytes())
            if found is None:
                raise RuntimeError(f"callgrind wrote no totals for phase {number}")
            sums[phase] += int(found[1])
            times[phase] += counted
    names = [phase for phase in sums if phase and " " not in phase]
    whole = {name: sums[name] / times[name] for name in names}
    parts = {name: by_stage(name, sums, times) for name in names}
    return Counted(machine(), whole, {name: each for name, each in parts.items() if each})


def by_stage(name: str, sums: Mapping[str, int], times: Mapping[str, int]) -> dict[str, float]:
    """Return what belongs to one bar, and the rest: HTTP, admission and metrics."""
    found = {phase.partition(" ")[2]: phase for phase in sums if phase.startswith(f"{name} ")}
    if not found:
        return {}
    watching = found.pop(NOTHING)
    watched = sums[watching] / times[watching]  # each time that a stage is stopped and counted
    each = {
        stage: (sums[phase] - times[phase] * watched) / times[name]
        for stage, phase in found.items()
    }
    return each | {"rest (HTTP, metrics)": sums[name] / times[name] - sum(each.values())}


def _replay(folder: Path, arguments: list[str]) -> list[tuple[str, int]]:
    done = subprocess.run(  # noqa: S603 - our own module
        [
            shutil.which("valgrind") or "valgrind", "--tool=callgrind", "--quiet", "--instr-atstart=no", f"--dump-before={MARK}",
            f"--callgrind-out-file={folder / 'counts'}",
            sys.executable, "-m", "tests.bench.replay", *arguments,
        ],
        cwd=ROOT, check=False, capture_output=True,
        env={**os.environ, "PYTHONHASHSEED": "0", "CALLGRIND": shutil.which("vgdb") or "vgdb"},
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(done.stderr.decode()[-2_000:])
    return msgspec.json.decode(done.stdout, type=list[tuple[str, int]])


def main() -> int:
    """Count and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.instructions", description=__doc__)
    parser.add_argument("--requests", type=int, default=REQUESTS)
    parser.add_argument("--stages", action="store_true", help="stage by stage too")
    parser.add_argument(
        "--model", type=float, metavar="SPREAD",
        help="with a click model of 200 trees; of spread 0 it is asked about 8 candidates, of 1 about 48",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="for programs")
    options = parser.parse_args()
    if lacking := missing():
        sys.stderr.write(f"not installed: {lacking} (apt-get install valgrind)\n")
        return 2
    counted = count(options.requests, stages=options.stages, spread=options.model)
    if options.json:
        sys.stdout.buffer.write(msgspec.json.encode(counted) + b"\n")
        return 0
    print(counted.machine)
    for name, instructions in counted.whole.items():
        print(f"{name:24}{instructions:12,.0f}  {instructions / counted.whole['E']:6.3f} E")
        for stage, part in counted.stages.get(name, {}).items():
            print(f"  {stage:22}{part:12,.0f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
