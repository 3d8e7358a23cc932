"""R6, the profiles' part: Redis is frozen, killed, started again and flushed while a worker bids at a steady rate.

People come in two crowds: regulars, who are met every second and so remembered, and passers-by, who are met once. There
is a line item that needs no person, and a dearer one with a frequency cap that does.
"""

import json
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from random import Random
from typing import Any, NamedTuple

from tests.endpoints.catalogs import advertiser, banner, line_item
from tests.endpoints.server import Server
from tests.endpoints.wire import person, request
from tests.servers.redis import LACKING, PROGRAM, RedisServer, redis_server
from tests.torture.figures import Figure, Missing, Scale, none_of
from tests.torture.phases import Phase, Sent, percentile_ms, send
from tests.torture.priority import first
from tests.torture.recounted import CLOSED, counted
from tests.torture.running import serving

TMAX_MS = 200
RATE = 100
REGULARS = 50
BODIES = 8_000
"""More than are ever sent: nobody passes by twice."""
BEGIN_S = 1.5
EVERY_S = 0.1
GOOD, RECOVERY_S = 0.95, 5.0
USUAL = 0.8
"""Below, the machine has too much else to do for judging anything."""
STEADY = 5
"""So many looks in a row without a failed look-up are no accident."""
OPTED_OUT = "5f0e4a9c-8a0f-4f5c-9d0c-0a4f6b1c2d3e"
"""An advertising id."""
OUT = ("opted_out", "choices_unknown")
FAILURES = "adserver_profile_failures_total"


class Outage(NamedTuple):
    """What is done to Redis, and undone."""

    name: str
    begin: Callable[[RedisServer], object]
    seconds: float
    end: Callable[[RedisServer], object]


class Look(NamedTuple):
    """Counters at one moment."""

    at_s: float
    failed: float
    """Look-ups so far that told nothing."""
    requests: float
    basis: str
    """Why somebody who opted out is shown nothing personal."""


def run(scale: Scale) -> list[Figure]:
    """Hurt Redis in all ways, one after the other. Raises `Missing` without a `redis-server`."""
    if PROGRAM is None:
        raise Missing(LACKING)
    calm_s = 8.0 if scale.full else 3.5  # longer than recovering may take, or does by far
    outages = [
        Outage("frozen", RedisServer.freeze, 30.0 if scale.full else 2.0, RedisServer.thaw),
        Outage("killed", RedisServer.kill, 10.0 if scale.full else 1.0, RedisServer.start),
    ]
    with first(inherited=True), redis_server("--appendonly", "yes") as redis:
        settings = {"workers": 1, "profiles": {"kind": "redis", "urls": [redis.url]}}
        with serving(_catalog(), *CLOSED, settings=settings) as server:
            _opt_out(server)
            acts: list[tuple[float, Callable[[], object]]] = []
            at_s = BEGIN_S
            for outage in outages:
                acts += [
                    (at_s, partial(outage.begin, redis)),
                    (at_s + outage.seconds, partial(outage.end, redis)),
                ]
                at_s += outage.seconds + calm_s
            acts.append((at_s, partial(redis.call, "FLUSHALL")))
            sent, looks = _under_load(server, at_s + calm_s, scale.seed, acts)
    moments = [moment for moment, _ in acts]
    began, ended = moments[0:-1:2], moments[1:-1:2]
    calm = [
        each
        for each in sent
        if each.at_s < began[0]
        or any(
            end + RECOVERY_S / 2 <= each.at_s < begin
            for begin, end in zip(began[1:], ended, strict=False)
        )
    ]
    usual = _share(calm)
    figures = [
        Figure(
            "R6",
            "before and between: bids in time",
            f"{usual:.1%} of {len(calm):,}",
            f">= {USUAL:.0%}",
            met=usual >= USUAL,
        )
    ]
    for outage, begin, end in zip(outages, began, ended, strict=True):
        figures += _hurt(outage.name, begin, end, sent, looks, usual)
    return [*figures, *_flushed(moments[-1], sent, looks, usual), *counted(scale)]


def _hurt(
    name: str,
    began: float,
    ended: float,
    sent: Sequence[Sent],
    looks: Sequence[Look],
    usual: float,
) -> list[Figure]:
    during = [each for each in sent if began <= each.at_s < ended]
    failed = _at(looks, ended).failed - _at(looks, began).failed
    back_s = _recovered_s(looks, ended)
    what = f"{name} for {ended - began:.0f} s"
    return [
        *_goodput(what, during, usual),
        Figure("R6", f"{what}: look-ups that told nothing, of {len(during):,}", f"{failed:.0f}",
               "reported", met=failed > 0),
        Figure("R6", f"{what}: people are known again", f"after {back_s:.1f} s",
               f"<= {RECOVERY_S:.0f} s", back_s <= RECOVERY_S),
    ]  # fmt: skip


