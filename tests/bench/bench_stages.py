"""Where the microseconds of a bid go, stage by stage, in one process and without HTTP.

usage: python -m tests.bench.bench_stages [LINE_ITEMS [SPREAD]]

With a spread, with a click model of 200 trees that has it: of 0 it is asked about 8 candidates, of 1 about 48.

`python -m tests.bench.instructions --stages` counts the same stages in instructions, which a busy machine does not disturb.
"""

import gc
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from statistics import mean

from adserver.background.flow import EVERY_S, SAMPLE_S, FlowCounter
from adserver.decision import chances
from adserver.decision.pipeline import look_ahead
from loadtest import traffic
from tests.bench.modelled import equip
from tests.bench.serving import prepare
from tests.bench.walk import NOTHING, Ready, arrived, ready, walk

ROUNDS = 3
REQUESTS = 2_000


def main() -> None:
    """Measure and print."""
    line_items = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory() as folder:
        file = prepare(Path(folder) / "bench", line_items, 18_080, 18_090)
        if len(sys.argv) > 2:
            equip(file, float(sys.argv[2]))
        built = ready(file, time.time())
        bodies = traffic.requests(REQUESTS, 1)
        gc.collect()
        gc.freeze()
        best: dict[str, float] = {}
        for _ in range(ROUNDS):
            for stage, total in _round(built, bodies).items():
                best[stage] = min(best.get(stage, 1e9), total)
    nothing = best.pop(NOTHING)
    print(f"{line_items} line items, {len(built.snapshot.candidates)} candidates")
    for stage, total in best.items():
        print(f"  {stage:24s} {total / len(bodies) * 1e6:7.2f} us")
    print(f"  {'sum':24s} {sum(best.values()) / len(bodies) * 1e6:7.2f} us")
    print(f"  of which every stopping of the watch takes {nothing / len(bodies) * 1e6:.2f} us")
    _pauses(built, bodies)


def _pauses(built: Ready, bodies: list[bytes]) -> None:
    """Print how long bids wait while one request is looked at for chances, and while the owner is told of five seconds."""
    now_s = time.time()
    flow = FlowCounter(
        [each.number for each in built.snapshot.line_items], lambda _: 0, lambda: now_s
    )
    samples = []
    for body in bodies[: int(EVERY_S / SAMPLE_S)]:
        auction, now = arrived(built, body, now_s)
        fits = look_ahead(built.snapshot, auction)
        since = time.perf_counter()
        found = chances.count(built.snapshot, auction, fits, now)
        samples.append(time.perf_counter() - since)
        flow.requests += 1
        flow.sample(found, now_s)
    parts, lines = [], 0
    since = time.perf_counter()
    while part := flow.due(now_s + EVERY_S):
        parts.append(time.perf_counter() - since)
        lines += len(part.lines)
        since = time.perf_counter()
    print("and so long bids wait")
    print(
        f"  {'while chances are counted':26s} {mean(samples) * 1e6:7.0f} us, at most {max(samples) * 1e6:.0f}"
    )
    print(
        f"  {'while a report is written':26s} {mean(parts) * 1e6:7.0f} us, at most {max(parts) * 1e6:.0f}; {lines:,} lines in {len(parts)} parts"
    )


def _round(built: Ready, bodies: list[bytes]) -> dict[str, float]:
    """Return seconds by stage, over all requests."""
    sums: dict[str, float] = defaultdict(float)
    for body in bodies:
        walking = walk(built, body, time.time())
        stage, since = "", time.perf_counter()
        for following in walking:
            now = time.perf_counter()
            if stage:
                sums[stage] += now - since
            stage, since = following, time.perf_counter()
    return sums


if __name__ == "__main__":
    main()
