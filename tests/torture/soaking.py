"""The run of a soak: how much the server can bear, then less than that for long, with a look at it now and then."""

import asyncio
import gc
import statistics
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import msgspec

from loadtest import traffic
from tests.endpoints.catalogs import everything
from tests.endpoints.footprint import Footprint, children, footprint
from tests.endpoints.server import Server
from tests.torture.market import LATER_S, Market
from tests.torture.phases import Phase, percentile_ms
from tests.torture.running import serving

REQUESTS = 2_000
BUSY, LINES = 16, 256
"""Connections: as many as are always busy to measure capacity, and more than are ever under way below it."""
TOO_MANY = 8_000
"""Requests per second that no worker here can answer."""
EXPIRY_S = 30
"""A bid of which nothing is heard holds its money so long: memory is steady from then on, early in the run."""


class Sample(msgspec.Struct, frozen=True):
    """What one window saw."""

    at_s: float
    """Its end, since the load began."""
    asked: int
    bad: int
    """Answers of neither 200 nor 204, or none."""
    p50_ms: float
    p99_ms: float
    """From the intended send."""
    cpu_us: float
    """Of all the server's processes per bid request, its notices included."""
    processes: Mapping[str, Footprint]


class Soaked(msgspec.Struct, frozen=True):
    """All that was seen."""

    capacity: float
    """Bid requests per second, with the notices that they bring."""
    rate: float
    samples: Sequence[Sample]
    notices: Mapping[int, int]
    """Answers to notices, by status."""
    failed: int
    """Notices not answered as they should be."""
    replaced: bool
    """Some process was not the one that it had been."""


@contextmanager
def soaked(workers: int) -> Iterator[Server]:
    """Start a server that bids on everything, whose notices come back to it."""
    exchange = {"name": "open", "currencies": ["USD", "EUR"], "expiry_s": EXPIRY_S}
    settings = {"workers": workers, "vendor_id": 32_767, "rates": {"EUR": 0.92}, "click_days": 1}
    with serving(everything(), settings={**settings, "exchanges": [exchange]}) as server:
        server.stop()  # only now is its port known
        server.settings["http"]["base_url"] = f"http://127.0.0.1:{server.port}"
        server.write_settings()
        yield server.start()


async def soak(
    server: Server,
    share: float,
    seconds: float,
    every_s: float,
    seen: Callable[[float, Sample], None],
) -> Soaked:
    """Measure capacity, then load with a share of it; `seen` gets the rate and each window as it ends."""
    bodies = traffic.requests(REQUESTS, 1)
    gc.collect()
    gc.freeze()
    probe = min(10.0, seconds / 10)
    busy, _ = await _load(
        server, Market(server.port, bodies, Phase(TOO_MANY, probe), BUSY, 1), probe / 4
    )
    capacity = statistics.median(each.asked for each in busy) / (probe / 4)
    rate = capacity * share
    before = _named(server)
    market = Market(server.port, bodies, Phase(rate, seconds), LINES, 2)
    samples, notices = await _load(server, market, every_s, lambda each: seen(rate, each))
    return Soaked(
        capacity, rate, samples, notices, market.notices.failed, replaced=_named(server) != before
    )


def _nobody(_: Sample) -> None:
    """Look at no window."""


async def _load(
    server: Server, market: Market, every_s: float, seen: Callable[[Sample], None] = _nobody
) -> tuple[list[Sample], Counter[int]]:
    loop = asyncio.get_running_loop()
    named = _named(server)
    await market.notices.open()
    running = loop.create_task(market.run())
    samples: list[Sample] = []
    began = loop.time()
    market.turn()
    before = _footprints(named)
    while not running.done():
        await asyncio.wait((running,), timeout=began + (len(samples) + 1) * every_s - loop.time())
        window = market.turn()
        if running.done():
            break  # the last window is cut short
        now = _footprints(named)
        used = sum(now[name].cpu_s - before[name].cpu_s for name in named)
        before = now
        count = len(window.took_s)
        fine = window.statuses[200] + window.statuses[204]
        samples.append(
            Sample(
                at_s=loop.time() - began,
                asked=count,
                bad=count - fine,
                p50_ms=percentile_ms(window.took_s, 0.5),
                p99_ms=percentile_ms(window.took_s, 0.99),
                cpu_us=used * 1e6 / max(1, count),
                processes=now,
            )
        )
        seen(samples[-1])
    await running
    await asyncio.sleep(LATER_S)  # the last notices
    market.notices.close()
    return samples, market.notices.statuses


def _named(server: Server) -> dict[str, int]:
    owner = server.owner_pid()
    workers = sorted(set(children(server.pid())) - {owner})
    names = {f"worker {number}": pid for number, pid in enumerate(workers)}
    return {"supervisor": server.pid(), "owner": owner, **names}


def _footprints(named: Mapping[str, int]) -> dict[str, Footprint]:
    return {name: footprint(pid) for name, pid in named.items()}
