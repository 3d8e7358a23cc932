"""Exchanges as they really are, over HTTP: each dialect's notices in its own form, and what they come to."""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.endpoints.catalogs import advertiser, banner, line_item, one_banner
from tests.endpoints.client import Client
from tests.endpoints.conftest import Make
from tests.endpoints.server import Server
from tests.endpoints.wire import links, request
from tests.unit.adapters_exchanges.sealing import KEY_FILE, iv, sealed

FILM = {
    "id": "film", "landing": "https://shop.example/",
    "video": {"title": "Film", "duration_s": 15, "media_files": [
        {"url": "https://cdn.example/f.mp4", "size": "1280x720", "mime": "video/mp4"}]},
}  # fmt: skip
PLAYER = {"id": "1", "video": {"mimes": ["video/mp4"], "protocols": [2, 3, 7]}, "bidfloor": 0.5}
CENT = 10_000
"""Micros of one impression: a price of 10.00 CPM."""
MEDIA = CENT * 1_000
"""The same in nanos."""


def catalog() -> dict[str, Any]:
    """Return a banner and a film, each with a line item."""
    items = [line_item("poster", ["tile"]), line_item("spot", ["film"])]
    return advertiser("shop", [banner("tile"), FILM], items)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve an exchange of each dialect."""
    folder = tmp_path_factory.mktemp("dialects")
    _write_keys(folder / "keys")
    keys = str(folder / "keys")
    exchanges = [
        {"name": "open"},
        {"name": "google", "dialect": "google", "price_keys": keys, "accounts": ["72"]},
        {"name": "openx", "dialect": "openx", "price_keys": keys},
        {"name": "prebid", "dialect": "prebid"},
    ]
    made = Server(folder / "server", catalog(), {"exchanges": exchanges}).start()
    yield made
    made.stop()


def _write_keys(path: Path) -> None:
    path.write_text(KEY_FILE)
    path.chmod(0o600)


def settled(server: Server, item: str) -> int:
    """Return what a line item has paid so far."""
    found: int = server.report()[item]["settled"]
    return found


def unread(server: Server, exchange: str, why: str) -> float:
    """Return how often a notice should have billed and had no price."""
    return server.total("adserver_prices_unread_total", exchange=exchange, why=why)


def price(number: int = 0, micros: int = CENT, age_s: float = 0.0) -> str:
    """Return a price that Google would send now."""
    return sealed(micros, iv(time.time() - age_s, number + int.from_bytes(os.urandom(4), "big")))


def call(client: Client, url: str, macro: str, value: str) -> int:
    """Call a URL with one macro replaced; it must be there."""
    assert macro in url, url
    return client.follow(url.replace(macro, value)).status


@pytest.mark.parametrize(("imp", "item"), [(None, "poster"), (PLAYER, "spot")])
def test_google_bills_by_an_encrypted_burl(server: Server, imp: Any, item: str) -> None:
    fields = {"imp": [{**imp, "ext": {"billing_id": ["71", "72"]}}]} if imp else {}
    with server.client() as client:
        bid = client.bid(request(**fields), "google").bid()
        before = settled(server, item)
        assert call(client, bid["nurl"], "${AUCTION_PRICE}", price()) == 200
        assert settled(server, item) == before
        for _ in range(3):
            assert call(client, bid["burl"], "${AUCTION_PRICE}", price()) == 200
        assert settled(server, item) == before + MEDIA
        assert bid["ext"]["billing_id"] == "72" if imp else "ext" not in bid


def test_googles_click_macro_stands_before_our_link_and_leads_on(server: Server) -> None:
    with server.client() as client:
        bid = client.bid(request(), "google").bid()
        _, _, behind = bid["adm"].partition("%%CLICK_URL_UNESC%%https%3A%2F%2Fads.example")
        path = behind.partition('"')[0].replace("%2F", "/")
        assert path.startswith("/t/click/")
        led = client.follow(path)
        assert (led.status, led.headers["Location"].partition("?")[0]) == (
            302,
            "https://shop.example/tile",
        )


def test_openx_bills_by_the_pixel_in_the_markup(server: Server) -> None:
    with server.client() as client:
        bid = client.bid(request(), "openx").bid()
        before = settled(server, "poster")
        pixel, _ = links(bid)
        old = sealed(CENT, os.urandom(16))  # its iv is of the impression, not of the time
        assert call(client, pixel, "${AUCTION_PRICE:OXCRYPT}", old) == 200
        assert call(client, bid["nurl"], "${AUCTION_PRICE:OXCRYPT}", old) == 200
        assert settled(server, "poster") == before + MEDIA


def test_prebid_bills_by_the_pixel_alone(server: Server) -> None:
    with server.client() as client:
        bid = client.bid(request(), "prebid").bid()
        assert not {"nurl", "burl", "lurl"} & set(bid)
        before = settled(server, "poster")
        pixel, _ = links(bid)
        assert call(client, pixel, "${AUCTION_PRICE}", "10") == 200
        assert settled(server, "poster") == before + MEDIA


def test_the_standard_bills_banners_by_burl_and_says_why_it_lost(server: Server) -> None:
    with server.client() as client:
        bid = client.bid(request(), "open").bid()
        before = settled(server, "poster")
        assert call(client, bid["burl"], "${AUCTION_PRICE}", "10") == 200
        assert settled(server, "poster") == before + MEDIA
        lost = client.bid(request(), "open").bid()
        outbid = server.total("adserver_losses_total", exchange="open", reason="outbid")
        for _ in range(2):
            assert call(client, lost["lurl"], "${AUCTION_LOSS}", "102") == 200
        assert server.total("adserver_losses_total", exchange="open", reason="outbid") == outbid + 1


def test_a_copied_price_bills_nobody_else_whichever_worker_gets_it(server: Server) -> None:
    """Two workers, one owner: what one has seen the other's notices cannot use."""
    copied = price(micros=1_000)
    with server.clients() as clients:
        bids = [client.bid(request(), "google").bid() for client in clients]
        before = settled(server, "poster")
        statuses = [
            call(client, bid["burl"], "${AUCTION_PRICE}", copied)
            for client, bid in zip(clients, bids, strict=True)
        ]
        assert statuses == [200, 200]
        assert settled(server, "poster") == before + 1_000_000
        assert (
            call(clients[1], bids[1]["burl"], "${AUCTION_PRICE}", price()) == 200
        )  # the true one still counts
        assert settled(server, "poster") == before + 1_000_000 + MEDIA
    (warned,) = [each for each in server.events("price_replayed") if each["exchange"] == "google"]
    assert warned["bid"] != warned["first"]


