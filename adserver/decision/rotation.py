"""Whose turn it is among the creatives of a line item, before they are valued; and by what chance it was chosen."""

from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

from msgspec.structs import replace

from adserver.catalog.audience import Listener
from adserver.catalog.rotation import Turns
from adserver.decision import shortlist
from adserver.decision.demands import Demand
from adserver.decision.tracing import Trace
from adserver.decision.world import Moment, World
from adserver.domain.bits import ascending
from adserver.domain.candidate import Candidate
from adserver.domain.dice import mixed
from adserver.domain.reasons import Reason

CREATIVES, PRODUCTS = 0x5EED0001, 0x5EED0002
"""What dice are for: those of creatives and of products must not fall alike."""
_ALL = float(1 << 64)


class Shortlisted(NamedTuple):
    """The few, of each line item that rotates the one whose turn it is."""

    candidates: list[Candidate]
    propensities: dict[int, float]
    """By candidate, for those who took turns: with which probability this one was to be chosen."""


def keep(
    world: World, demand: Demand, listener: Listener, moment: Moment, trace: Trace
) -> Shortlisted:
    """Return the shortlist where some line items rotate: each stands there once, so that none crowds out others.

    All creatives of a line item have the same promise, floor and audience, so any of them stands for all until it is
    decided whose turn it is.
    """
    rotation = world.snapshot.rotation
    thinned = replace(demand, alive=rotation.thinned(demand.alive))
    few = shortlist.keep(world, thinned, listener, moment, trace)
    propensities: dict[int, float] = {}
    waiting = demand.alive & rotation.members
    for place, candidate in enumerate(few):
        turns = rotation.turns.get(candidate.line_item_index)
        if turns is None:
            continue
        alive = demand.alive & turns.members
        waiting &= ~turns.members
        chosen, probability = _turn(world, candidate, turns, alive, moment)
        few[place] = chosen
        propensities[chosen.index] = probability
        if trace.wanted:
            trace.narrow(Reason.ROTATION, alive, 1 << chosen.index, turns.rotation)
    if trace.wanted:  # those that nobody stood for any more
        reason = Reason.NOT_SHORTLISTED if few else trace.reason  # of a no-bid the reason stays
        trace.narrow(reason, waiting & ~thinned.alive, 0)
    return Shortlisted(few, propensities)


def drawn(seed: int, label: int, shares: Sequence[float]) -> int:
    """Return which of some shares, summing to 1, comes up: a function of seed and label alone."""
    point = mixed(seed, label) / _ALL
    for index, reached in enumerate(accumulate(shares)):
        if point < reached:
            return index
    return len(shares) - 1


def _turn(
    world: World, candidate: Candidate, turns: Turns, alive: int, moment: Moment
) -> tuple[Candidate, float]:
    indices = list(ascending(alive))
    if len(indices) == 1:
        return world.snapshot.candidates[indices[0]], 1.0
    candidates = [world.snapshot.candidates[index] for index in indices]
    line_item = candidate.line_item_number
    if turns.rotation == "learned":
        shares = world.arms.shares(line_item, tuple([each.creative.number for each in candidates]))
    elif turns.rotation == "weighted":
        weights = [turns.weights[index] for index in indices]
        whole = sum(weights)
        shares = [weight / whole for weight in weights]
    else:
        shares = [1 / len(candidates)] * len(candidates)
    place = drawn(moment.seed, line_item ^ CREATIVES, shares)
    return candidates[place], shares[place]
