"""P5: how long answers take at half of what the server can bear, from the moment each request was meant to be sent.

The server has one core and the generator another, where the machine has two; both go before everything else, where
they may. The capacity is measured in the same way just before. The generator is measured too: how late it was itself,
and how E looks to it at the same rate.
"""

import os
import statistics

from tests.bench.figures import Bench, Figure
from tests.bench.fleet import Fleet, on_cores
from tests.bench.serving import Measured, burst, load
from tests.torture import priority

SHARE = 0.5
"""Of the capacity."""
SECONDS = 8.0
BURSTS = 3
MOST_MS = {"p50": 0.5, "p99": 2.0, "p99.9": 5.0}
LINE_ITEMS = 10_000


def latency(bench: Bench, fleet: Fleet) -> list[Figure]:
    """Return the three percentiles of P5."""
    server, yardstick = fleet.ours(LINE_ITEMS), fleet.yardstick()
    requests = fleet.bids(server)
    every = os.sched_getaffinity(0)
    first, *others = sorted(every)
    apart = bool(others)
    for each in (server, yardstick):
        each.pin({first})
    try:
        with (
            on_cores({others[-1]} if apart else every),
            priority.first(*server.pids(), *yardstick.pids(), inherited=True),
        ):
            bench.say("latency: the capacity")
            bursts = [burst(server, requests, bench.count) for _ in range(BURSTS)]
            capacity = statistics.median(each.report["achieved_rate"] for each in bursts)
            rate = capacity * SHARE
            bench.say(f"latency: {SECONDS:.0f} s at {rate:,.0f} requests/s, then E")
            ours = load(server, requests, rate, SECONDS, arrivals="poisson", connections=64)
            bare = load(yardstick, requests, rate, SECONDS / 2, arrivals="poisson", connections=64)
    finally:
        for each in (server, yardstick):
            each.pin(every)
    busy = statistics.median(each.busy for each in bursts)
    notes = {
        "p50": f"{rate:,.0f}/s, half of {capacity:,.0f}/s (then busy {busy:.0%})",
        "p99": _generator(ours, apart=apart),
        "p99.9": _answers(ours),
    }
    return [
        Figure(
            "P5", f"latency at 50 % of capacity, {name}", ours.report["latency_ms"][name], "ms", most,
            f"{notes[name]}; E {bare.report['latency_ms'][name]:.2f} ms",
        )
        for name, most in MOST_MS.items()
    ]  # fmt: skip


def _generator(measured: Measured, *, apart: bool) -> str:
    late = measured.report["late_by_ms"]["p99"]
    return f"generator late by {late:.2f} ms{'' if apart else ', on the same core'}"


def _answers(measured: Measured) -> str:
    mix = " ".join(f"{status}:{count}" for status, count in sorted(measured.statuses.items()))
    lost = measured.report["unanswered"]
    return f"{mix}{f', {lost} unanswered' if lost else ''}"
