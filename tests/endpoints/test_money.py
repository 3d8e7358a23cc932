"""From bid to order over HTTP: the books change by exactly what was sold, once."""

from collections.abc import Iterator
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import pytest

from tests.endpoints.catalogs import advertiser, banner, line_item
from tests.endpoints.client import Client
from tests.endpoints.server import Server
from tests.endpoints.wire import links, person, request

DATA_CPM, TECH, MARGIN = Decimal("0.2"), Decimal(5), Decimal("12.5")
FEES = {"data_cpm": str(DATA_CPM), "tech_percent": str(TECH), "margin_percent": str(MARGIN)}
ITEM = "tents"
MONEY = ("settled", "media", "data", "tech", "margin", "late", "impressions", "clicks", "orders")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve one advertiser with fees, whose click model is the constant."""
    item = line_item(ITEM, ["tent"], fees=FEES, goal={"cpm": "7.777777"})
    names = {
        "open": "billing",
        "pixels": "impression",
        "winners": "win",
    }
    settings = {
        "exchanges": [
            {"name": name, "billable_banner": event, "currencies": ["USD", "EUR"]}
            for name, event in names.items()
        ],
        "rates": {"EUR": 0.92},
    }
    catalog = advertiser("shop", [banner("tent")], [item])
    server = Server(tmp_path_factory.mktemp("shop"), catalog, settings).start()
    yield server
    server.stop()


@pytest.fixture
def line(shop: Server) -> Iterator[Client]:
    """Connect to the shop."""
    with shop.client() as client:
        yield client


def books(server: Server) -> dict[str, Any]:
    """Return what counts of the line item's report."""
    row = server.report()[ITEM]
    return {name: row[name] for name in MONEY}


