"""Now and then those valued are ranked by what might be true instead of what is likeliest, to find out (Thompson sampling).

A creative that was seen fifty times may be better than its click rate says. Whoever always shows the one that looks best
never learns that. So in a set share of the requests each click probability is multiplied, for ranking alone, by a draw
from what is possible after so much evidence: exp(s z - s^2 / 2), where z is a standard normal number made of the
request's own dice and s is the standard deviation of the log odds (Thompson 1933; Chapelle and Li, "An empirical
evaluation of Thompson sampling", NIPS 2011). The mean of the factor is 1, so that doubt alone is no advantage.

What is offered stays what the impression is worth by the likeliest estimate: learning never raises a bid. It costs what
the one that was shown is worth less than the one that would have been, in that share of the requests at most.
"""

from collections.abc import Mapping, Sequence
from math import exp
from statistics import NormalDist

from msgspec.structs import replace

from adserver.decision.tracing import Trace
from adserver.decision.world import Moment, World
from adserver.decision.worth import Worth, by_paced
from adserver.domain.candidate import Candidate
from adserver.domain.dice import PPM, mixed
from adserver.domain.opportunity import Auction, Opportunity
from adserver.ports import Orders

PLACES, CREATIVES, ORDERS = 0x5EED0003, 0x5EED0004, 0x5EED0005
"""What dice are for: see `rotation`."""
_SHAKEN_BITS = 10  # the low bits of the seed shake paces
_FREE_BITS = 22  # a seed is a checksum of 32 bits
_STEPS = 1 << 53
_STANDARD = NormalDist()


def happens(seed: int, ppm: int) -> bool:
    """Tell whether this request is one of those; the seed's bits are dice already."""
    return (seed >> _SHAKEN_BITS) * PPM < ppm << _FREE_BITS


def ranked(
    world: World,
    auction: Auction,
    opportunity: Opportunity,
    worths: Sequence[Worth],
    heard: Mapping[int, Orders],
    moment: Moment,
    trace: Trace,
) -> list[Worth]:
    """Return the same worths by drawn paced value, none above its own bound, each with its draw.

    `heard` is what is expected of those whose goal is by orders, by candidate.
    """
    if world.evidence is None:
        shared, own = 0.0, [0.0] * len(worths)
    else:
        candidates = [worth.candidate for worth in worths]
        shared, doubts = world.evidence.doubts(auction, opportunity, candidates)
        own = list(doubts)
    if not shared and not any(own) and not any(each.doubt for each in heard.values()):
        return sorted(worths, key=by_paced)  # nothing to learn, or nobody knows what
    seed = moment.seed
    place = shared * normal(seed, PLACES) if shared else 0.0
    drawn = []
    for worth, doubt in zip(worths, own, strict=True):
        orders = heard.get(worth.candidate.index)
        of_orders = orders.doubt if orders is not None else 0.0
        factor = _factor(worth.candidate, place, shared, doubt, of_orders, seed)
        if trace.wanted:
            trace.drew(worth.candidate.index, factor)
        drawn.append(replace(worth, draw=factor))
    drawn.sort(key=_rank)
    return drawn


def _factor(
    candidate: Candidate, place: float, shared: float, doubt: float, of_orders: float, seed: int
) -> float:
    if candidate.goal.kind == "cpm":  # worth the same whoever clicks
        return 1.0
    moved, variance = place, shared * shared
    if doubt:
        moved += doubt * normal(seed, candidate.creative.number ^ CREATIVES)
        variance += doubt * doubt
    if of_orders:
        moved += of_orders * normal(seed, candidate.line_item_number ^ ORDERS)
        variance += of_orders * of_orders
    return exp(moved - variance / 2)


def _rank(worth: Worth) -> tuple[float, int]:
    most = worth.candidate.bound * worth.paced // worth.value
    return (-min(worth.paced * worth.draw, most), worth.candidate.index)


def normal(seed: int, label: int) -> float:
    """Return a standard normal number: a function of seed and label alone."""
    return _STANDARD.inv_cdf(((mixed(seed, label) >> 11) + 0.5) / _STEPS)
