"""R2: far more requests than a worker can answer, sent on time whatever comes back.

The worker sleeps in each decision, so that ten times its capacity is still little work for the machine.
"""

import json
from collections.abc import Sequence

from tests.endpoints.throttled import running
from tests.endpoints.wire import request
from tests.torture.figures import Figure, Scale
from tests.torture.phases import Phase, Sent, capacity, percentile_ms, send

DECISION_MS = 10
TMAX_MS = 200
MARGIN_MS = 15
"""The default `network_margin_ms`."""
BODIES = [json.dumps(request(tmax=TMAX_MS)).encode() for _ in range(50)]
LOADS = ((2, 0.95), (10, 0.85))
"""Times capacity, and the share of capacity that must remain."""
SHORT_LOADS = ((10, 0.65),)
SHORT_SHARE = 0.95
"""The short form shares its processors with other tests: of its hundred bids some wait for those."""
CLOSED = 4
"""Connections that are always busy measure capacity: they wait for each other well within `tmax`."""
EASY_S = 0.4
"""It begins at half of capacity, as it ends, so that hundreds of new connections are no part of the overload."""
SETTLE_S = 0.5
"""After so long the queue is as long as it will be."""
RECOVERY_S = 1.0
NORMAL_S = 0.05
"""A bid within five decisions, at half of capacity, is the everyday."""
RUN = 20
"""So many in a row are no accident."""


def run(scale: Scale) -> list[Figure]:
    """Overload; each load is judged by the capacity measured before and after it."""
    figures = []
    seconds = 30.0 if scale.full else 1.5
    calm_s = 5.0 if scale.full else 1.0
    probe = Phase(2 * 1_000 / DECISION_MS, seconds / 3)
    with running("tests.endpoints.throttled", str(DECISION_MS)) as port:
        before = capacity(port, BODIES, probe, CLOSED)
        for times, bar in LOADS if scale.full else SHORT_LOADS:
            easy = before / 2
            sent = send(
                port, BODIES,
                Phase(easy, EASY_S), Phase(before * times, seconds), Phase(easy, calm_s),
            )  # fmt: skip
            after = capacity(port, BODIES, probe, CLOSED)
            figures += _figures(sent, times, seconds, max(before, after), bar, scale)
            before = after
    return figures


def recovered_s(sent: Sequence[Sent], since_s: float) -> float:
    """Return how long after `since_s` the first of many requests in a row was sent that were bid on at once."""
    calm = sorted(each for each in sent if each.at_s >= since_s)
    good = [each.status == 200 and each.took_s <= NORMAL_S for each in calm]
    for at in range(len(calm) - RUN + 1):
        if all(good[at : at + RUN]):
            return calm[at].at_s - since_s
    return float("inf")


def _figures(
    sent: Sequence[Sent], times: int, seconds: float, most: float, bar: float, scale: Scale
) -> list[Figure]:
    ends = EASY_S + seconds
    loaded = [each for each in sent if EASY_S <= each.at_s < ends]
    bids = [each for each in loaded if each.status == 200]
    good = sum(
        EASY_S + SETTLE_S <= each.at_s + each.took_s < ends and each.took_s <= TMAX_MS / 1_000
        for each in bids
    ) / (seconds - SETTLE_S)
    shed = [each.took_s for each in loaded if each.status == 204]
    broken = [each for each in sent if each.status not in {200, 204}]
    slowest = percentile_ms([each.took_s for each in bids], 0.99 if scale.full else SHORT_SHARE)
    slowest_shed = percentile_ms(shed, 0.99)
    back = recovered_s(sent, ends)
    within = TMAX_MS - MARGIN_MS if scale.full else TMAX_MS
    name = f"at {times} C"
    return [
        Figure("R2", f"{name}: bids in time (C = {most:.0f}/s, {len(loaded):,} sent)",
               f"{good / most:.1%} of C", f">= {bar:.0%}", good >= bar * most),
        Figure("R2", f"{name}: p99 of bids, from the intended send ({len(shed):,} 204 at {slowest_shed:.0f} ms)",
               f"{slowest:.0f} ms", f"<= {within} ms", slowest <= within),
        Figure("R2", f"{name}: normal again", f"after {back:.2f} s", f"<= {RECOVERY_S:.0f} s",
               back <= RECOVERY_S),
        Figure("R2", f"{name}: neither 200 nor 204", f"{len(broken)} of {len(sent):,}", "0", not broken),
    ]  # fmt: skip
