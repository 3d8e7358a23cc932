"""Videos and native ads over HTTP: what their markup asks a device to call is there, and bills once."""

import json
from typing import Any
from xml.etree import ElementTree as ET

from tests.endpoints.client import Client
from tests.endpoints.server import Server
from tests.endpoints.wire import request

VIDEO = {"id": "1", "video": {"mimes": ["video/mp4"], "protocols": [2, 3, 7], "maxduration": 30}}
SKIPPABLE = {"mimes": ["video/mp4"], "protocols": [13], "skip": 1}
SOUND = {"mimes": ["audio/mpeg"], "protocols": [2, 3, 13, 14], "maxduration": 30}
BREAK = {"mimes": ["video/mp4"], "podid": "break", "poddur": 60, "maxseq": 3}
NATIVE = {
    "ver": "1.2",
    "assets": [
        {"id": 1, "required": 1, "title": {"len": 90}},
        {"id": 2, "required": 1, "img": {"type": 3, "wmin": 600, "hmin": 300}},
    ],
    "eventtrackers": [{"event": 1, "methods": [1]}],
}


def spent(server: Server) -> dict[str, int]:
    """Return what each line item has settled so far."""
    return {name: line["settled"] for name, line in server.report().items()}


def test_a_video_bills_on_its_impression_and_every_event_counts(
    generous: Server, exchange: Client
) -> None:
    before = spent(generous)
    bid = exchange.bid(request(imp=[VIDEO])).bid()
    assert "burl" not in bid
    vast = ET.fromstring(bid["adm"])  # noqa: S314 - our own markup
    events = vast.findall(".//{*}Tracking")
    assert len(events) == 5
    for tracking in events:
        assert exchange.follow(_address(tracking)).status == 200, tracking.attrib
    assert exchange.follow(bid["nurl"], PRICE="3").status == 200
    assert spent(generous) == before
    for _ in range(2):
        for impression in vast.iterfind(".//{*}Impression"):
            assert exchange.follow(_address(impression), PRICE="3").status == 200
    after = spent(generous)
    assert [after[name] - before[name] for name in after if after[name] != before[name]] == [
        3_000_000
    ]
    click = vast.find(".//{*}ClickThrough")
    assert click is not None
    assert exchange.follow(_address(click)).status == 302


def test_a_person_who_skips_and_one_who_sees_it_are_counted(exchange: Client) -> None:
    bid = exchange.bid(request(imp=[{"id": "1", "video": SKIPPABLE}])).bid()
    assert 16 not in bid.get("attr", ())  # the button is the player's
    vast = ET.fromstring(bid["adm"])  # noqa: S314 - our own markup
    (skip,) = [each for each in vast.iterfind(".//{*}Tracking") if each.get("event") == "skip"]
    (viewable,) = vast.findall(".//{*}Viewable")
    for reported in (skip, viewable):
        assert exchange.follow(_address(reported)).status == 200


def test_a_sound_bills_on_its_impression(generous: Server, exchange: Client) -> None:
    before = spent(generous)
    bid = exchange.bid(request(imp=[{"id": "1", "audio": SOUND}])).bid()
    assert (bid["mtype"], bid["protocol"], bid["dur"] <= 30) == (3, 13, True)
    assert "burl" not in bid
    vast = ET.fromstring(bid["adm"])  # noqa: S314 - our own markup
    assert {file.get("type") for file in vast.iterfind(".//{*}MediaFile")} == {"audio/mpeg"}
    for tracking in vast.iterfind(".//{*}Tracking"):
        assert exchange.follow(_address(tracking)).status == 200, tracking.attrib
    (impression,) = vast.findall(".//{*}Impression")
    assert exchange.follow(_address(impression), PRICE="2").status == 200
    after = spent(generous)
    assert [after[name] - before[name] for name in after if after[name] != before[name]] == [
        2_000_000
    ]


def test_a_break_gets_several_bids_that_go_together(exchange: Client) -> None:
    asked = request(imp=[{"id": "1", "video": BREAK}, {"id": "2", "audio": SOUND}])
    bids = [bid for seat in exchange.bid(asked).json()["seatbid"] for bid in seat["bid"]]
    films = [bid for bid in bids if bid["impid"] == "1"]
    assert sum(bid["dur"] for bid in films) <= 60
    assert len({bid["adomain"][0] for bid in films}) == len(films) >= 1
    assert [bid["mtype"] for bid in bids if bid["impid"] == "2"] == [3]


def test_a_native_ad_leads_to_its_page_and_counts_its_impression(
    generous: Server, exchange: Client
) -> None:
    asked = request(imp=[{"id": "1", "native": {"request": json.dumps(NATIVE), "ver": "1.2"}}])
    before = generous.report()
    bid = exchange.bid(asked).bid()
    ad: dict[str, Any] = json.loads(bid["adm"])
    for tracker in ad["eventtrackers"]:
        assert exchange.follow(tracker["url"]).status == 200
    assert exchange.follow(bid["burl"], PRICE="1.25").status == 200
    led = exchange.follow(ad["link"]["url"])
    assert led.status == 302
    assert led.headers["Location"].startswith("https://stories.example/?adclick=")
    grown = {
        name: (line["settled"] - before[name]["settled"], line["impressions"], line["clicks"])
        for name, line in generous.report().items()
        if line["settled"] != before[name]["settled"]
    }
    assert [amount for amount, _, _ in grown.values()] == [1_250_000]
    assert all(seen >= 1 and clicks >= 1 for _, seen, clicks in grown.values())


def _address(element: "ET.Element[str]") -> str:
    return (element.text or "").strip()
