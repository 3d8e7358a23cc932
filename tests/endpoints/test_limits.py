"""What must never be exceeded: budgets, guard-rails, hourly ceilings, frequency caps."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.endpoints.catalogs import one_banner
from tests.endpoints.client import Client
from tests.endpoints.conftest import Make
from tests.endpoints.server import Server, wait
from tests.endpoints.wire import person, request

HOUR_S = 3_600
MARGIN_S = 20
NANOS = 1_000_000_000
LINES = 8
SETTLED_S = 3.0
SECOND_PRICE = {"at": 2}
"""Then the price is the value."""


def well_within_the_hour() -> None:
    """Wait if the clock's hour is about to end: budgets and ceilings begin anew there."""
    left = HOUR_S - time.time() % HOUR_S
    if left < MARGIN_S:
        time.sleep(left + 1)


def buy(server: Server, requests: int, exchange: str = "open") -> list[dict[str, Any]]:
    """Ask over several connections at once and bill every bid at its price; return the bids."""

    def line(_: int) -> list[dict[str, Any]]:
        with server.client() as client:
            return [bid for _ in range(requests // LINES) if (bid := _bought(client, exchange))]

    with ThreadPoolExecutor(LINES) as pool:
        return [bid for bids in pool.map(line, range(LINES)) for bid in bids]


def _bought(client: Client, exchange: str) -> dict[str, Any] | None:
    reply = client.bid(request(**SECOND_PRICE), exchange)
    if reply.status != 200:
        return None
    bid = reply.bid()
    assert client.follow(bid["burl"], PRICE=str(bid["price"])).status == 200
    return bid


def test_a_daily_budget_is_used_and_never_exceeded(make: Make) -> None:
    well_within_the_hour()
    budget = 0.5
    server = make(one_banner(daily_budget=budget, goal={"cpm": 9})).start()
    bids = buy(server, 400)
    line = server.report()["tents"]
    assert line["settled_today"] == sum(round(bid["price"] * 1_000_000) for bid in bids)
    assert line["settled_today"] + line["outstanding"] <= budget * NANOS
    assert line["settled_today"] >= budget * NANOS * 0.8
    assert line["late"] == 0
    assert server.no_bids("budget") > 0


def test_guard_rails_cap_every_price(make: Make) -> None:
    server = make(
        one_banner(),
        exchanges=[{"name": "open"}, {"name": "careful", "max_cpm": 2}],
        guard={"max_cpm": 3.5},
    ).start()
    with server.clients() as clients:
        for client in clients:
            assert client.bid(request(**SECOND_PRICE)).bid()["price"] == 3.5
            assert client.bid(request(**SECOND_PRICE), "careful").bid()["price"] == 2
            high = request(imp=[{"id": "1", "banner": {"w": 300, "h": 250}, "bidfloor": 3.6}])
            assert client.bid(high).status == 204


def test_an_hourly_ceiling_is_never_exceeded_and_concerns_its_exchange_only(make: Make) -> None:
    well_within_the_hour()
    ceiling = 0.1
    server = make(
        one_banner(goal={"cpm": 7}),
        exchanges=[{"name": "open", "hourly_ceiling": ceiling}, {"name": "north"}],
    ).start()
    bids: list[dict[str, Any]] = []

    def spent() -> float:
        bids.extend(buy(server, 40))
        return float(sum(bid["price"] for bid in bids)) / 1_000

    last_s = time.monotonic()

    def is_dry() -> bool:
        """Tell whether there were no bids for a while: what one worker hands back may be a bid's worth at the other."""
        nonlocal last_s
        before = len(bids)
        enough = spent() > ceiling * 0.8
        if len(bids) > before:
            last_s = time.monotonic()
        return enough and time.monotonic() - last_s > SETTLED_S

    wait(is_dry, 20.0)  # what is left of each worker's share is less than a bid
    assert spent() <= ceiling
    with server.clients() as clients:
        for client in clients:
            assert client.bid(request(**SECOND_PRICE)).status == 204
            assert client.bid(request(**SECOND_PRICE), "north").status == 200


def test_a_ceiling_that_is_reached_is_the_reason(make: Make) -> None:
    well_within_the_hour()
    rail = {"hourly_ceiling": 0.1}
    server = make(one_banner(goal={"cpm": 10}), workers=1, guard=rail).start()
    bids: list[dict[str, Any]] = []
    wait(lambda: len(bids.__iadd__(buy(server, 8))) >= 10, 5.0)
    assert len(bids) == 10
    before = server.no_bids("ceiling")
    with server.client() as client:
        assert client.bid(request()).status == 204
    assert server.no_bids("ceiling") == before + 1


def test_a_frequency_cap_holds_over_all_workers(make: Make) -> None:
    server = make(one_banner(frequency_caps=["1 per day"])).start()
    with server.clients() as clients:
        bid = clients[0].bid(request(**person("ada"))).bid()
        pixel = bid["adm"].partition('src="https://ads.example/t/')[2].partition('"')[0]
        shown = clients[0].follow(f"/t/{pixel}")
        assert shown.status == 200
        wait(lambda: clients[1].bid(request(**person("ada"))).status == 204, 1.0)
        for client in clients:
            for _ in range(3):
                assert client.bid(request(**person("ada"))).status == 204
            assert client.bid(request()).status == 204  # nobody to count by
        assert clients[1].bid(request(**person("grace"))).status == 200
    assert server.no_bids("frequency_cap") >= 6
    assert server.no_bids("frequency_unknown") >= 2