@pytest.mark.parametrize(
    ("text", "why"),
    [("stale", "stale"), ("early", "stale"), ("10", "not_sealed"), ("UNKNOWN", "unknown"), ("forged", "forged")],
)  # fmt: skip
def test_what_is_no_price_bills_nothing_and_is_counted(server: Server, text: str, why: str) -> None:
    made = {
        "stale": price(age_s=3_600),
        "early": price(age_s=-3_600),
        "forged": price()[:-2] + "AA",
    }
    with server.client() as client:
        bid = client.bid(request(), "google").bid()
        before, counted = settled(server, "poster"), unread(server, "google", why)
        assert call(client, bid["burl"], "${AUCTION_PRICE}", made.get(text, text)) == 200
        assert (settled(server, "poster"), unread(server, "google", why)) == (before, counted + 1)


def test_prices_that_were_used_outlive_the_owner(make: Make, tmp_path: Path) -> None:
    _write_keys(tmp_path / "keys")
    exchange = {"name": "google", "dialect": "google", "price_keys": str(tmp_path / "keys")}
    server = make(one_banner(), exchanges=[exchange])
    server.start()
    copied = price()
    with server.client() as client:
        first, second = (client.bid(request(), "google").bid() for _ in range(2))
        assert call(client, first["burl"], "${AUCTION_PRICE}", copied) == 200
    server.stop()
    server.start()
    with server.client() as client:
        assert call(client, second["burl"], "${AUCTION_PRICE}", copied) == 200
    assert settled(server, "tents") == MEDIA


def test_keys_that_cannot_be_used_keep_the_server_from_starting(make: Make, tmp_path: Path) -> None:
    (tmp_path / "keys").write_text(KEY_FILE)
    (tmp_path / "keys").chmod(0o644)
    exchange = {"name": "google", "dialect": "google", "price_keys": str(tmp_path / "keys")}
    server = make(one_banner(), exchanges=[exchange])
    said = server.fails()
    assert "chmod 600" in said
    assert "$.exchanges[0].price_keys" in said
    assert json.dumps(KEY_FILE)[1:-1].split()[-1] not in said
