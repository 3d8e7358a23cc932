"""An exchange that buys from one server or several, and keeps plain books of what was acknowledged with 200.

It sells what it is offered, tells of it in any order, twice, late or never, and sends again what was not taken, as
exchanges do. Nothing here is the server's code: what the server's ledger says is judged by these books.
"""

import asyncio
import json
import threading
import time
from collections import Counter
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager
from random import Random
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from loadtest.wire import substitute
from tests.endpoints.client import EXCHANGE
from tests.endpoints.wire import links
from tests.torture.lines import Answer, get, post
from tests.torture.wires import Wires

TICK_S = 0.005
BID_S, NOTICE_S = 1.0, 3.0
"""So long an answer is waited for; a worker asks its owner for two seconds."""
AGAIN_S, PATIENT_S = 0.3, 2.0
"""What was not taken is sent again after so long, then after twice as long, and so on up to the second."""
OK, EXPIRED, LATER = 200, 410, 503
_SENT_AGAIN = frozenset({LATER, 0})
BANNER = {"id": "1", "banner": {"w": 300, "h": 250}, "bidfloor": 0.5}
OTHER_KINDS = ("win", "impression")


class Habits(NamedTuple):
    """How an exchange behaves; shares are of the bids that it gets."""

    rate: float = 60.0
    """Bid requests per second."""
    won: float = 0.55
    lost: float = 0.25
    """Told so. Of the bids that neither win nor lose nothing is ever heard."""
    contradicted: float = 0.03
    """Told that they lost, and billed all the same, in any order."""
    repeated: float = 0.15
    """Of notices: sent once more after they were acknowledged."""
    late: float = 0.0
    """Of won bids: billed only after `late_s`."""
    late_s: float = 0.0
    soon_s: float = 0.4
    """Other notices come within so long after the bid."""
    cheapest: float = 0.3
    """The clearing price is at least this share of the bid; 1: always what was bid."""
    people: int = 0
    """So many persons look at pages; 0: nobody is known."""
    exchange: str = EXCHANGE
    life_s: float = 3_600.0
    """The exchange's `expiry_s`: what does not bill is refused when it comes later."""


class Sale(NamedTuple):
    """What the exchange knows of a bid it got."""

    bid: str
    seller: str
    """The advertiser's domain without its ending: the line item's name in the catalogs here."""
    offered: int
    """Nanos per impression, which is micros per mille."""
    price: int
    """The clearing price, the same unit: sent with each notice of this bid."""
    person: str
    at_s: float
    """By the monotonic clock."""


class Asked(NamedTuple):
    """A bid request or a notice and what became of it."""

    at_s: float
    """When it was sent, by the monotonic clock."""
    took_s: float
    status: int
    """0: no answer."""
    server: int
    """Which of the servers was to answer."""
    width: int = 0
    """Of the banner that was asked for."""


class Books:
    """What the exchange knows; every amount is in nanos of the house currency."""

    def __init__(self) -> None:
        self.sales: dict[str, Sale] = {}
        """By bid: all that was ever offered."""
        self.paid: dict[str, Sale] = {}
        """Those whose billing notice was acknowledged."""
        self.paid_s: dict[str, float] = {}
        """When that was first, by the monotonic clock."""
        self.shown: dict[str, float] = {}
        """Those whose pixel was acknowledged, and when first, by the monotonic clock."""
        self.unsure: set[str] = set()
        """Those whose pixel was refused as too old after an answer to it had been lost."""
        self.lateness: set[str] = set()
        """Bids that were billed late on purpose, or after they were said to have lost."""
        self.asked: list[Asked] = []
        self.told: list[Asked] = []
        """Notices that were acknowledged."""
        self.refused: list[Asked] = []
        """Notices that were not, and are sent again."""
        self.answers: Counter[tuple[str, int]] = Counter()
        """By kind of notice and status."""
        self.undelivered = 0
        """Notices that were given up at the end."""

    def owed(self, seller: str = "") -> int:
        """Return what was acknowledged, of one seller or of all, each bid at most once."""
        return sum(sale.price for sale in self.paid.values() if seller in {"", sale.seller})

    def strange(self) -> list[str]:
        """Return what was answered to notices and is neither 200 nor a plea to send again."""
        return [
            f"{count} times {status} to {kind}"
            for (kind, status), count in self.answers.items()
            if status not in {OK, LATER, 0}
        ]


