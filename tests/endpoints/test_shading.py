"""First-price bids over HTTP: from their notices to a landscape, and from it to the next price."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from models.landscape.evidence import LEAST_WAIT_S
from tests.endpoints.catalogs import advertiser, banner, line_item
from tests.endpoints.client import Client
from tests.endpoints.server import Server, wait
from tests.endpoints.wire import person, request

BIDS = 260
RIVAL_CPM = 2.0
VALUE_CPM = 5.0


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve one line item that values everything alike."""
    catalog = advertiser(
        "shop", [banner("tent")], [line_item("tents", ["tent"], goal={"cpm": VALUE_CPM})]
    )
    server = Server(tmp_path_factory.mktemp("shop"), catalog, {}).start()
    yield server
    server.stop()


def test_what_notices_tell_is_what_the_next_bid_offers(shop: Server) -> None:
    with shop.client() as line:
        _sell(line)
    bids = _logged(shop, "bid")
    assert {(each["auction"], each["p_win"]) for each in bids} == {("first_price", None)}
    wins = _logged(shop, "win")
    assert [(each["cleared"], each["minimum"]) for each in wins] == [(None, 2_000_000)] * BIDS
    trained = shop.command("train", "landscape")
    assert trained.returncode == 0, trained.stdout
    with shop.client() as line:
        wait(lambda: _offered(line) == RIVAL_CPM, 10.0)
    wait(lambda: bool(_explained(shop)["price_from"]), 10.0)  # another worker may have been faster
    explained = _explained(shop)
    assert explained["price_cpm"] == RIVAL_CPM
    assert explained["win_chance"] == pytest.approx(1.0, abs=0.01)
    assert " bids of " in explained["price_from"]


def _sell(line: Client) -> None:
    """Have every bid win against the same rival, and be told so."""
    for _ in range(BIDS):
        bid = line.bid(request(**person("ann"))).bid()
        assert line.follow(bid["nurl"], MIN_TO_WIN=str(RIVAL_CPM)).status == 200
    time.sleep(LEAST_WAIT_S + 1)  # until then wins may still be heard of
    line.bid(request(**person("ann"))).bid()


def _explained(server: Server) -> dict[str, Any]:
    (bid,) = server.explain(request(**person("ann")))["bids"]
    found: dict[str, Any] = bid
    return found


def _offered(line: Client) -> float:
    price: float = line.bid(request(**person("ann"))).bid()["price"]
    return price


def _logged(server: Server, name: str) -> list[dict[str, Any]]:
    """Return the lines of one event."""
    found = []
    for file in (server.state / "events").glob("*.jsonl"):
        found += [
            line
            for line in map(json.loads, file.read_bytes().splitlines())
            if line["event"] == name
        ]
    return found