def grown(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """Return by how much each figure grew, without those that did not."""
    return {name: after[name] - before[name] for name in MONEY if after[name] != before[name]}


def cost(cleared_cpm: str) -> dict[str, int]:
    """Return what an impression cleared at this price must cost, nanos, each rounded half-even."""
    media = Decimal(cleared_cpm) * 1_000_000
    parts = {
        "media": media,
        "data": DATA_CPM * 1_000_000,
        "tech": media * TECH / 100,
        "margin": media * MARGIN / 100,
    }
    whole = {name: int(part.to_integral_value(ROUND_HALF_EVEN)) for name, part in parts.items()}
    return {"settled": sum(whole.values()), **whole}


def test_a_sale_from_bid_to_order_changes_the_books_once(shop: Server, line: Client) -> None:
    before = books(shop)
    bid = line.bid(request()).bid()
    pixel, click = links(bid)
    cleared = "2.345679"

    assert line.follow(bid["nurl"], PRICE=cleared).status == 200
    assert grown(before, books(shop)) == {}  # here a win is not what bills
    assert line.follow(bid["burl"], PRICE=cleared).status == 200
    sale = cost(cleared)
    assert grown(before, books(shop)) == sale
    shown = line.follow(pixel)
    assert (shown.status, shown.headers["Content-Type"]) == (200, "image/gif")
    sale |= {"impressions": 1}
    assert grown(before, books(shop)) == sale
    led = line.follow(click)
    target, _, token = led.headers["Location"].partition("?adclick=")
    assert (led.status, target) == (302, "https://shop.example/tent")
    sale |= {"clicks": 1}
    assert grown(before, books(shop)) == sale
    order = f"/c/shop?order={bid['id']}&value=199.90&adclick={token}"
    assert line.call("GET", order).json() == {"counted": True}
    sale |= {"orders": 1}
    assert grown(before, books(shop)) == sale

    for url in (bid["nurl"], bid["burl"], pixel, click, bid["burl"]):
        assert line.follow(url, PRICE="1").status in {200, 302}
    for method in ("GET", "POST"):
        assert line.call(method, order).json() == {"counted": False}
    assert grown(before, books(shop)) == sale


def test_an_order_without_a_click_is_credited_to_what_the_person_saw(
    shop: Server, line: Client
) -> None:
    before = books(shop)
    pixel, _ = links(line.bid(request() | person("viewer")).bid())
    line.follow(pixel)
    assert line.call("GET", "/c/shop?order=seen-0&ifa=stranger-ifa").json() == {"counted": True}
    assert "orders" not in grown(before, books(shop))
    assert line.call("GET", "/c/shop?order=seen-1&ifa=viewer-ifa").json() == {"counted": True}
    assert grown(before, books(shop))["orders"] == 1


@pytest.mark.parametrize("exchange", ["open", "pixels", "winners"])
def test_only_the_agreed_event_bills(shop: Server, line: Client, exchange: str) -> None:
    before = books(shop)
    bid = line.bid(request(), exchange).bid()
    assert ("burl" in bid) == (exchange == "open")
    pixel, _ = links(bid)
    urls = {"winners": bid["nurl"], "open": bid.get("burl", ""), "pixels": pixel}
    billing = urls.pop(exchange)
    for url in filter(None, urls.values()):
        line.follow(url, PRICE="1.5")
    assert "settled" not in grown(before, books(shop))
    line.follow(billing, PRICE="1.5")
    assert grown(before, books(shop)).items() >= cost("1.5").items()


def test_a_price_in_euros_costs_its_share_of_what_was_offered(shop: Server, line: Client) -> None:
    before = books(shop)
    answer = line.bid(request(cur=["EUR"]))
    assert answer.json()["cur"] == "EUR"
    bid = answer.bid()
    offered = round(Decimal(str(bid["price"])) * 1_000_000)
    assert line.follow(bid["burl"], PRICE=str(bid["price"])).status == 200
    paid = grown(before, books(shop))
    assert abs(paid["media"] - Decimal(offered) / Decimal("0.92")) <= 2  # what was rounded down


@pytest.mark.parametrize("price", ["", "AUDIT", "${AUCTION_PRICE}", "x", "-1", "1e99", "0x10"])
def test_what_is_no_price_books_nothing_until_the_price_comes(
    shop: Server, line: Client, price: str
) -> None:
    before = books(shop)
    bid = line.bid(request()).bid()
    assert line.follow(bid["burl"], PRICE=price).status == 200
    assert grown(before, books(shop)) == {}
    assert line.follow(bid["burl"], PRICE="1").status == 200
    assert grown(before, books(shop)) == cost("1")


def test_a_price_above_the_bid_is_set_apart_and_not_charged(shop: Server, line: Client) -> None:
    def quarantined() -> int:
        found: int = shop.private("GET", "/report").json()["quarantined"]
        return found

    before, apart = books(shop), quarantined()
    bid = line.bid(request()).bid()
    assert line.follow(bid["burl"], PRICE=str(bid["price"] + 0.000001)).status == 200
    assert grown(before, books(shop)) == {}
    assert quarantined() == apart + 1


def test_a_lost_bid_costs_nothing(shop: Server, line: Client) -> None:
    before = books(shop)
    bid = line.bid(request()).bid()
    assert line.follow(bid["lurl"], LOSS="102", MIN_TO_WIN="9").status == 200
    assert grown(before, books(shop)) == {}


def test_a_test_request_never_bills_and_counts_nothing(shop: Server, line: Client) -> None:
    before = books(shop)
    bid = line.bid(request(test=1)).bid()
    for url in (bid["nurl"], bid["burl"], *links(bid)):
        assert line.follow(url, PRICE="1").status in {200, 302}
    assert grown(before, books(shop)) == {}


def test_forged_tokens_are_refused(shop: Server, line: Client) -> None:
    before = books(shop)
    bid = line.bid(request()).bid()
    path = bid["burl"].removeprefix("https://ads.example").partition("?")[0]
    changed = path[:-9] + ("A" if path[-9] != "A" else "B") + path[-8:]
    other_key = path.replace("/n/billing/A", "/n/billing/_", 1)
    assert other_key != path
    for forged, reason in (
        (changed, "forged"),
        (other_key, "unknown_key"),
        (path[:-1], "forged"),  # now and then what is left is whole bytes, and nobody's
        (path + "A" * 500, "malformed"),
        ("/n/billing/", "malformed"),
        ("/n/billing/%00", "malformed"),
    ):
        reply = line.call("GET", f"{forged}?p=1")
        assert reply.status == 400, forged
        assert reply.reason in {reason, "malformed"}, forged
    for kind in ("impression", "click"):
        assert line.call("GET", changed.replace("/n/billing/", f"/t/{kind}/")).status == 400
    assert grown(before, books(shop)) == {}
