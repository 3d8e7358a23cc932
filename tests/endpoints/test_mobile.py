"""Installs of applications with a real server: the how-to page's own settings and campaign, from the bid to the books."""

import json
import re
import subprocess
import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_public_key,
)

from adapters.events.segment_files import read_events
from adserver.domain.app_install import VERSIONS
from tests.docs.pages import DOCS, blocks
from tests.endpoints.client import Client, Reply
from tests.endpoints.conftest import Make
from tests.endpoints.server import BASE_URL, Json, Server
from tests.endpoints.wire import links, request
from tests.oracles import elliptic
from tests.oracles.skadnetwork import combined
from tests.unit.endpoints.postbacks.apples import PUBLISHED

PAGE = DOCS / "how-to" / "mobile-apps.md"
WON, LOST = (said for said in PUBLISHED if said["version"] == "3.0")
"""To `example123.skadnetwork`, of the page's application: Apple's own examples, with its signatures."""


def told(language: str, mark: str) -> list[str]:
    """Return the page's blocks of this kind."""
    return [
        block.text for block in blocks(PAGE) if block.language == language and mark in block.marks
    ]


def shell(text: str, folder: Path, **variables: str) -> str:
    done = subprocess.run(  # noqa: S603 - our own page's commands
        ["sh", "-eu", "-c", text],  # noqa: S607 - wherever the system has it
        cwd=folder, capture_output=True, text=True, check=True, timeout=20, env={"PATH": "/usr/bin:/bin", **variables},
    )  # fmt: skip
    return done.stdout.strip()


@pytest.fixture
def server(make: Make) -> Server:
    (settings,) = told("yaml", "settings")
    (campaign,) = told("yaml", "campaigns")
    found = make({}, mobile=yaml.safe_load(settings)["mobile"])
    (found.folder / "campaigns" / "trails.yaml").write_text(campaign, "utf-8")
    for text in told("sh", "keys"):
        shell(text, found.folder)
    return found


def asked(**skadn: Any) -> Json:
    """Return a request of an application that lists the page's network."""
    offered = {
        "versions": list(VERSIONS),
        "sourceapp": "880047117",
        "skadnetids": ["example123.skadnetwork"],
    }
    return request(
        imp=[{"id": "1", "banner": {"w": 320, "h": 50}, "ext": {"skadn": offered | skadn}}],
        app={"bundle": "880047117"},
        site=None,
        device={"os": "iOS", "ifa": "AB-1", "geo": {"country": "USA"}},
    )


def postback(client: Client, said: Json) -> Reply:
    return client.call(
        "POST", "/p/skadnetwork", json.dumps(said).encode(), Content_Type="application/json"
    )


def clicked(client: Client, bid: Json) -> str:
    """Click, and return the click id that the partner's link is handed."""
    reply = client.follow(links(bid)[1])
    assert reply.status == 302
    landing = urlsplit(reply.headers["Location"])
    assert (landing.scheme, landing.netloc, landing.path) == (
        "https",
        "tracker.example",
        "/trail-maps",
    )
    handed = parse_qs(landing.query)
    assert handed.keys() == {"campaign", "click_id"}
    return handed["click_id"][0]


def test_the_pages_example_from_the_bid_to_the_books(server: Server) -> None:
    server.start()
    pem = (server.folder / "skadnetwork-public.pem").read_bytes()
    written = load_pem_public_key(pem).public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    public = elliptic.point(written)
    with server.client() as client:
        bids = [client.bid(asked(versions=[version])).bid() for version in ("2.0", "3.0", "4.0")]
        for bid, signatures in zip(bids, (1, 2, 2), strict=True):
            answer = bid["ext"]["skadn"]
            parts = answer.get("fidelities", [answer])
            assert len(parts) == signatures
            for part in parts:
                assert abs(int(part["timestamp"]) - time.time() * 1_000) < 60_000
                assert elliptic.verifies(public, combined(answer, part), part["signature"])
            assert answer.get("campaign", answer.get("sourceidentifier")) in {"42", "5242"}
            assert bid["bundle"] == answer["itunesitem"] == "525463029"
        assert "ext" not in client.bid(asked(skadnetids=["other.skadnetwork"])).bid()

        click = clicked(client, bids[-1])
        (template,) = told("text", "postback")
        secret = (server.folder / "tracker.secret").read_text().strip()
        said = {
            "click_id": click,
            "event_name": "purchase",
            "event_id": "E-1",
            "revenue": "9.90",
            "currency": "USD",
        }
        address = re.sub(r"\{(\w+)\}", lambda macro: said[macro[1]], template.strip())
        assert address.startswith(f"{BASE_URL}/p/tracker/SECRET?")
        assert client.follow(address).status == 403
        for first in (True, False):
            reply = client.follow(address.replace("SECRET", secret))
            assert (reply.status, reply.json()) == (200, {"counted": first})
        other = client.follow(address.replace("SECRET", secret).replace("purchase", "level_up"))
        assert (other.reason, other.json()) == ("other_event", {"counted": False})

        for reply in (postback(client, WON), postback(client, LOST), postback(client, WON)):
            assert (reply.status, reply.body) == (200, b"")
        assert postback(client, WON | {"campaign-id": 41}).reason == "forged"
        assert postback(client, PUBLISHED[0]).reason == "other_network"
    line = server.report()["trail-hikers"]
    assert (line["clicks"], line["orders"], line["installs"]) == (1, 1, 1)
    installs = [each for each in read_events(server.state / "events") if each["event"] == "install"]
    assert [(each["line_item"], each["won"]) for each in installs] == [
        ("trail-hikers", True),
        ("trail-hikers", False),
    ]
    assert server.total("adserver_installs_total", outcome="won") == 1
    assert server.total("adserver_installs_total", outcome="repeated") == 1


def test_what_was_counted_stays_counted_when_all_is_killed_and_a_partner_may_sign(
    server: Server,
) -> None:
    server.start()
    with server.client() as client:
        assert postback(client, WON).status == 200
        click = clicked(client, client.bid(asked()).bid())
    server.kill()
    server.settings["mobile"]["partners"][0]["proof"] = "signature"
    server.write_settings()
    server.start()
    (command,) = told("sh", "sign")
    secret = (server.folder / "tracker.secret").read_text().strip()
    query = f"click_id={click}&event_name=install"
    signature = shell(command, server.folder, query=query, secret=secret)
    with server.client() as client:
        assert [postback(client, said).status for said in (WON, LOST)] == [200, 200]
        counted = client.call("GET", f"/p/tracker?{query}&signature={signature}")
        assert counted.json() == {"counted": True}
        assert client.call("GET", f"/p/tracker?{query}1&signature={signature}").status == 403
    line = server.report()["trail-hikers"]
    assert (line["installs"], line["orders"]) == (1, 1)
    assert server.total("adserver_installs_total", outcome="repeated") == 1


def test_a_key_that_others_can_read_keeps_the_server_from_starting(server: Server) -> None:
    (server.folder / "skadnetwork.pem").chmod(0o644)
    assert "$.mobile.key_file" in server.fails()


def test_without_the_section_nobody_reports(exchange: Client) -> None:
    assert postback(exchange, WON).status == 404
    assert exchange.call("GET", "/p/tracker/x").status == 404
