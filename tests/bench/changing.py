"""P9: from the start to the first bid, and from `adserver reload` to the first bid that shows a change, under load."""

import statistics
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import orjson
import uvloop

from loadtest import openloop
from loadtest.latency import Latencies
from tests.bench.figures import Bench, Figure
from tests.bench.fleet import Fleet
from tests.endpoints.catalogs import one_banner
from tests.endpoints.client import EXCHANGE, once
from tests.endpoints.server import Server, wait
from tests.endpoints.wire import request
from tests.torture.running import serving

RELOADS = 30
CALM_EVERY = 3
"""So many reloads between two looks at the server left alone: both see the same machine."""
RATE = 300.0
CONNECTIONS = 8
"""Few, so that each is busy: a server may close what stands idle just when something is sent on it."""
SECONDS = 1.6
"""How long load is measured around each reload; a reload takes less."""
MOST_START_S, MOST_CHANGE_S, MOST_WORSE = 3.0, 2.0, 1.1
PATIENCE_S = 30.0
LINE_ITEMS = 10_000
NAME = "tents"


def start(fleet: Fleet) -> Figure:
    """Return how long a server takes from its start to its first bid."""
    server = fleet.ours(LINE_ITEMS)
    return Figure(
        "P9", "start to first bid, 10,000 line items", server.started_s, "s", MOST_START_S
    )


def changes(bench: Bench) -> list[Figure]:
    """Change the advertiser's domain again and again under load; return how soon bids show it, and who suffered."""
    took: list[float] = []
    calm, changing = Latencies(), Latencies()
    failed: Counter[str] = Counter()
    with serving(one_banner(NAME)) as server, ThreadPoolExecutor(2) as threads:
        for number in range(RELOADS):
            if number % CALM_EVERY == 0:
                bench.say(f"changes: {number} of {RELOADS}")
                failed += _pour(server, calm)
            pouring = threads.submit(_pour, server, changing)
            took.append(_change(server, number))
            failed += pouring.result()
            _settled(server, number + 1)
    worse = changing.percentile_ms(0.99) / calm.percentile_ms(0.99)
    wrong = ", ".join(f"{n} of {what}" for what, n in failed.items())
    return [
        Figure(
            "P9", "a change visible under load, slowest", max(took), "s", MOST_CHANGE_S,
            f"{RELOADS} reloads at {RATE:.0f} requests/s, median {statistics.median(took):.2f} s",
        ),
        Figure(
            "P9", "p99 while reloading against before", worse, "x", MOST_WORSE,
            f"{changing.percentile_ms(0.99):.1f} against {calm.percentile_ms(0.99):.1f} ms;"
            f" {wrong or 'no request failed'}",
        ),
    ]  # fmt: skip


def _change(server: Server, number: int) -> float:
    """Return how many seconds after the command began a bid shows the new domain."""
    domain = f"{NAME}-{number}.example"
    changed = one_banner(NAME)
    changed[NAME]["advertiser"]["domain"] = domain
    server.write_campaigns(changed)
    began = time.monotonic()
    done = server.command("reload")
    assert done.returncode == 0, done.stderr
    wait(lambda: _domain(server) == domain, PATIENCE_S, server.text)
    return time.monotonic() - began


def _settled(server: Server, reloads: int) -> None:
    wait(lambda: len(server.events("reloaded")) >= reloads, PATIENCE_S, server.text)


def _domain(server: Server) -> str:
    """Ask on a new connection, so that a new worker may answer."""
    reply = once(server.port, "POST", f"/openrtb2/{EXCHANGE}", orjson.dumps(request()))
    return str(reply.bid()["adomain"][0]) if reply.status == 200 else ""


_seeds = count(1)


def _pour(server: Server, latencies: Latencies) -> Counter[str]:
    """Load the server for a while, add the latencies, and return what went wrong."""
    url = f"http://127.0.0.1:{server.port}/openrtb2/{EXCHANGE}"
    options = openloop.Options(url, RATE, SECONDS, CONNECTIONS, seed=next(_seeds))
    report = uvloop.run(openloop.run(options, [orjson.dumps(request()) for _ in range(200)]))
    latencies.add_all(report.latency)
    wrong = Counter({f"status {s}": n for s, n in report.statuses.items() if s not in {200, 204}})
    if report.unanswered:
        wrong["unanswered"] = report.unanswered
    return wrong
