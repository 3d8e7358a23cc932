"""A simulated exchange: asks the bidder over HTTP, holds auctions, and lets people see, click and buy."""

import argparse
import asyncio
import signal
import time
from collections.abc import Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import aiohttp
import orjson
import uvloop

from loadtest import answer, auction
from loadtest.aftermath import SHOPS, Aftermath, Habits
from loadtest.answer import Asked
from loadtest.market.live import Clock, Live, clock_of
from loadtest.market.people import OUR_VENDOR
from loadtest.request import Terms, bid_request
from loadtest.tally import Summary
from loadtest.wire import loopback

_BROWSER = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
}
"""Pixels and links are fetched by people."""
_HEADERS = {"Content-Type": "application/json", "x-openrtb-version": "2.6"}


@dataclass(frozen=True)
class Options:
    """How one run goes; `seconds` None means until it is stopped."""

    url: str
    rate: float = 300.0
    seconds: float | None = None
    seed: int = 1
    people: int = 5_000
    vendor: int = OUR_VENDOR
    terms: Terms = Terms()
    concurrency: int = 64
    """More requests than this are never under way; the rest wait."""
    rivals: float = 1.0
    """What rivals offer is multiplied by this."""
    habits: Habits = Habits()
    grace_s: float = 5.0
    """How long notices and people may go on after the last request."""
    status: Path | None = None
    """Where the state of things is written every second."""
    clock: Clock = time.time
    """What time it is in the market."""
    run: str = field(default_factory=lambda: f"{time.time_ns() // 1_000_000:x}")
    """Makes request ids and order numbers unique among runs of one seed."""


async def run(options: Options, stop: asyncio.Event | None = None) -> Summary:
    """Run until the time is over or `stop` is set. Raises `NotHere` for addresses elsewhere."""
    loopback(options.url)
    connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=30)
    async with aiohttp.ClientSession(connector=connector, headers=_BROWSER) as session:
        return await _Exchange(options, session, stop or asyncio.Event()).run()


