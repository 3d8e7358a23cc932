"""Screens out of home over HTTP: the play is billed by the impressions that were won, once, and never above the offer."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.endpoints.catalogs import advertiser, banner, line_item
from tests.endpoints.client import Client
from tests.endpoints.server import Server
from tests.endpoints.wire import request

MULTIPLIER = 14.2
CPM_NANOS = 2_500_000
Json = dict[str, Any]


@pytest.fixture(scope="module")
def posters(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve a poster that costs 2.50 CPM and 1.00 CPM of data, and somebody who pays for clicks."""
    items = [
        line_item("poster", ["poster"], goal={"cpm": 10}, fees={"data_cpm": "1"}),
        line_item("clicks", ["poster"], goal={"cpc": 90, "max_cpm": 900}),
    ]
    server = Server(
        tmp_path_factory.mktemp("posters"), advertiser("shop", [banner("poster")], items)
    )
    yield server.start()
    server.stop()


def screen(**fields: Any) -> Json:
    imp = {
        "id": "1", "banner": {"w": 300, "h": 250}, "bidfloor": 1, "qty": {"multiplier": MULTIPLIER},
    }  # fmt: skip
    asked = request(imp=[{**imp, **fields}], dooh={"id": "board", "domain": "boards.example"})
    del asked["site"]
    return asked


def settled(server: Server) -> Json:
    found: Json = server.report()["poster"]
    return {name: found[name] for name in ("settled", "media", "data", "late")}


@pytest.mark.parametrize(
    ("said", "impressions"),
    [
        ("14.2", 14.2),
        ("7.1", 7.1),
        ("0.5", 0.5),
        ("14.3", MULTIPLIER),
        ("1e9", MULTIPLIER),
        ("0", MULTIPLIER),
        ("-3", MULTIPLIER),
        ("", MULTIPLIER),
        ("AUDIT", MULTIPLIER),
        ("${AUCTION_MULTIPLIER}", MULTIPLIER),
    ],
)
def test_a_play_costs_the_cleared_price_times_what_was_won(
    posters: Server, said: str, impressions: float
) -> None:
    with posters.client() as line:
        bid = line.bid(screen()).bid()
        assert bid["mtype"] == 1
        before = settled(posters)
        assert line.follow(bid["nurl"], PRICE="2.5", MULTIPLIER=said).status == 200
        assert settled(posters) == before  # won is not played
        for again in (said, "14.2", "0.1"):
            assert line.follow(bid["burl"], PRICE="2.5", MULTIPLIER=again).status == 200
    after = settled(posters)
    assert after["media"] - before["media"] == round(CPM_NANOS * impressions)
    assert after["data"] - before["data"] == round(1_000_000 * impressions)
    assert after["late"] == before["late"]


def test_what_was_said_and_what_it_counted_for_is_in_the_event_log(
    posters: Server, exchange_line: Client
) -> None:
    bid = exchange_line.bid(screen()).bid()
    assert exchange_line.follow(bid["burl"], PRICE="2.5", MULTIPLIER="99").status == 200
    lines: dict[str, Json] = {}
    for file in (posters.state / "events").glob("*.jsonl"):
        for line in map(json.loads, file.read_bytes().splitlines()):
            if line.get("bid") == bid["id"]:
                lines[line["event"]] = line
    said = lines["billing"]
    assert (said["impressions"], said["impressions_said"]) == (MULTIPLIER, 99.0)


@pytest.fixture
def exchange_line(posters: Server) -> Iterator[Client]:
    """Connect to it."""
    with posters.client() as client:
        yield client


@pytest.mark.parametrize("multiplier", [0, -1, 1e9, None])
def test_what_cannot_be_counted_is_not_bought(
    exchange_line: Client, multiplier: float | None
) -> None:
    assert exchange_line.bid(screen(qty={"multiplier": multiplier})).status == 204
