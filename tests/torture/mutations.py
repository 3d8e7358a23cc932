"""R1: mutated requests over keep-alive HTTP; the server neither falls, nor stumbles, nor grows."""

import asyncio
import json
import time
from collections.abc import Iterator
from itertools import islice
from random import Random
from urllib.parse import urlsplit

from tests.endpoints.catalogs import everything
from tests.endpoints.footprint import children, memory_kb
from tests.endpoints.server import Server
from tests.torture.figures import Box, Figure, Scale, none_of
from tests.torture.lines import Answer, Ask, Line, flood, get
from tests.torture.mutants import Mutant, Mutants
from tests.torture.running import serving, worker_pids

DRIFT = 0.02
SHORT_DRIFT = 0.15
"""After a few thousand requests caches still fill: only a flood of memory can be told so soon."""
WARM = 0.5
"""The share of requests before memory is first looked at: pools, caches and code grow until then."""
FRESH = 30_000
"""So many fill what each worker remembers of requests, of which the verdicts on 8,192 user agents are the most."""
EXPIRY_S = 20
"""Some mutants are bid on without our knowing; what their bids hold is let go in the first half already."""


def run(scale: Scale) -> list[Figure]:
    """Send mutants until there were enough, or the time is over."""
    settings = {
        "exchanges": [
            {
                "name": "open",
                "default_tmax_ms": 2_000,
                "contextual_without_consent": True,
                "expiry_s": EXPIRY_S,
            }
        ]
    }
    with serving(everything(), settings=settings) as server:
        return asyncio.run(_torment(server, scale))


async def _torment(server: Server, scale: Scale) -> list[Figure]:
    mutants = Mutants(Random(scale.seed))
    wanted = scale.count(1_000_000, 20_000)
    wrong: list[str] = []
    processes = children(server.pid())
    began = time.monotonic()
    # The most that a worker ever remembers, and on top of it needs at once, it keeps: that is no drift, and comes first.
    fresh = (_asking(mutants.fresh(number), wrong) for number in range(scale.count(FRESH, 600)))
    await flood(server.port, fresh)
    wide = [_asking(mutants.largest(), wrong) for _ in range(scale.count(1_000, 50))]
    await flood(server.port, iter(wide))
    first = islice(_asks(mutants, scale.time(WARM), wrong), int(wanted * WARM))
    warm = await flood(server.port, first)
    before = [memory_kb(pid, "Anonymous") for pid in worker_pids(server)]
    rest = islice(_asks(mutants, scale.time(1 - WARM), wrong), wanted - warm.asked)
    hot = await flood(server.port, rest)
    after = [memory_kb(pid, "Anonymous") for pid in worker_pids(server)]
    asked = warm.asked + hot.asked
    statuses = warm.statuses + hot.statuses
    mix = " ".join(f"{status}:{count:,}" for status, count in sorted(statuses.items()))
    drift = max(new / old - 1 for old, new in zip(before, after, strict=True))
    bar = DRIFT if scale.full else SHORT_DRIFT
    text = server.text()
    tracebacks = [line for line in text.splitlines() if "Traceback" in line]
    gone = [f"{event['event']}" for event in server.log() if event["event"].endswith("_died")]
    if children(server.pid()) != processes:
        gone.append("other processes than before")
    faults = [str(line) for line in server.log() if line["level"] in {"error", "critical"}]
    rate = asked / (time.monotonic() - began)
    return [
        none_of("R1", f"answers of 5xx, or none ({mix}; {rate:,.0f}/s)", asked, wrong),
        none_of("R1", "tracebacks in the log", asked, tracebacks),
        none_of("R1", "errors in the log", asked, faults),
        none_of("R1", "restarts", asked, gone),
        Figure(
            "R1", f"drift of a worker's own memory over the last {hot.asked:,}",
            f"{drift:+.1%} of {min(before) / 1_024:.0f} MB", f"< {bar:.0%}", drift < bar,
        ),
    ]  # fmt: skip


def _asks(mutants: Mutants, box: Box, wrong: list[str]) -> Iterator[Ask]:
    while not box.over():
        yield _asking(mutants.next(), wrong)


def _asking(mutant: Mutant, wrong: list[str]) -> Ask:
    async def ask(line: Line) -> int:
        if mutant.last:
            line = Line(line.port)
        answer = await line.ask(mutant.data, last=mutant.last)
        if answer.status >= 500 or (answer.status == 0 and not mutant.last):
            wrong.append(f"{answer.status} to {mutant.data[:300]!r}")
        elif answer.status == 200 and b"nurl" in answer.body and b'"test": 1' not in mutant.data:
            await _lose(line, answer)
        line.close() if mutant.last else None
        return answer.status

    return ask


async def _lose(line: Line, answer: Answer) -> None:
    """Say that the bids lost, as exchanges do, so that they hold nothing any more."""
    for seat in json.loads(answer.body)["seatbid"]:
        for bid in seat["bid"]:
            parts = urlsplit(bid["lurl"].replace("${AUCTION_LOSS}", "102"))
            await line.ask(get(f"{parts.path}?r=102"))
