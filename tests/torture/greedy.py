"""R8: a crowd of idle and slow clients, and what the others feel of it; then bombs.

The same open-loop load goes on in phases, with the crowd and without, one after the other, so that what else the
machine does falls on both. Where there are two processors the worker has one and the clients have the others.
"""

import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from statistics import median
from typing import NamedTuple

import msgspec
import uvloop

from tests.endpoints.catalogs import one_banner
from tests.endpoints.footprint import children, cpu_s
from tests.endpoints.server import ROOT, Server, wait
from tests.endpoints.wire import request
from tests.torture import bombs
from tests.torture.crowd import Crowd
from tests.torture.figures import Figure, Scale, none_of
from tests.torture.phases import Generator, Phase, capacity, percentile_ms
from tests.torture.priority import first
from tests.torture.running import serving

SPARE = 1_000
"""Connections and files beside the crowd's."""
BODIES = [json.dumps(request(tmax=1_000)).encode() for _ in range(50)]
LINES = 64
TOO_MANY = 20_000
"""Requests per second that no worker here can answer."""
SHARE = 0.3
"""Of the worker's capacity: the others are not many."""
BID_ON = 0.99
CUT_S = 5.0
GROWTH = 1.10
SHORT_RATE = 100
SHORT_GROWTH = 3.0
"""On processors shared with other tests, within a second, only a server that stands still can be told: by its p50."""
GONE_S = 10.0


class Felt(NamedTuple):
    """What the others met in one phase."""

    took_s: list[float]
    cpu_us: float
    """The worker's, per request of the others."""
    failed: int

    def ms(self, share: float) -> float:
        """Return what this share of requests did not exceed, from the intended send."""
        return percentile_ms(self.took_s, share)


def run(scale: Scale) -> list[Figure]:
    """Measure with and without the crowd, over and over."""
    _, files = resource.getrlimit(resource.RLIMIT_NOFILE)
    slow = min(scale.count(1_000, 100), (files - SPARE) // 11)
    idle = min(scale.count(10_000, 300), slow * 10)
    limits: dict[str, int] = {"max_connections": idle + slow + SPARE}
    if not scale.full:
        limits |= {"header_timeout_ms": 500, "body_timeout_ms": 500}
    with serving(one_banner(), settings={"workers": 1}) as server:
        server.stop()
        server.settings["http"] |= limits
        server.write_settings()
        server.start()
        with _apart(server), first(server.worker_pid(0), inherited=False):
            figures = _measure(server, scale, idle, slow)
        return figures + bombs.measure(server, scale.count(3, 1))


def _measure(server: Server, scale: Scale, idle: int, slow: int) -> list[Figure]:
    seconds = 12.0 if scale.full else 1.2
    box = scale.time(0.7)
    rate = SHARE * capacity(server.port, BODIES, Phase(TOO_MANY, seconds / 4), LINES)
    if not scale.full:
        rate = min(rate, SHORT_RATE)
    quiet: list[Felt] = []
    greedy: list[Felt] = []
    crowds: list[Crowd] = []
    for number in range(scale.count(8, 1)):
        if box.over():
            break
        quiet.append(_felt(server, rate, seconds, number))
        with _crowd(server, idle, slow, crowds):
            greedy.append(_felt(server, rate, seconds, number))
    return _figures(quiet, greedy, crowds, rate, scale)


def _figures(
    quiet: Sequence[Felt],
    greedy: Sequence[Felt],
    crowds: Sequence[Crowd],
    rate: float,
    scale: Scale,
) -> list[Figure]:
    share, bar = (0.99, GROWTH) if scale.full else (0.5, SHORT_GROWTH)
    ratio = median(
        after.ms(share) / before.ms(share) for before, after in zip(quiet, greedy, strict=True)
    )
    alone, beside = (
        percentile_ms([took for each in kind for took in each.took_s], share)
        for kind in (quiet, greedy)
    )
    cpu_alone, cpu_beside = (median(each.cpu_us for each in kind) for kind in (quiet, greedy))
    cut = sum(each.slow_cut for each in crowds)
    longest = max(each.longest_s for each in crowds)
    idle, slow = crowds[0].idle, cut // len(crowds)
    dropped = sum(each.idle_cut for each in crowds)
    failed = sum(each.failed for each in (*quiet, *greedy))
    asked = sum(len(each.took_s) for each in (*quiet, *greedy))
    return [
        Figure("R8", f"others' p{share * 100:.0f} beside {idle:,} idle and {slow:,} slow clients ({len(greedy)} pairs at {rate:.0f}/s; "
               f"pooled {alone:.2f} -> {beside:.2f} ms, CPU {cpu_alone:.0f} -> {cpu_beside:.0f} us a request)",
               f"{ratio - 1:+.0%}", f"< {bar - 1:+.0%}", ratio < bar),
        Figure("R8", f"slow clients cut ({cut:,}), the longest", f"after {longest:.1f} s", f"<= {CUT_S:.0f} s",
               cut > 0 and longest <= CUT_S),
        none_of("R8", "idle clients cut before their time", idle, ["cut"] * dropped),
        Figure("R8", "others bid on", f"{asked - failed:,} of {asked:,}", f">= {BID_ON:.0%}",
               asked - failed >= BID_ON * asked),
    ]  # fmt: skip


def _felt(server: Server, rate: float, seconds: float, seed: int) -> Felt:
    worker = server.worker_pid(0)
    generator = Generator(server.port, BODIES, [Phase(rate, seconds)], connections=LINES, seed=seed)
    before = cpu_s(worker)
    uvloop.run(generator.run())
    sent = generator.sent
    used_us = (cpu_s(worker) - before) * 1e6 / len(sent)
    failed = sum(each.status != 200 for each in sent)
    return Felt([each.took_s for each in sent], used_us, failed)


@contextmanager
def _crowd(server: Server, idle: int, slow: int, seen: list[Crowd]) -> Iterator[None]:
    process = subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-m", "tests.torture.crowd", str(server.port), str(idle), str(slow)],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == b"ready\n"
        yield
        process.stdin.close()
        seen.append(msgspec.json.decode(process.stdout.readline(), type=Crowd))
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    wait(lambda: server.total("adserver_open_connections") <= LINES, GONE_S)


@contextmanager
def _apart(server: Server) -> Iterator[None]:
    """Give the worker a processor of its own, if there are two, and the others to everybody else."""
    before = os.sched_getaffinity(0)
    first, *others = sorted(before)
    if not others:
        yield
        return
    worker = server.worker_pid(0)
    os.sched_setaffinity(worker, {first})
    for pid in {os.getpid(), server.pid(), *children(server.pid())} - {worker}:
        os.sched_setaffinity(pid, others)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
