"""Simulated days: owner, workers, ledger, leases, pacing and caps under a virtual clock and every mishap; see `tests.simulation`."""

import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import msgspec

from tests.simulation.__main__ import FIXED
from tests.simulation.day import Day
from tests.simulation.story import DAYS
from tests.torture.figures import Figure, Scale

BAR = "R4s"
AUCTIONS, FAULTS = 1_000, 50
"""At least, on each day."""
FULL, SHORT = 1_000, 10
SIDE_BY_SIDE = 2
_decode = msgspec.json.Decoder(Day).decode


def run(scale: Scale) -> Sequence[Figure]:
    """Tell stories, as many as there is time for, and the first once more."""
    box, wanted = scale.time(), scale.count(FULL, SHORT)

    def story(seed: int) -> list[Day]:
        is_late = box.over() and seed >= scale.seed + SHORT // DAYS
        return [] if is_late else _told(seed)

    seeds = range(scale.seed, scale.seed + -(-wanted // DAYS))
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        days = [day for told in pool.map(story, seeds) for day in told]
    again = _told(scale.seed)
    violations = [
        f"{number} (seed {day.seed}, day {day.day}): {what}"
        for day in days
        for number, what in day.violations
    ]
    auctions, faults = min(day.auctions for day in days), min(day.fault_count for day in days)
    first = days[: len(again)]
    same = [day.hash for day in again] == [day.hash for day in first]
    shown = "; ".join(violations[:3])
    return [
        Figure(
            BAR, "violations of invariants on simulated days", f"{len(violations)} on {len(days)} days {shown}",
            f"0 on {wanted}", met=not violations and (len(days) >= wanted or not scale.full),
        ),
        Figure(BAR, "auctions on each of them, at least", f"{auctions:,}", f"{AUCTIONS:,}", auctions >= AUCTIONS),
        Figure(BAR, "faults on each of them, at least", f"{faults}", f"{FAULTS}", faults >= FAULTS),
        Figure(
            BAR, "hash of a story told twice", "the same" if same else "another", "the same", same
        ),
    ]  # fmt: skip


def _told(seed: int) -> list[Day]:
    """Tell a story in a process of its own, where texts are hashed as in every other."""
    hosts = 1 + seed // 2 % 2  # each mode with one server and with two
    arguments = ["--json", "--seed", str(seed), "--days", str(DAYS), "--hosts", str(hosts)]
    done = subprocess.run(  # noqa: S603 - ourselves
        [sys.executable, "-m", "tests.simulation", *arguments],
        check=False,
        capture_output=True,
        env=os.environ | {"PYTHONHASHSEED": FIXED},
    )
    found = [_decode(line) for line in done.stdout.splitlines()]
    if not found:
        raise RuntimeError(done.stderr.decode(errors="replace"))
    return found