class _Exchange:
    def __init__(
        self, options: Options, session: aiohttp.ClientSession, stop: asyncio.Event
    ) -> None:
        self._options = options
        self._session = session
        self._stop = stop
        self._summary = Summary()
        self._market = Live(options.seed, options.people, options.clock, vendor=options.vendor)
        self._slots = asyncio.Semaphore(options.concurrency)
        self._group = asyncio.TaskGroup()
        self._under_way: set[asyncio.Task[None]] = set()
        self._aftermath = Aftermath(
            options.url, session, self._summary, self._spawn,
            options.habits._replace(run=options.run), self._market,
        )  # fmt: skip
        self._timeout = aiohttp.ClientTimeout(total=options.terms.tmax_ms / 1_000)
        self._began = time.monotonic()
        self._sending = True

    async def run(self) -> Summary:
        async with self._group:  # a bug in any task ends the run, loudly
            reporter = self._group.create_task(self._report())
            await self._send()
            self._write()
            self._sending = False
            ends = time.monotonic() + self._options.grace_s
            while self._under_way and (left := ends - time.monotonic()) > 0:
                await asyncio.wait(self._under_way, timeout=left)
            self._summary.unfinished = len(self._under_way)
            for task in (*self._under_way, reporter):
                task.cancel()
        self._write()
        return self._summary

    async def _send(self) -> None:
        """Send requests at Poisson times; when too many are under way, the exchange slows down."""
        arrivals = Random(f"{self._options.seed}/arrivals")
        due, number = time.monotonic(), 0
        ends = due + self._options.seconds if self._options.seconds else float("inf")
        while not self._stop.is_set():
            due = max(due + arrivals.expovariate(self._options.rate), time.monotonic() - 1.0)
            if due >= ends:
                break
            if await self._stopped_before(due):
                return
            await self._slots.acquire()
            self._spawn(self._one(number))
            number += 1
        await self._stopped_before(ends)

    async def _stopped_before(self, due: float) -> bool:
        delay = due - time.monotonic()
        if delay <= 0 or delay == float("inf"):
            return self._stop.is_set()
        if delay < 0.05:  # noqa: PLR2004 - too short for anybody to notice a stop
            await asyncio.sleep(delay)
            return self._stop.is_set()
        try:
            async with asyncio.timeout(delay):
                await self._stop.wait()
        except TimeoutError:
            return False
        return True

    async def _one(self, number: int) -> None:
        options = self._options
        try:
            visitor = self._market.visitor(number)
            person, publisher, placements, _ = visitor
            asked = Asked(f"{options.run}-{number}", publisher, placements, options.terms)
            request = bid_request(asked.identifier, person, publisher, placements, options.terms)
            refused = not person.consents or person.id in self._aftermath.refusers
            bids = await self._ask(orjson.dumps(request), asked)
            self._told(bids, refused=refused)
        finally:
            self._slots.release()
        for index, placement in enumerate(placements):
            rolls = Random(f"{options.seed}/auction/{number}/{index}")
            ours = [bid for bid in bids if bid.imp == index]
            rival = round(self._market.rival_micros(visitor, index, rolls) * options.rivals)
            for outcome in auction.hold(placement, publisher, ours, rival):
                self._aftermath.begin(outcome, visitor, rolls)

    def _told(self, bids: list[answer.Bid], *, refused: bool) -> None:
        """Count by what bids say they were chosen; for those who had refused before, only by the page."""
        summary = self._summary
        for bid in bids:
            if bid.personal is None:
                summary.untold += 1
            elif bid.personal:
                summary.personal += 1
                if refused:
                    summary.error("bid_personal_for_a_refuser", bid.line)
            else:
                summary.contextual += 1
            summary.to_refusers += refused

    async def _ask(self, body: bytes, asked: Asked) -> list[answer.Bid]:
        """Return the usable bids; whatever else comes back is counted by kind."""
        summary = self._summary
        summary.sent += 1
        began = time.perf_counter()
        try:
            async with self._session.post(
                self._options.url, data=body, headers=_HEADERS, timeout=self._timeout
            ) as response:
                status, content = response.status, await response.read()
        except TimeoutError:
            summary.latencies.add(time.perf_counter() - began)  # at least that long
            summary.error("bid_timeout", f"no answer within {asked.terms.tmax_ms} ms")
            return []
        except aiohttp.ClientError as error:
            summary.error("bid_connection", repr(error))
            return []
        summary.latencies.add(time.perf_counter() - began)
        summary.answered += 1
        if status == 204:  # noqa: PLR2004 - the usual way not to bid
            return []
        if status != 200:  # noqa: PLR2004
            summary.error(f"bid_status_{status}", content[:200].decode(errors="replace"))
            return []
        bids, faults = answer.read(content, asked)
        for fault in faults:
            summary.error(f"bid_{fault.kind}", fault.detail)
        summary.bid_responses += bool(bids)
        summary.bids += len(bids)
        return bids

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._group.create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _report(self) -> None:
        while True:
            self._write()
            await asyncio.sleep(1.0)

    def _write(self) -> None:
        self._summary.seconds = time.monotonic() - self._began
        if self._sending:
            self._summary.sending_s = self._summary.seconds
        if self._options.status:
            self._summary.write(self._options.status)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare this command's options."""
    parser.add_argument("--url", required=True, help="bid endpoint, on this machine")
    parser.add_argument("--rate", type=float, default=300.0, help="requests per second")
    parser.add_argument("--seconds", type=float, help="default: until interrupted")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--people", type=int, default=5_000, help="size of the population")
    parser.add_argument("--vendor", type=int, default=OUR_VENDOR, help="the bidder's vendor id")
    parser.add_argument("--tmax", type=int, default=120, help="milliseconds to answer")
    parser.add_argument("--currencies", default="USD,EUR", help="that bids may be in")
    parser.add_argument("--concurrency", type=int, default=64)
    parser.add_argument("--shop", action="append", default=[], metavar="DOMAIN=ADVERTISER",
                        help="which account a shop reports its orders to; the demo's are known")  # fmt: skip
    parser.add_argument("--speed", type=float, default=1.0,
                        help="how fast the market's time passes, in which interests change")  # fmt: skip
    parser.add_argument("--rivals", type=float, default=1.0, help="multiplies rival bids")
    parser.add_argument("--grace", type=float, default=5.0, help="seconds for what is under way")
    parser.add_argument("--status", type=Path, help="write the state here every second")


def _shop(text: str) -> tuple[str, str]:
    domain, _, advertiser = text.partition("=")
    if not domain or not advertiser:
        raise ValueError(f"--shop {text}: expected DOMAIN=ADVERTISER")
    return domain, advertiser


def command(arguments: argparse.Namespace) -> int:
    """Run, print the summary; exit code 1 if nothing was answered."""
    options = Options(
        url=loopback(arguments.url),
        rate=arguments.rate,
        seconds=arguments.seconds,
        seed=arguments.seed,
        people=arguments.people,
        vendor=arguments.vendor,
        terms=Terms(arguments.tmax, tuple(arguments.currencies.split(",")), curious=True),
        concurrency=arguments.concurrency,
        rivals=arguments.rivals,
        clock=clock_of(arguments.speed, time.time(), time.monotonic),
        habits=Habits(shops=(*SHOPS, *map(_shop, arguments.shop))),
        grace_s=arguments.grace,
        status=arguments.status,
    )
    summary = uvloop.run(_until_signalled(options))
    print(orjson.dumps(summary.as_dict()).decode() if arguments.json else _readable(summary))
    return 0 if summary.answered else 1


async def _until_signalled(options: Options) -> Summary:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return await run(options, stop)


def _readable(summary: Summary) -> str:
    lines = []
    for name, value in summary.as_dict().items():
        shown = value
        if isinstance(value, dict):
            shown = "  ".join(f"{key}={part}" for key, part in value.items()) or "none"
        lines.append(f"{name:>20}  {shown}")
    return "\n".join(lines)
