"""The few that are worth asking the model about: those that promise most, and now and then another."""

from heapq import heappush, heapreplace
from typing import NamedTuple

from adserver.catalog.audience import Listener
from adserver.catalog.snapshot import Snapshot
from adserver.decision.demands import Demand
from adserver.decision.pacing import shaken
from adserver.decision.tracing import Trace
from adserver.decision.world import Moment, World
from adserver.domain.bits import ascending, few
from adserver.domain.candidate import Candidate
from adserver.domain.dice import happens, mixed
from adserver.domain.reasons import Reason

PATIENCE = 32
"""When so many have refused the person one by one, all are asked at once."""
LOOKED_AT = 256
"""No more candidates than this are ranked; only strong pacing could bring a later one up."""


def keep(
    world: World, demand: Demand, listener: Listener, moment: Moment, trace: Trace
) -> list[Candidate]:
    """Return as many candidates by paced promise as the click model's answers differ for, the best first.

    Candidates are numbered by falling promise and pace only lowers it, so the walk from the lowest
    bit ends as soon as nobody further on can displace anybody.
    """
    candidates = world.snapshot.candidates
    length = world.clicks.breadth
    floor = demand.floor
    reaching = world.snapshot.floors.reaching(floor)
    alive = trace.narrow(Reason.BELOW_FLOOR, demand.alive, reaching, floor)
    heard = trace.wanted or listener.is_refused_often
    if heard:
        alive = _heard(alive, listener, trace)
    ranking = _rank(world.snapshot, alive, demand, moment, length, None if heard else listener)
    if len(ranking.refusing) == PATIENCE:
        listener.is_refused_often = True
        alive = _heard(alive, listener, trace)
        ranking = _rank(world.snapshot, alive, demand, moment, length, None)
    if trace.wanted or not ranking.kept:  # otherwise nobody asks who fell
        alive = trace.narrow(Reason.AUDIENCE, alive, ~few(ranking.refusing))
        alive = trace.narrow(Reason.BELOW_FLOOR, alive, ~few(ranking.below), floor)
    chosen = [-negative for _, negative in sorted(ranking.kept, reverse=True)]
    if len(chosen) == length and happens(moment.seed, 0, world.explore_ppm):
        others = alive & listener.accepting() & ~few(ranking.below)
        chosen[-1] = _anybody(others, mixed(moment.seed, 1) % len(candidates), chosen)
    if trace.wanted:
        trace.narrow(Reason.NOT_SHORTLISTED, alive, few(chosen))
    return [candidates[index] for index in chosen]


class _Ranking(NamedTuple):
    kept: list[tuple[float, int]]
    """Paced promises with negative indices, so that the lower index wins a tie."""
    below: list[int]
    refusing: list[int]


def _rank(
    snapshot: Snapshot,
    alive: int,
    demand: Demand,
    moment: Moment,
    length: int,
    listener: Listener | None,
) -> _Ranking:
    """Return the best, and who fell while they were looked for; without a listener nobody refuses."""
    kept: list[tuple[float, int]] = []
    below: list[int] = []
    refusing: list[int] = []
    floor, exactly = demand.floor, demand.exactly
    paces, shake = moment.paces, moment.shake
    promises, bounds, homes = snapshot.promises, snapshot.bounds, snapshot.homes
    looked = 0
    for index in ascending(alive):
        promise = promises[index]
        if (len(kept) == length and promise <= kept[0][0]) or looked == LOOKED_AT:
            break
        if listener is not None and not listener.is_accepted(index):
            refusing.append(index)
            if len(refusing) == PATIENCE:
                break
            continue
        looked += 1
        pace = paces[homes[index]]
        if pace != 1.0:
            pace = shaken(pace, shake)
        if exactly is not None:
            floor = exactly(snapshot.candidates[index].creative)
        if bounds[index] * pace < floor:
            below.append(index)
            continue
        ranked = (promise * pace, -index)
        if len(kept) < length:
            heappush(kept, ranked)
        elif ranked > kept[0]:
            heapreplace(kept, ranked)
    return _Ranking(kept, below, refusing)


def _heard(alive: int, listener: Listener, trace: Trace) -> int:
    got = listener.names() if trace.wanted else ""
    return trace.narrow(Reason.AUDIENCE, alive, listener.accepting(), got)


def _anybody(alive: int, start: int, chosen: list[int]) -> int:
    """Return the first of `alive` from a random place on; the last chosen if that one is chosen already."""
    for index in ascending(alive >> start << start or alive):
        return chosen[-1] if index in chosen else index
    return chosen[-1]
