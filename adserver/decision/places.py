"""Several identical places in one list (Native 1.2, 8.1): the opportunity takes as many bids, each of another advertiser."""

from collections.abc import Iterable

from msgspec.structs import replace

from adserver.catalog.snapshot import Snapshot
from adserver.decision.demands import Demand
from adserver.decision.pods import Buy
from adserver.decision.tracing import Trace
from adserver.domain.bid import Bid
from adserver.domain.reasons import Reason


def fill(
    snapshot: Snapshot, places: int, ways: Iterable[Demand], buy: Buy, trace: Trace
) -> list[Bid]:
    """Return at most `places` bids for each way to sell, the best first.

    What is no native ad has no such places, so of it one is enough.
    """
    natives = snapshot.fit.native.natives
    found: list[Bid] = []
    for way in ways:
        members = way.alive
        for _ in range(places):
            bid = buy(replace(way, alive=members))
            if bid is None:
                break
            found.append(bid)
            same = snapshot.advertiser_domains.holding((bid.candidate.advertiser_domain,))
            members = trace.narrow(Reason.SEPARATION, members, natives & ~same, "in the same list")
            if not members or not natives >> bid.candidate.index & 1:
                break
    return found
