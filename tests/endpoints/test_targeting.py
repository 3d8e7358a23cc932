"""Targeting over HTTP: circles, devices by their user agents, places by a file, lists of a hundred thousand."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.endpoints.catalogs import advertiser, banner, line_item
from tests.endpoints.client import Client
from tests.endpoints.server import Server
from tests.endpoints.wire import request

ROOT = os.environ.get("ADSERVER_CORPUS")
if not ROOT and os.environ.get("CI") != "true":
    pytest.skip("ADSERVER_CORPUS is not set", allow_module_level=True)
PLACES = Path(str(ROOT), "device", "mmdb", "GeoIP2-City-Test.mmdb")
MILTON, LONDON, NOBODYS = "216.160.83.56", "81.2.69.160", "10.0.0.1"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.5 Mobile/15E148 Safari/604.1"
)
WISHES: dict[str, Any] = {
    "near": {"near": [{"latitude": 43.0389, "longitude": -87.9065, "km": 5}]},
    "apple": {"os_version": [{"os": "ios", "at_least": 17}], "browser": ["safari"], "maker": ["apple"]},
    "milton": {"city": ["USA/milton"]},
    "seen": {"viewability": {"at_least": 70}, "key_value": ["section=sport"]},
}  # fmt: skip


@pytest.fixture(scope="module")
def choosy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve one line item per wish; none of them in 100,000 publications."""
    server = Server(
        tmp_path_factory.mktemp("choosy"), {}, {"place": {"kind": "maxmind", "path": "places.mmdb"}}
    )
    shutil.copyfile(PLACES, server.folder / "places.mmdb")
    names = [f"site-{number}.example" for number in range(100_000)]
    (server.folder / "campaigns" / "blocked.txt").write_text("\n".join(names), encoding="utf-8")
    items = [line_item(name, ["tile"], targeting=wish) for name, wish in WISHES.items()]
    server.write_campaigns(
        advertiser("shop", [banner("tile")], items, block_list="blocked.txt", avoid=["floor"])
    )
    yield server.start()
    server.stop()


@pytest.fixture
def line(choosy: Server) -> Iterator[Client]:
    """Connect to it."""
    with choosy.client() as client:
        yield client


def who(line: Client, **fields: Any) -> bool:
    return line.bid(request(**fields)).status == 200


SHOP = {"country": "USA", "lat": 43.04, "lon": -87.91}


@pytest.mark.parametrize(
    ("fields", "bids"),
    [
        ({}, False),
        ({"device": {"geo": SHOP}}, True),
        ({"device": {"geo": {**SHOP, "lat": 44}}}, False),
        ({"device": {"geo": SHOP}, "regs": {"coppa": 1}}, False),
        ({"device": {"geo": SHOP, "lmt": 1}}, False),
        ({"device": {"geo": SHOP}, "site": {"domain": "shop.site-99999.example"}}, False),
        ({"device": {"geo": SHOP}, "site": {"domain": "n.example", "cat": ["IAB26-3"]}}, False),
        ({"device": {"ua": IPHONE}}, True),
        ({"device": {"ua": IPHONE.replace("17_5", "16_5")}}, False),
        ({"device": {"ua": IPHONE, "os": "Android"}}, False),
        ({"device": {"ua": "x" * 9_000}}, False),
        ({"device": {"ip": MILTON}}, True),
        ({"device": {"ip": NOBODYS}}, False),
        ({"device": {"ip": MILTON, "geo": {"country": "CAN"}}}, False),
        ({"device": {"ip": MILTON, "dnt": 1}}, False),
    ],
)
def test_it_bids_where_it_is_wanted(line: Client, fields: dict[str, Any], bids: bool) -> None:  # noqa: FBT001 - of a table
    assert who(line, **fields) == bids


def test_the_country_of_an_address_says_which_law_protects_its_person(choosy: Server) -> None:
    """In London consent is needed, and nobody said that it was given."""
    asked = request(device={"ip": LONDON, "geo": {"lat": 43.04, "lon": -87.91}})
    assert choosy.explain(asked)["no_bid"] == "no_legal_basis"


def test_each_space_counts_for_itself_and_the_explanation_says_which(
    choosy: Server, line: Client
) -> None:
    seen = {
        "metric": [{"type": "viewability", "value": 0.8}],
        "ext": {"data": {"section": "sport"}},
    }
    imps = [
        {"id": "a", "banner": {"w": 300, "h": 250}},
        {"id": "b", "banner": {"w": 300, "h": 250}, **seen},
    ]
    asked = request(imp=imps)
    (bid,) = line.bid(asked).json()["seatbid"][0]["bid"]
    assert bid["impid"] == "b"
    walk = choosy.explain(asked)
    falls = {(each["line_item"], each["imp"]): each for each in walk["fallen_candidates"]}
    assert falls["near", None]["reason"] == "near"
    assert falls["near", None]["wanted"] == "43.0389,-87.9065,5"
    assert falls["seen", "a"]["reason"] == "viewability"
    assert falls["seen", "a"]["wanted"] == ">=70"


def test_a_bad_file_of_places_is_refused_before_it_serves(choosy: Server) -> None:
    choosy.settings["place"]["path"] = "blocked.mmdb"
    choosy.write_settings()
    try:
        ended = choosy.command("check")
        assert ended.returncode != 0
        assert "MaxMind database" in ended.stdout + ended.stderr
    finally:
        choosy.settings["place"]["path"] = "places.mmdb"
        choosy.write_settings()
