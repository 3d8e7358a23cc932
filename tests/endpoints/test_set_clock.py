"""The clock is set by an hour and by a day, and back, while the server serves."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.endpoints.books import Books
from tests.endpoints.catalogs import advertiser, banner, line_item
from tests.endpoints.client import Client
from tests.endpoints.server import wait
from tests.endpoints.steered import SteeredServer
from tests.endpoints.wire import links, person, request

HOUR_S, DAY_S = 3_600, 86_400
STEPS = (HOUR_S, -HOUR_S, DAY_S, 0)
"""Ahead of the right time."""
PRICE = 1_000_000
FOLLOWED_S = 1.3
"""The owner looks at its clock once a second, workers fifty times."""


def flies(ahead_s: float, begins_s: float) -> bool:
    """Tell whether a flight of one day is on, by a clock that is so far ahead."""
    return begins_s <= time.time() + ahead_s < begins_s + DAY_S


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SteeredServer]:
    """Serve a line item with a cap and a daily budget, and one that flies tomorrow only."""
    today = datetime.now(UTC)
    flight = [f"{today + timedelta(days=days):%Y-%m-%d}" for days in (1, 2)]
    ads = [banner("tent"), banner("boot", "728x90")]
    items = [
        line_item("tents", ["tent"], daily_budget=10_000, frequency_caps=["1 per hour"]),
        line_item("boots", ["boot"], flight=flight),
    ]
    server = SteeredServer(tmp_path / "server", advertiser("shop", ads, items), {"workers": 1})
    yield server
    server.stop()


def test_a_clock_that_is_set_costs_nothing_twice_and_stops_nobody(server: SteeredServer) -> None:
    begins_s = (time.time() // DAY_S + 1) * DAY_S
    server.start()
    pids = (server.owner_pid(), server.worker_pid(0))
    acknowledged: set[str] = set()

    def bills(line: Client, bid: dict[str, str]) -> None:
        assert line.follow(bid["burl"], PRICE="1").status == 200
        acknowledged.add(bid["id"])

    with server.client() as line:
        seen = line.bid(request() | person("ada")).bid()
        assert line.follow(links(seen)[0]).status == 200
        wait(lambda: line.bid(request() | person("ada")).status == 204, 2.0)
        waiting = [line.bid(request() | person(f"early-{n}")).bid() for n in range(5)]
        for ahead_s in STEPS:
            server.set_to(ahead_s)
            time.sleep(FOLLOWED_S)
            # Of before, whatever the clock says; of the future, when it was set back.
            bills(line, waiting.pop(0) if waiting else seen)
            someone = person(f"at-{ahead_s}-{len(acknowledged)}")
            waiting.insert(0, line.bid(request() | someone).bid())
            assert line.bid(request() | person("ada")).status == 204, "an hour has not passed"
            banner_of_tomorrow = request(imp=[{"id": "1", "banner": {"w": 728, "h": 90}}])
            expected = {flies(ahead_s, begins_s)}
            got = line.bid(banner_of_tomorrow).status == 200
            assert got in expected | {flies(ahead_s, begins_s)}
        for bid in (seen, *waiting):
            bills(line, bid)
            bills(line, bid)
        line_of_books = server.report()["tents"]
    assert (server.owner_pid(), server.worker_pid(0)) == pids, "nobody died"
    assert {each["process"] for each in server.events("clock_set")} == {"owner", "worker-0"}
    assert len(server.events("clock_set")) == 2 * len(STEPS)
    server.stop()
    books = Books(server.state / "ledger")
    assert {bid.hex() for bid in books.settled} == acknowledged
    assert books.late == {}
    assert line_of_books["settled"] == sum(books.settled.values()) == PRICE * len(acknowledged)
