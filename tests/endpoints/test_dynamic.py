"""Dynamic creatives over HTTP: products of a feed, their own pages behind the clicks, new feeds under load, and turns."""

import html
import json
import re
from threading import Event
from typing import Any

import pytest

from tests.endpoints.catalogs import advertiser, banner, line_item
from tests.endpoints.client import Client
from tests.endpoints.conftest import Make
from tests.endpoints.flows import side_by_side
from tests.endpoints.server import Server, wait
from tests.endpoints.wire import request

TEMPLATE = (
    '<div>{{products}}<a href="{{click_url}}" target="_blank"><img src="{{image_url}}" alt="{{title|60}}">'
    "<b>{{title|30}}</b> {{price}}</a>{{end}}</div>"
)
HEADER = "id,title,link,image_link,price,availability,product_type"
CONNECTIONS = 12
"""So many meet both workers, but once in two thousand times."""
_LINKS = re.compile(r'<a href="([^"]+)" target="_blank"><img')


def row(name: str, title: str = "", availability: str = "in_stock") -> str:
    """Return a product of the shop."""
    return (
        f"{name},{title or name.title()},https://boots.example/p/{name},https://cdn.example/{name}.jpg,"
        f"49.90 USD,{availability},Shoes"
    )


def write_feed(server: Server, *rows: str) -> None:
    """Write the shop's file."""
    (server.folder / "shop.csv").write_text("\n".join([HEADER, *rows, ""]), "utf-8")


def shop(make: Make, products: int = 1, **fields: Any) -> Server:
    """Return a server, not yet started, with one line item whose banner shows products of a feed."""
    ad = {
        "id": "boots-dynamic", "landing": "https://boots.example/",
        "dynamic": {
            "size": "300x250", "feed": "shop", "template": "templates/tile.html", "products": products,
            "fallback": {"image": "https://cdn.example/fallback.png", "alternative_text": "Boots"},
        },
    }  # fmt: skip
    item = line_item("boots", ["boots-dynamic"], **fields)
    feed = {
        "name": "shop", "kind": "files", "path": "shop.csv", "format": "csv", "domains": ["boots.example"],
    }  # fmt: skip
    made = make(
        advertiser("boots", [ad], [item]), feeds=[feed],
        exchanges=[{"name": "open", "contextual_without_consent": True}],
    )  # fmt: skip
    folder = made.folder / "campaigns" / "templates"
    folder.mkdir()
    (folder / "tile.html").write_text(TEMPLATE, "utf-8")
    return made


def markup(client: Client, number: int = 0) -> str:
    """Return what one request is answered with."""
    return str(client.bid(request(id=f"r{number}")).bid()["adm"])


def shows(server: Server, text: str) -> None:
    """Wait until answers of all workers contain a text: each looks for new feeds twice a second."""

    def everywhere() -> bool:
        for _ in range(CONNECTIONS):
            with server.client() as client:
                if text not in markup(client):
                    return False
        return True

    wait(everywhere, 10.0)


def test_products_are_shown_once_they_are_loaded_and_each_click_leads_to_its_product(
    make: Make,
) -> None:
    server = shop(make, products=2).start()
    with server.client() as client:
        assert "fallback.png" in markup(client)
        write_feed(server, row("alpine"), row("city"), row("gone", availability="out_of_stock"))
        done = server.command("feeds", "load")
        assert done.returncode == 0, done.stderr
        assert "3 products loaded, 2 of them can be shown" in done.stdout
        shows(server, "Alpine")
        found = markup(client)
        assert "&#36;49.90" in found, "as text, not as part of a macro"
        assert "Gone" not in found
        pages = set()
        for link in _LINKS.findall(found):
            reply = client.follow(html.unescape(link))
            assert reply.status == 302
            pages.add(reply.headers["Location"].partition("?")[0])
        assert pages == {"https://boots.example/p/alpine", "https://boots.example/p/city"}
        assert server.total("adserver_product_misfits_total", why="no_feed") >= 1
        other = html.unescape(_LINKS.findall(found)[0]) + "/7"  # more than it shows: its own page
        assert client.follow(other).headers["Location"].startswith("https://boots.example/?")


