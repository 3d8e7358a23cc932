"""In time, or not at all."""

import asyncio

from adserver.certification import samples
from adserver.certification.check import Check
from adserver.certification.wire import Bidder

REQUESTS = 200
AT_ONCE = 8
IN_TIME = 0.99
"""Exchanges slow down bidders that are late more often."""


async def _in_time(bidder: Bidder) -> list[str]:
    waiting = asyncio.Semaphore(AT_ONCE)

    async def one() -> float:
        async with waiting:
            answer = await bidder.ask(samples.request(samples.banner()))
        return float("inf") if answer.trouble else answer.took_ms

    took = await asyncio.gather(*(one() for _ in range(REQUESTS)))
    late = sum(1 for each in took if each > samples.TMAX_MS)
    if late > (1 - IN_TIME) * REQUESTS:
        return [f"{late} of {REQUESTS} answers later than tmax, {samples.TMAX_MS} ms"]
    return []


async def _hopeless(bidder: Bidder) -> list[str]:
    answer = await bidder.ask(samples.request(samples.banner(), tmax=1))
    if answer.trouble or answer.status not in {200, 204}:
        return [f"tmax=1: {answer.trouble or f'status {answer.status}'}"]
    return ["tmax=1: a bid that can only come too late"] if answer.bids else []


TIMING = (
    Check("in-time", f"{IN_TIME:.0%} of answers come within tmax.", "OpenRTB 2.6, 3.2.1 (tmax)", _in_time),
    Check("hopeless", "Where there is no time there is no bid.", "OpenRTB 2.6, 3.2.1 (tmax)", _hopeless),
)  # fmt: skip
