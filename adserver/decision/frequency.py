"""Enough is enough: whoever this person has seen as often as agreed is out."""

from adserver.catalog.snapshot import Snapshot
from adserver.decision.tracing import Trace
from adserver.decision.world import Moment
from adserver.domain.opportunity import Auction
from adserver.domain.reasons import Reason


def hold_back(
    snapshot: Snapshot, auction: Auction, moment: Moment, alive: int, trace: Trace
) -> int:
    """Return who has reached no cap; the strictest of all levels wins, and no id means no capped ad."""
    frequency = snapshot.frequency
    if not alive & frequency.capped:
        return alive
    if auction.person is None:
        return trace.narrow(Reason.FREQUENCY_UNKNOWN, alive, ~frequency.capped)
    if not moment.touches:
        return alive
    for owner, count in frequency.reached(moment.touches, moment.now_s):
        alive = trace.narrow(Reason.FREQUENCY_CAP, alive, ~owner.members, (owner.name, count))
    return alive
