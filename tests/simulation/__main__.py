"""`python -m tests.simulation --seed 7 --days 100`: live through days that a seed tells, with every mishap."""

import argparse
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence

import msgspec

from tests.simulation.day import Day
from tests.simulation.sales import INVARIANTS
from tests.simulation.story import DAYS, tell

FIXED = "0"
"""Texts and bytes are hashed alike in every run, so that sets of them have one order."""
_line = msgspec.json.Encoder().encode


def main() -> int:
    """Tell stories; 1 if anything was violated, or a replay differs."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument(
        "--seed", type=int, default=7, help="of the first story; the next has the next"
    )
    parser.add_argument("--days", type=int, default=10, help=f"in stories of {DAYS}")
    parser.add_argument("--hosts", type=int, default=1, help="servers that share one ledger")
    parser.add_argument("--jobs", type=int, default=1, choices=(1, 2), help="processes")
    parser.add_argument("--minutes", type=float, help="begin no story after so long")
    parser.add_argument(
        "--replay", type=int, metavar="SEED", help="tell one story twice and compare"
    )
    parser.add_argument("--json", action="store_true", help="a line of JSON per day")
    parser.add_argument("--invariants", action="store_true", help="list what is judged")
    options = parser.parse_args()
    if options.invariants:
        for number, sentence in INVARIANTS.items():
            print(f"{number:4}{sentence}")  # noqa: T201
        return 0
    if os.environ.get("PYTHONHASHSEED") != FIXED:
        os.execve(  # noqa: S606 - ourselves again
            sys.executable,
            [sys.executable, "-m", "tests.simulation", *sys.argv[1:]],
            os.environ | {"PYTHONHASHSEED": FIXED},
        )
    if options.replay is not None:
        return _replay(options.replay, options.hosts)
    if options.jobs == 2:
        return _share(sys.argv[1:], options.seed, options.days)
    ends = None if options.minutes is None else time.monotonic() + 60 * options.minutes
    return _tell(options.seed, options.days, options.hosts, ends, as_json=options.json)


def _tell(seed: int, days: int, hosts: int, ends: float | None, *, as_json: bool) -> int:
    told: list[Day] = []

    def show(day: Day) -> None:
        told.append(day)
        text = _line(day).decode() if as_json else _words(day)
        print(text, flush=True)  # noqa: T201

    for story in range(-(-days // DAYS)):
        if ends is not None and time.monotonic() > ends:
            break
        tell(seed + story, show, min(DAYS, days - story * DAYS), hosts)
    if not as_json:
        print(_summary(told))  # noqa: T201
    return 1 if any(day.violations for day in told) else 0


def _share(arguments: Sequence[str], seed: int, days: int) -> int:
    """Have two processes tell half of the stories each."""
    first = -(-days // (2 * DAYS)) * DAYS
    parts = [(seed, first), (seed + first // DAYS, days - first)]
    children = [
        subprocess.Popen(  # noqa: S603 - ourselves
            [
                sys.executable,
                "-m",
                "tests.simulation",
                *arguments,
                "--jobs",
                "1",
                "--seed",
                str(start),
                "--days",
                str(count),
            ]
        )
        for start, count in parts
        if count > 0
    ]
    return max([child.wait() for child in children])


def _replay(seed: int, hosts: int) -> int:
    one, two = (tell(seed, hosts=hosts) for _ in range(2))
    same = [day.hash for day in one] == [day.hash for day in two]
    print(_words(one[-1]))  # noqa: T201
    print(f"{one[-1].hash} and {two[-1].hash}: {'the same' if same else 'NOT the same'}")  # noqa: T201
    return 0 if same and not one[-1].violations else 1


def _words(day: Day) -> str:
    counts = f"{day.auctions:,} auctions, {day.bids} bids, {day.won} won, {day.notices} notices"
    lines = [f"seed {day.seed} day {day.day}: {counts}, {day.fault_count} faults, {day.hash}"]
    for number, what in day.violations:
        lines.append(f"  VIOLATED {number} on {what}")
        lines.append(f"    {INVARIANTS[number]}")
    if day.violations:
        lines.append(
            f"  again: python -m tests.simulation --seed {day.seed} --days {DAYS} --hosts {day.hosts}"
        )
        lines += [f"    befell: {each}" for each in day.trail]
    return "\n".join(lines)


def _summary(days: Sequence[Day]) -> str:
    faults: Counter[str] = Counter()
    facts: Counter[str] = Counter()
    for day in days:
        faults.update(day.faults)
        facts.update({name: n for name, n in day.facts.items() if not name.startswith("most")})
        for name, most in day.facts.items():
            if name.startswith("most"):
                facts[name] = max(facts[name], most)
    violations = sum(len(day.violations) for day in days)
    auctions, befallen = [day.auctions for day in days], [day.fault_count for day in days]
    rows = [
        f"{len(days)} days, {violations} violations",
        f"{sum(auctions):,} auctions, at least {min(auctions, default=0):,} a day",
        f"{sum(befallen):,} faults, at least {min(befallen, default=0)} a day",
    ]
    rows += [f"  {count:>12,} {name}" for name, count in faults.most_common()]
    rows += [f"  {count:>12,} {name}" for name, count in sorted(facts.items())]
    return "\n".join(rows)


if __name__ == "__main__":
    sys.exit(main())
