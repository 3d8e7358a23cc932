"""Breaks of several advertisements (OpenRTB 2.6, 7.6): rivals are kept apart, and a break without fixed slots is filled.

The seller builds the break, from any of the bids of several buyers. So whatever of ours it takes must go together: no
advertiser twice in one break, nor two of the same category.
"""

from collections.abc import Callable, Iterable, Sequence

from msgspec.structs import replace

from adserver.catalog.snapshot import Snapshot
from adserver.decision.demands import Demand
from adserver.decision.tracing import Trace
from adserver.domain.bid import Bid
from adserver.domain.creative import Played
from adserver.domain.opportunity import Apart, Pod
from adserver.domain.reasons import Reason

MOST = 8
"""Bids of ours for one break, whatever `maxseq` allows: a longer list would cost the others their time."""

Buy = Callable[[Demand], Bid | None]
"""Chooses and pays for the best bid of one way to sell."""


def fill(
    snapshot: Snapshot,
    pod: Pod,
    ways: Iterable[Demand],
    chosen: Sequence[Bid],
    buy: Buy,
    trace: Trace,
    guaranteed: Sequence[Bid] = (),
) -> list[Bid]:
    """Return the bids for one opportunity in a break, given what was `chosen` for the request's others.

    One slot: one bid for each way to sell it, of which the seller takes one. A break without fixed slots: after these,
    the best of those for whom there is still time and a place. The ways to sell get their first bid even where they
    would not all fit, since a deal does not compete with the open auction; from then on the limits hold for all together.
    Among the chosen may be `guaranteed` ones for this opportunity: other ways to sell a slot, or a part of the break.
    """
    before = [
        each
        for each in chosen
        if each.opportunity.pod is not None and each.opportunity.pod.id == pod.id
    ]
    if pod.duration_s is None:
        before = [each for each in before if each not in guaranteed]
        bids = [buy(_apart(snapshot, pod, demand, before, trace)) for demand in ways]
        return [bid for bid in bids if bid is not None]
    found: list[Bid] = []
    left_s, places = pod.duration_s, min(pod.max_ads or MOST, MOST) - len(guaranteed)
    left_s -= sum([_lasting_s(each) for each in guaranteed])
    waiting = list(ways)
    first = True
    while waiting:
        lucky: list[Demand] = []
        for demand in waiting:
            if not first and (left_s <= 0 or places <= 0):
                return found
            members = _in_time(snapshot, demand, pod.duration_s if first else left_s, first=first)
            trace.narrow(Reason.DURATION, demand.alive, members, left_s)
            bid = buy(_apart(snapshot, pod, replace(demand, alive=members), before + found, trace))
            if bid is None:
                continue
            found.append(bid)
            lucky.append(demand)
            left_s -= _lasting_s(bid)
            places -= 1
        waiting, first = lucky, False
    return found


def _lasting_s(bid: Bid) -> int:
    creative = bid.candidate.creative
    return creative.duration_s if isinstance(creative, Played) else 0


def _in_time(snapshot: Snapshot, demand: Demand, seconds: int, *, first: bool) -> int:
    """Return who is over in time; what is not played takes no time, but one of it is enough."""
    players = snapshot.fit.players
    passing = players.lasting_at_most(seconds)
    if first:
        passing |= ~(players.videos | players.sounds)
    return demand.alive & passing


def _apart(
    snapshot: Snapshot, pod: Pod, demand: Demand, chosen: Sequence[Bid], trace: Trace
) -> Demand:
    """Return a way to sell without the rivals of those that may already be in the break."""
    if not chosen:
        return demand
    rivals = 0
    for bid in chosen:
        candidate = bid.candidate
        taxonomy = candidate.category_taxonomy
        rivals |= snapshot.advertiser_domains.holding((candidate.advertiser_domain,))
        rivals |= snapshot.advertiser_categories.holding(
            [(taxonomy, category) for category in candidate.categories]
        )
        if Apart.MEDIA_FILE in pod.apart:
            rivals |= snapshot.fit.players.with_files_of(candidate.creative)
    alive = trace.narrow(Reason.SEPARATION, demand.alive, ~rivals, "in the same break")
    return replace(demand, alive=alive)
