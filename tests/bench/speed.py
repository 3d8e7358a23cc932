"""P1 to P4 and P11: CPU per request of all the server's processes, each round beside E of the same round.

Only rounds count in which nearly every request had the answer that is measured: an overloaded machine makes the
server shed requests, which is cheaper than bidding.
"""

import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tests.bench.figures import Bench, Figure
from tests.bench.fleet import Fleet
from tests.bench.serving import Measured, Server, burst
from tests.torture import priority

ALIKE = 0.99
"""The share of answers that must be of the measured kind."""
TRIES = 2
"""So many times as many rounds are tried to get enough that count."""


class Run(NamedTuple):
    """What is sent where, and what must come of it."""

    name: str
    server: Server
    requests: Path
    answer: str


class Bar(NamedTuple):
    """A bar of the goals, in multiples of E or of another run."""

    what: str
    most: float
    beside: str = "E"
    unit: str = "E"


BARS = {
    "P1": Bar("a full bid, 10 line items", 2.0),
    "P2": Bar("a full bid, 10,000 line items", 2.5),
    "P3": Bar("a full bid, 100,000 line items", 3.5),
    "P4": Bar("a request that cannot be bid on", 1.4),
    "P11": Bar("CPU per request, two workers against one", 1.1, "P2", "x"),
}


def speed(bench: Bench, fleet: Fleet) -> list[Figure]:
    """Return what is wanted of P1 to P4 and P11, and E itself."""
    runs = _runs(bench, fleet)
    rounds: list[dict[str, Measured]] = []
    taken: dict[str, Measured] = {}
    for number in range(bench.rounds * TRIES):
        bench.say(f"speed, round {number + 1}: {', '.join(run.name for run in runs)}")
        taken = {run.name: _taken(run, bench.count) for run in runs}
        if all(alike(taken[run.name], run.answer) for run in runs):
            rounds.append(taken)
        if len(rounds) == bench.rounds:
            break
    if not rounds:
        answers = {run.name: taken[run.name].statuses for run in runs}
        raise RuntimeError(f"too busy a machine: no round without requests shed, at last {answers}")
    return [
        _yardstick(rounds),
        *(figure(name, bar, rounds) for name, bar in BARS.items() if name in bench.wanted),
    ]


def _runs(bench: Bench, fleet: Fleet) -> list[Run]:
    wanted = bench.wanted
    e = fleet.yardstick()
    many = fleet.ours(10_000)
    runs = [Run("E", e, fleet.requests, "200")]
    if "P1" in wanted:
        runs.append(Run("P1", fleet.ours(10), fleet.bids(fleet.ours(10)), "200"))
    if wanted & {"P2", "P11"}:
        runs.append(Run("P2", many, fleet.bids(many), "200"))
    if "P3" in wanted:
        runs.append(Run("P3", fleet.ours(100_000), fleet.bids(fleet.ours(100_000)), "200"))
    if "P4" in wanted:
        runs.append(Run("P4", many, fleet.unsellable, "204"))
    if "P11" in wanted:
        runs.append(Run("P11", fleet.ours(10_000, workers=2), fleet.bids(many), "200"))
    return runs


def _taken(run: Run, count: int) -> Measured:
    """Server and generator go before everything else, so that others disturb as little as may be."""
    with priority.first(*run.server.pids(), inherited=True):
        return burst(run.server, run.requests, count)


def alike(measured: Measured, answer: str) -> bool:
    """Tell whether nearly all answers were of the measured kind."""
    total = sum(measured.statuses.values())
    return measured.statuses.get(answer, 0) >= ALIKE * total


def _yardstick(rounds: Sequence[dict[str, Measured]]) -> Figure:
    naps = statistics.median(taken["E"].naps for taken in rounds)
    return Figure(
        "E", "bare server, answers as long as ours", _median_us(rounds, "E"), "us",
        note=f"slept {naps:.2f} times a request",
    )  # fmt: skip


def figure(name: str, bar: Bar, rounds: Sequence[dict[str, Measured]]) -> Figure:
    """Return the median of the rounds' ratios: each has its divisor measured a moment before."""
    ratios = sorted(taken[name].cpu_us / taken[bar.beside].cpu_us for taken in rounds)
    statuses = rounds[-1][name].statuses
    mix = " ".join(f"{status}:{count}" for status, count in sorted(statuses.items()))
    note = f"{ratios[0]:.2f} to {ratios[-1]:.2f} in {len(rounds)} rounds; {mix}"
    if bar.unit == "E":
        note = f"{_median_us(rounds, name):.1f} us; {note}"
    return Figure(name, bar.what, statistics.median(ratios), bar.unit, bar.most, note)


def _median_us(rounds: Sequence[dict[str, Measured]], name: str) -> float:
    return statistics.median(taken[name].cpu_us for taken in rounds)
