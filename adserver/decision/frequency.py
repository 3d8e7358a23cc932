"""Enough is enough: whoever this person or their household has seen as often as agreed is out."""

from collections.abc import Sequence

from adserver.catalog.frequency import FrequencyIndex
from adserver.catalog.snapshot import Snapshot
from adserver.decision.tracing import Trace
from adserver.decision.world import Moment
from adserver.domain.opportunity import Auction
from adserver.domain.person import MOST_TOUCHES, PersonKey, Touch
from adserver.domain.reasons import Reason


def hold_back(
    snapshot: Snapshot, auction: Auction, moment: Moment, alive: int, trace: Trace
) -> int:
    """Return who has reached no cap; the strictest of all levels wins. No id, or contacts that are not all known as
    far back as a cap counts, means no capped ad.
    """
    people, households = snapshot.frequency, snapshot.household_frequency
    if alive & people.capped:
        alive = _within(people, auction.person, moment.touches, moment, alive, trace)
    if alive & households.capped:
        alive = _within(
            households, auction.household, moment.household_touches, moment, alive, trace
        )
    return alive


def _within(
    index: FrequencyIndex,
    key: PersonKey | None,
    touches: Sequence[Touch],
    moment: Moment,
    alive: int,
    trace: Trace,
) -> int:
    if key is None:
        return trace.narrow(Reason.FREQUENCY_UNKNOWN, alive, ~index.capped)
    since_s = moment.counted_since_s
    if len(touches) >= MOST_TOUCHES:  # older ones had to make room
        since_s = max(since_s, min([each.at_s for each in touches]))
    if since_s:
        unknown = index.reaching_back(moment.now_s - since_s)
        alive = trace.narrow(Reason.FREQUENCY_UNKNOWN, alive, ~unknown)
    if not touches:
        return alive
    for owner, count in index.reached(touches, moment.now_s):
        alive = trace.narrow(Reason.FREQUENCY_CAP, alive, ~owner.members, (owner.name, count))
    return alive
