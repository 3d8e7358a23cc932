"""Open-loop bid requests, and what exchanges and browsers send back for the bids: the load of a soak."""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import orjson

from loadtest import markup
from loadtest.connection import Connection
from loadtest.wire import substitute
from tests.torture.lines import get
from tests.torture.phases import Generator, Phase

WON, LOST = 0.15, 0.2
"""Of the bids; of the rest nothing is heard, and their money is held until their time is over."""
CLICKED = 0.02
"""Of the impressions."""
SOON_S, LATER_S = 0.05, 1.0
NOTICE_LINES = 16
LATER, ATTEMPTS, AGAIN_S = 503, 3, 0.3
"""Exchanges send a notice again that was not taken."""
_MEDIA = {1: "banner", 2: "video", 4: "native"}
_FINE = frozenset({200, 204, 302})


class Window(NamedTuple):
    """What came of the bid requests since the last window."""

    took_s: list[float]
    """From the intended send."""
    statuses: Counter[int]


class _Notice(NamedTuple):
    data: bytes
    attempt: int


class Notices:
    """Sends what is due on connections of its own; its connections' listener."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._free: list[Connection] = []
        self._waiting: deque[_Notice] = deque()
        self._under_way: dict[Connection, _Notice] = {}
        self.statuses: Counter[int] = Counter()
        self.failed = 0
        """Notices not answered as they should be, 503 not even after some attempts."""

    async def open(self) -> None:
        """Connect."""
        loop = asyncio.get_running_loop()
        for _ in range(NOTICE_LINES):
            _, line = await loop.create_connection(
                lambda: Connection(self), "127.0.0.1", self._port
            )
            self._free.append(line)

    def send(self, url: str) -> None:
        """Call a URL of ours now, or as soon as a connection is free."""
        parts = urlsplit(url)
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        self._enqueue(_Notice(get(path), 1))

    def answered(self, connection: Connection, status: int) -> None:
        """Called by a connection."""
        self.statuses[status] += 1
        notice = self._under_way.pop(connection)
        if status == LATER and notice.attempt < ATTEMPTS:
            again = notice._replace(attempt=notice.attempt + 1)
            asyncio.get_running_loop().call_later(AGAIN_S, self._enqueue, again)
        elif status not in _FINE:
            self.failed += 1
        self._free.append(connection)
        self._go_on()

    def lost(self, connection: Connection, reason: str) -> None:
        """Called by a connection; one that closes is missed in the counts."""
        del reason
        if connection in self._free:
            self._free.remove(connection)
        if self._under_way.pop(connection, None):
            self.statuses[0] += 1
            self.failed += 1

    def close(self) -> None:
        """Hang up."""
        for line in tuple(self._free):
            line.close()

    def _enqueue(self, notice: "_Notice") -> None:
        self._waiting.append(notice)
        self._go_on()

    def _go_on(self) -> None:
        while self._free and self._waiting:
            now = time.monotonic()
            connection, notice = self._free.pop(), self._waiting.popleft()
            self._under_way[connection] = notice
            connection.send(notice.data, now, now)


class Market(Generator):
    """Asks, and lets bids win, be billed, be seen, be clicked on, or lose."""

    def __init__(
        self, port: int, bodies: Sequence[bytes], phase: Phase, connections: int, seed: int
    ) -> None:
        """One phase, at the random distances of independent senders."""
        super().__init__(port, bodies, [phase], connections=connections, seed=seed)
        self.notices = Notices(port)
        self.window = Window([], Counter())
        self._chance = Random(f"{seed}/market")

    def turn(self) -> Window:
        """Return what came of requests since the last call."""
        window, self.window = self.window, Window([], Counter())
        return window

    def answered(self, connection: Connection, status: int) -> None:
        """Begin what follows from bids."""
        if status == 200:
            for bid in _bids(connection.answer):
                self._decide(bid)
        super().answered(connection, status)

    def _remember(self, intended_s: float, status: int) -> None:
        self.window.took_s.append(time.monotonic() - intended_s)
        self.window.statuses[status] += 1

    def _decide(self, bid: dict[str, Any]) -> None:
        fate = self._chance.random()
        if fate < WON:
            self._win(bid, {"AUCTION_PRICE": str(bid["price"])})
        elif fate < WON + LOST:
            self._soon(bid["lurl"], {"AUCTION_LOSS": "102"})

    def _win(self, bid: dict[str, Any], price: Mapping[str, str]) -> None:
        for name in ("nurl", "burl"):  # whichever this kind of bid has
            if name in bid:
                self._soon(bid[name], price)
        seen = markup.read(_MEDIA[bid["mtype"]], substitute(bid["adm"], price))
        for url in seen.impressions:
            self._soon(url, price)
        if self._chance.random() < CLICKED:
            for url in seen.clicks:
                self._soon(url, price)

    def _soon(self, url: str, macros: Mapping[str, str]) -> None:
        wait_s = self._chance.uniform(SOON_S, LATER_S)
        asyncio.get_running_loop().call_later(wait_s, self.notices.send, substitute(url, macros))


def _bids(answer: bytes) -> Iterator[dict[str, Any]]:
    body = orjson.loads(answer.partition(b"\r\n\r\n")[2])
    for seat in body["seatbid"]:
        yield from seat["bid"]