class Trading:
    """The exchange itself; lives on an event loop of its own, in a thread of its own."""

    def __init__(
        self,
        ports: Sequence[int],
        habits: Sequence[Habits],
        seed: int,
        imps: Sequence[Any] = (BANNER,),
        *,
        patient_s: float = PATIENT_S,
    ) -> None:
        """Trade with servers at these ports, in turn, by these habits at once."""
        self.books = Books()
        self._ports = ports
        self._habits = habits
        self._dice = Random(f"{seed}/trading")
        self._imps = imps
        self._patient_s = patient_s
        self._requests = 0
        self._turn = 0
        self._over = threading.Event()
        self._deadline = float("inf")
        self._tasks: set[asyncio.Task[None]] = set()
        self._failed: list[BaseException] = []
        self._wires: Wires | None = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))

    @contextmanager
    def open(self, drain_s: float = 10.0) -> Iterator[Books]:
        """Trade until left; then deliver what is still to be told, for so long at most."""
        self._thread.start()
        try:
            yield self.books
        finally:
            self._deadline = time.monotonic() + drain_s
            self._over.set()
            self._thread.join()
        if self._failed:
            raise self._failed[0]

    async def _run(self) -> None:
        self._wires = Wires()
        sellers = [asyncio.create_task(self._ask_on(habits)) for habits in self._habits]
        try:
            await asyncio.gather(*sellers)
            while self._tasks and time.monotonic() < self._deadline:
                await asyncio.wait(self._tasks, timeout=0.1)
        except BaseException as error:  # noqa: BLE001 - told to whoever opened it
            self._failed.append(error)
        self.books.undelivered = len(self._tasks)
        for task in self._tasks:
            task.cancel()
        self._wires.close()

    async def _ask_on(self, habits: Habits) -> None:
        next_s = time.monotonic()
        while not self._over.is_set():
            while next_s <= time.monotonic():
                self._spawn(self._trade(habits))
                next_s += self._dice.expovariate(habits.rate)
            await asyncio.sleep(TICK_S)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._failed.append(error)

    async def _trade(self, habits: Habits) -> None:
        """Ask for a bid, and let become of it what may."""
        self._requests += 1
        person = f"person-{self._dice.randrange(habits.people)}" if habits.people else ""
        asked = self._request(person)
        body = json.dumps(asked).encode()
        server = self._next()
        began = time.monotonic()
        answer = await self._say(server, post(f"/openrtb2/{habits.exchange}", body), BID_S)
        width = asked["imp"][0].get("banner", {}).get("w", 0)
        took_s = time.monotonic() - began
        self.books.asked.append(Asked(began, took_s, answer.status, server, width))
        if answer.status == OK:
            for seat in json.loads(answer.body)["seatbid"]:
                for bid in seat["bid"]:
                    self._decide(bid, habits, person, began)

    def _request(self, person: str) -> dict[str, Any]:
        imp = self._dice.choice(self._imps)
        known = {
            "user": {"id": person},
            "device": {"ifa": f"{person}-ifa", "geo": {"country": "USA"}},
        }
        return {
            "id": f"request-{self._requests}", "at": 1, "tmax": 500, "imp": [imp],
            "site": {"domain": "news.example"}, **(known if person else {}),
        }  # fmt: skip

    def _decide(self, bid: dict[str, Any], habits: Habits, person: str, at_s: float) -> None:
        dice = self._dice
        offered = round(bid["price"] * 1_000_000)
        price = round(offered * dice.uniform(habits.cheapest, 1.0))
        sale = Sale(bid["id"], bid["adomain"][0].partition(".")[0], offered, price, person, at_s)
        self.books.sales[sale.bid] = sale
        urls = {"win": bid["nurl"], "billing": bid["burl"], "loss": bid["lurl"]}
        urls["impression"] = links(bid)[0]
        fate = dice.random()
        if fate < habits.won:
            late = dice.random() < habits.late
            for kind in (*OTHER_KINDS, "billing"):
                if kind == "billing" or not late:
                    self._soon(kind, urls[kind], sale, habits)
            if late:
                self._soon("billing", urls["billing"], sale, habits, late=True)
            return
        fate -= habits.won
        if fate < habits.lost + habits.contradicted:
            self._soon("loss", urls["loss"], sale, habits)
        if habits.lost <= fate < habits.lost + habits.contradicted:
            self.books.lateness.add(sale.bid)
            self._soon("billing", urls["billing"], sale, habits)

    def _soon(self, kind: str, url: str, sale: Sale, habits: Habits, *, late: bool = False) -> None:
        wait_s = self._dice.uniform(0.0, habits.soon_s)
        if late:
            wait_s += habits.late_s
            self.books.lateness.add(sale.bid)
        times = 1 + (self._dice.random() < habits.repeated)
        expires_s = sale.at_s + habits.life_s if kind != "billing" else float("inf")
        self._spawn(self._tell(kind, url, sale, wait_s, times, expires_s))

    async def _tell(
        self, kind: str, url: str, sale: Sale, wait_s: float, times: int, expires_s: float
    ) -> None:
        """Send a notice until it is acknowledged; perhaps once more then."""
        text = f"{sale.price // 1_000_000}.{sale.price % 1_000_000:06d}"
        parts = urlsplit(substitute(url, {"AUCTION_PRICE": text, "AUCTION_LOSS": "102"}))
        data = get(f"{parts.path}?{parts.query}" if parts.query else parts.path)
        await asyncio.sleep(wait_s)
        for _ in range(times):
            status, again_s = LATER, AGAIN_S
            while status in _SENT_AGAIN:
                server, sent_s = self._next(), time.monotonic()
                status = (await self._say(server, data, NOTICE_S)).status
                if status == EXPIRED and time.monotonic() > expires_s:
                    self.books.unsure.add(sale.bid)
                    return  # as it should be: nobody is billed for this
                self.books.answers[kind, status] += 1
                told = Asked(sent_s, time.monotonic() - sent_s, status, server)
                if status in _SENT_AGAIN:
                    self.books.refused.append(told)
                    await asyncio.sleep(again_s * self._dice.uniform(0.8, 1.2))
                    again_s = min(again_s * 2, self._patient_s)
                elif status == OK:
                    self.books.told.append(told)
                    self._acknowledged(kind, sale)

    def _acknowledged(self, kind: str, sale: Sale) -> None:
        if kind == "billing":
            self.books.paid[sale.bid] = sale
            self.books.paid_s.setdefault(sale.bid, time.monotonic())
        elif kind == "impression":
            self.books.shown.setdefault(sale.bid, time.monotonic())

    def _next(self) -> int:
        self._turn += 1
        return self._turn % len(self._ports)

    async def _say(self, server: int, data: bytes, patience_s: float) -> Answer:
        assert self._wires is not None
        return await self._wires.say(self._ports[server], data, patience_s)
