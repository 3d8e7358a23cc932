"""Where the microseconds of a bid go, stage by stage, in one process and without HTTP.

usage: python -m tests.bench.bench_stages [LINE_ITEMS]
"""

import asyncio
import gc
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from adserver import bootstrap
from adserver.background.purse import LeasedPurse
from adserver.catalog.snapshot import Snapshot
from adserver.config import Loaded, load_settings
from adserver.decision import (
    demands,
    eligibility,
    fitting,
    frequency,
    selection,
    shortlist,
    valuation,
)
from adserver.decision.tracing import Untraced
from adserver.domain.bid import Bid
from adserver.domain.reasons import Reason
from adserver.endpoints.bid import BidEndpoint
from adserver.endpoints.gathering import Gathered, moment
from adserver.openrtb import inbound
from adserver.openrtb.codec import decode
from adserver.privacy.permission import permit
from loadtest import traffic
from tests.bench.serving import prepare

ROUNDS = 3
REQUESTS = 2_000
PLENTY = 10**15


class Stopwatch:
    """Sums CPU time by stage; `lap` ends the one before."""

    def __init__(self) -> None:
        self.sums: dict[str, float] = defaultdict(float)
        self._since = 0.0

    def start(self) -> None:
        """Begin a request."""
        self._since = time.perf_counter()

    def lap(self, stage: str) -> None:
        """End a stage."""
        now = time.perf_counter()
        self.sums[stage] += now - self._since
        self._since = now


def main() -> None:
    """Measure and print."""
    line_items = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory() as folder:
        file = prepare(Path(folder) / "bench", line_items, 18_080, 18_090)
        loaded = load_settings(file)
        snapshot = bootstrap.load_snapshot(loaded)
        worker = bootstrap.build_worker(loaded, snapshot, 0)
        bid = worker.bid
        purse = bid._purse
        assert isinstance(purse, LeasedPurse)
        now_s = time.time()
        for item in snapshot.line_items:
            purse.granted(item.number, 1, PLENTY, int(now_s) + 86_400, now_s)
        bodies = traffic.requests(REQUESTS, 1)
        gc.collect()
        gc.freeze()
        best: dict[str, float] = {}
        for _ in range(ROUNDS):
            watch = Stopwatch()
            asyncio.run(_walk(watch, bid, snapshot, loaded, bodies))
            for stage, total in watch.sums.items():
                best[stage] = min(best.get(stage, 1e9), total)
        print(f"{line_items} line items, {len(snapshot.candidates)} candidates")
        for stage, total in best.items():
            print(f"  {stage:24s} {total / len(bodies) * 1e6:7.2f} us")
        print(f"  {'sum':24s} {sum(best.values()) / len(bodies) * 1e6:7.2f} us")


async def _walk(
    watch: Stopwatch, bid: BidEndpoint, snapshot: Snapshot, loaded: Loaded, bodies: list[bytes]
) -> None:
    """The steps of `BidEndpoint`, with a stopwatch between them."""
    gatherer, answerer, purse, world = bid._gatherer, bid._answerer, bid._purse, bid._world
    desk = bid._desks["demo"]
    terms = desk.terms
    for body in bodies:
        watch.start()
        request = decode(body).request
        watch.lap("decode")
        signals = inbound.signals(request)
        permission = permit(signals, 32767, contextual_without_consent=False)
        watch.lap("permission")
        auction = inbound.auction(request, terms, loaded.rates, permission, gatherer._pseudonym)
        watch.lap("inbound")
        assert not isinstance(auction, Reason)
        assert auction.person is not None
        profile = await gatherer._profiles.profile(auction.person)
        touches = gatherer._contacts.merged(auction.person, profile.touches)
        watch.lap("profile")
        gathered = Gathered(auction, permission, profile, touches, 100)
        trace = Untraced()
        now = moment(gathered, terms, purse, purse.paces, 0, time.time())
        watch.lap("moment")
        alive = eligibility.narrow(snapshot, auction, now, trace)
        watch.lap("eligibility")
        alive = frequency.hold_back(snapshot, auction, now, alive, trace)
        watch.lap("frequency")
        bids: list[Bid] = []
        taken: set[int] = set()
        for opportunity in auction.opportunities:
            fit = fitting.narrow(snapshot, opportunity, alive, trace)
            watch.lap("fitting")
            for demand in demands.split(snapshot, auction, opportunity, fit, trace):
                watch.lap("demands")
                few = shortlist.keep(world, demand, now, trace)
                watch.lap("shortlist")
                worths = valuation.value(world, auction, opportunity, demand, few, now, trace)
                watch.lap("valuation")
                one = selection.choose(worths, auction, opportunity, demand, now, taken, trace)
                watch.lap("selection")
                if one is not None:
                    bids.append(one)
        if bids:
            answerer.answer(desk, auction, permission, bids, {}, now.now_s, lambda: True)
            watch.lap("answer")


if __name__ == "__main__":
    main()