def _flushed(
    began: float, sent: Sequence[Sent], looks: Sequence[Look], usual: float
) -> list[Figure]:
    """With the people their opt-outs are gone, until they are brought back: nobody may be taken meanwhile for a stranger
    who never decided anything.
    """
    back_s = _recovered_s(looks, began + EVERY_S)
    failed = looks[-1].failed - _at(looks, began).failed
    return [
        *_goodput("flushed", [each for each in sent if each.at_s >= began], usual),
        Figure("R6", "flushed: look-ups that told nothing", f"{failed:.0f}", "reported", met=True),
        Figure("R6", "flushed: people are known again", f"after {back_s:.1f} s",
               f"<= {RECOVERY_S:.0f} s", back_s <= RECOVERY_S),
        none_of("R6", "looks at somebody who opted out that found somebody else", len(looks), [
            f"{each.basis} after {each.at_s:.1f} s" for each in looks if each.basis not in OUT
        ]),
    ]  # fmt: skip


def _goodput(what: str, sent: Sequence[Sent], usual: float) -> list[Figure]:
    """Judge by what the machine did just before and after: others may be at work on it."""
    broken = [each for each in sent if each.status not in {200, 204}]
    share = _share(sent)
    slowest = percentile_ms([each.took_s for each in sent], 0.99)
    return [
        Figure("R6", f"{what}: bids in time, of those at other times (p99 {slowest:.0f} ms)",
               f"{share / usual:.1%} ({share:.1%} of {len(sent):,} sent)", f">= {GOOD:.0%}",
               share >= GOOD * usual),
        Figure("R6", f"{what}: neither 200 nor 204", f"{len(broken)} of {len(sent):,}", "0",
               not broken),
    ]  # fmt: skip


def _share(sent: Sequence[Sent]) -> float:
    good = [each for each in sent if each.status == 200 and each.took_s <= TMAX_MS / 1_000]
    return len(good) / max(1, len(sent))


def _under_load(
    server: Server,
    seconds: float,
    seed: int,
    acts: Sequence[tuple[float, Callable[[], object]]],
) -> tuple[list[Sent], list[Look]]:
    """Send for so long, act at the given moments, and look at the counters all the time."""
    looks: list[Look] = []
    over = threading.Event()
    began = time.monotonic()

    def look() -> None:
        while not over.is_set():
            looks.append(
                Look(
                    time.monotonic() - began,
                    server.total(FAILURES, 0),
                    server.total("adserver_bid_requests_total", 0),
                    server.explain(_of_who_opted_out())["permission"]["basis"],
                )
            )
            over.wait(EVERY_S)

    def act() -> None:
        for at_s, do in acts:
            over.wait(max(0.0, began + at_s - time.monotonic()))
            do()

    helpers = [threading.Thread(target=each) for each in (look, act)]
    for each in helpers:
        each.start()
    try:
        sent = send(server.port, _bodies(seed), Phase(RATE, seconds))
    finally:
        over.set()
        for each in helpers:
            each.join()
    return sent, looks


def _bodies(seed: int) -> list[bytes]:
    dice = Random(seed)
    names = (
        f"regular-{dice.randrange(REGULARS)}" if number % 2 else f"passer-by-{number}"
        for number in range(BODIES)
    )
    return [json.dumps(request(tmax=TMAX_MS, **person(name))).encode() for name in names]


def _of_who_opted_out() -> dict[str, Any]:
    return request(device={"ifa": OPTED_OUT, "geo": {"country": "USA"}})


def _opt_out(server: Server) -> None:
    with server.client() as client:
        body = json.dumps({"ifa": OPTED_OUT, "change": "opt_out"}).encode()
        reply = client.call("POST", "/r/api/choices", body, Content_Type="application/json")
        assert reply.status == 200, reply.body


def _at(looks: Sequence[Look], at_s: float) -> Look:
    return min(looks, key=lambda each: abs(each.at_s - at_s))


def _recovered_s(looks: Sequence[Look], since_s: float) -> float:
    """Return how long after `since_s` the first of several looks came between which no look-up failed."""
    after = [each for each in looks if each.at_s >= since_s]
    for at in range(len(after) - STEADY):
        if after[at].failed == after[at + STEADY].failed:
            return after[at].at_s - since_s
    return float("inf")


def _catalog() -> dict[str, dict[str, object]]:
    ads = [banner("known"), banner("anybody")]
    known = line_item("known", ["known"], frequency_caps=["50 per day"])
    return advertiser("tents", ads, [known, line_item("anybody", ["anybody"], goal={"cpm": 500})])