def test_a_feed_is_replaced_under_load_and_a_broken_one_changes_nothing(make: Make) -> None:
    server = shop(make, goal={"cpm": 1}).start()  # so that money is never short
    write_feed(server, row("first"))
    assert server.command("feeds", "load").returncode == 0
    failures: list[str] = []

    def ask(over: Event) -> None:
        with server.client() as client:
            while not over.is_set():
                reply = client.bid(request())
                if reply.status != 200:
                    failures.append(f"{reply.status} {reply.reason}")

    with server.client() as client, side_by_side(ask, 2):
        shows(server, "First")
        write_feed(server, row("second"), "bad row")
        done = server.command("feeds", "load", "--json")
        assert json.loads(done.stdout)["feeds"][0]["ok"] is False, "half of it is bad"
        assert done.returncode == 2
        write_feed(server, row("second"))
        assert server.command("feeds", "load", "--json").returncode == 0
        shows(server, "Second")
    assert failures == []
    broken = server.state / "feeds" / "broken"
    broken.write_bytes(b"no shelf" * 9_000)
    broken.replace(
        server.state / "feeds" / "shop.feed"
    )  # in the place of the one that is being read
    wait(lambda: bool(server.events("feed_refused")), 5.0)
    with server.client() as client:
        assert "Second" in markup(client)
    server.stop("feed_refused")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": "elsewhere"}, "no feed is called 'shop'"),
        ({"domains": ["evil.example"]}, "leads to evil.example"),
    ],
)
def test_campaigns_and_feeds_must_agree(make: Make, change: dict[str, Any], said: str) -> None:
    server = shop(make)
    server.settings["feeds"][0] |= change
    server.write_settings()
    done = server.command("check")
    assert done.returncode == 2
    assert said in done.stderr.replace("\n", " ")


def test_the_arm_that_is_clicked_gets_most_turns_and_a_restart_keeps_what_was_learned(
    make: Make,
) -> None:
    creatives = [banner("loud"), banner("quiet")]
    item = line_item("boots", ["loud", "quiet"], rotation="learned")
    server = make(
        advertiser("boots", creatives, [item]), workers=1,
        exchanges=[{"name": "open", "contextual_without_consent": True}],
    ).start()  # fmt: skip
    with server.client() as client:
        assert 0.25 < share_of(client, "loud", 60) < 0.75
        for number in range(120):
            bid = client.bid(request(id=f"learn-{number}")).bid()
            urls = re.findall(r'(?:src|href)="([^"]+/t/[^"]+)"', html.unescape(bid["adm"]))
            for url in urls:
                if "/impression/" in url or bid["crid"] == "loud":
                    assert client.follow(url, PRICE="1").status in {200, 302}
        wait(lambda: share_of(client, "loud", 40) > 0.85, 15.0)
    server.kill()
    server.start()
    with server.client() as client:
        wait(lambda: share_of(client, "loud", 40) > 0.85, 5.0)
        walk = server.explain(request(id="walk"))
    assert walk["bids"]
    server.stop()
    events = [
        json.loads(line)
        for file in (server.state / "events").glob("*.jsonl")
        for line in file.read_text("utf-8").splitlines()
    ]
    chances = {
        (each["creative"], each["propensity"] > 0.5) for each in events if each["event"] == "bid"
    }
    assert ("quiet", False) in chances, (
        "what looks bad is still tried, and its small chance is written down"
    )
    assert all(0.049 <= each["propensity"] <= 0.951 for each in events if each["event"] == "bid")


def share_of(client: Client, creative: str, requests: int) -> float:
    """Return how often a creative is shown in so many requests."""
    found = [client.bid(request(id=f"share-{number}")).bid()["crid"] for number in range(requests)]
    return found.count(creative) / requests
