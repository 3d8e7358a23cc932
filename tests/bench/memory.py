"""P10: what one more worker adds to the proportional set size (PSS) of all the server's processes.

Each worker has decided some thousand requests before, since what it writes to is no longer shared.
"""

from tests.bench.figures import Bench, Figure
from tests.bench.fleet import Fleet
from tests.bench.serving import burst
from tests.endpoints.footprint import memory_kb

LINE_ITEMS = 10_000
WORKERS = (1, 2, 3)
MOST_MB = 100.0
REQUESTS_EACH = 3_000


def memory(bench: Bench) -> list[Figure]:
    """Return P10: the mean of the second and the third worker."""
    found = []
    for workers in WORKERS:
        with Fleet(
            bench
        ) as fleet:  # alone: who else maps the same files would take a share of them
            server = fleet.ours(LINE_ITEMS, workers)
            burst(server, fleet.requests, REQUESTS_EACH * workers)
            found.append(sum(memory_kb(pid, "Pss") for pid in server.pids()) / 1_000)
    each = (found[-1] - found[0]) / (len(found) - 1)
    totals = ", ".join(f"{mb:.0f}" for mb in found)
    return [
        Figure(
            "P10", "PSS of one more worker, 10,000 line items", each, "MB", MOST_MB,
            f"{totals} MB in all with {', '.join(map(str, WORKERS))} workers",
        )
    ]  # fmt: skip
