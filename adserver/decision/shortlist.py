"""The few that are worth asking the model about: those that promise most, and now and then another."""

from heapq import heappush, heapreplace

from adserver.catalog.bits import ascending
from adserver.decision.demands import Demand
from adserver.decision.tracing import Trace
from adserver.decision.world import Moment, World
from adserver.domain.candidate import Candidate
from adserver.domain.dice import happens, mixed
from adserver.domain.reasons import Reason

LENGTH = 8
LOOKED_AT = 256
"""No more candidates than this are ranked; only strong pacing could bring a later one up."""


def keep(world: World, demand: Demand, moment: Moment, trace: Trace) -> list[Candidate]:
    """Return at most `LENGTH` candidates by paced promise, the best first.

    Candidates are numbered by falling promise and pace only lowers it, so the walk from the lowest
    bit ends as soon as nobody further on can displace anybody.
    """
    candidates = world.snapshot.candidates
    paces = moment.paces
    floor = demand.floor
    kept: list[tuple[float, int]] = []
    below = 0
    reaching = world.snapshot.floors.reaching(floor)
    alive = trace.narrow(Reason.BELOW_FLOOR, demand.alive, reaching, floor)
    for looked, index in enumerate(ascending(alive)):
        candidate = candidates[index]
        if (len(kept) == LENGTH and candidate.promise <= kept[0][0]) or looked == LOOKED_AT:
            break
        pace = paces[candidate.line_item_index]
        if candidate.bound * pace < floor:
            below |= 1 << index
            continue
        ranked = (candidate.promise * pace, -index)
        if len(kept) < LENGTH:
            heappush(kept, ranked)
        elif ranked > kept[0]:
            heapreplace(kept, ranked)
    if below:
        alive = trace.narrow(Reason.BELOW_FLOOR, alive, ~below, floor)
    chosen = [-negative for _, negative in sorted(kept, reverse=True)]
    if len(chosen) == LENGTH and happens(moment.seed, 0, world.explore_ppm):
        chosen[-1] = _anybody(alive, mixed(moment.seed, 1) % len(candidates), chosen)
    if trace.wanted:
        trace.narrow(Reason.NOT_SHORTLISTED, alive, sum(1 << index for index in chosen))
    return [candidates[index] for index in chosen]


def _anybody(alive: int, start: int, chosen: list[int]) -> int:
    """Return the first of `alive` from a random place on; the last chosen if that one is chosen already."""
    for index in ascending(alive >> start << start or alive):
        return chosen[-1] if index in chosen else index
    return chosen[-1]
