"""The judge itself: it passes what is right and finds what was planted."""

import copy
import json
from typing import Any

import pytest

from adserver.certification.judge import BID_FIELDS, RESPONSE_FIELDS, SEATBID_FIELDS, problems
from tests.corpus.corpus import corpus

VAST = """<VAST version="3.0"><Ad id="1"><InLine><AdSystem>x</AdSystem><AdTitle>t</AdTitle>
<Impression>https://a.example</Impression><Creatives><Creative><Linear><Duration>00:00:15</Duration>
<MediaFiles><MediaFile type="video/mp4" delivery="progressive" width="1" height="1">https://a.example/f
</MediaFile></MediaFiles></Linear></Creative></Creatives></InLine></Ad></VAST>"""
ASKED = {
    "assets": [
        {"id": 1, "required": 1, "title": {"len": 10}},
        {"id": 2, "img": {"type": 3, "wmin": 100, "hmin": 100}},
        {"id": 3, "data": {"type": 1, "len": 5}},
    ],
    "eventtrackers": [{"event": 1, "methods": [1]}],
}
NATIVE_ANSWER: dict[str, Any] = {
    "link": {"url": "https://a.example"},
    "assets": [
        {"id": 1, "title": {"text": "Tents"}},
        {"id": 2, "img": {"url": "https://a.example/i", "w": 200, "h": 100}},
        {"id": 3, "data": {"value": "Shop"}},
    ],
    "eventtrackers": [{"event": 1, "method": 1, "url": "https://a.example/t"}],
}
REQUEST: dict[str, Any] = {
    "id": "r",
    "cur": ["USD", "EUR"],
    "wseat": ["s"],
    "bseat": ["evil"],
    "badv": ["bad.example"],
    "bcat": ["IAB7"],
    "bapp": ["com.bad"],
    "wlang": ["en"],
    "imp": [
        {
            "id": "1",
            "secure": 1,
            "bidfloor": 1,
            "exp": 100,
            "banner": {"format": [{"w": 300, "h": 250}, {"w": 1, "h": 1}], "battr": [3]},
            "video": {
                "mimes": ["video/mp4"], "protocols": [3], "minduration": 5, "maxduration": 20,
                "linearity": 1, "durfloors": [{"mindur": 1, "maxdur": 30, "bidfloor": 4}],
            },
            "native": {"request": json.dumps(ASKED)},
            "pmp": {
                "deals": [
                    {"id": "d", "bidfloor": 3, "bidfloorcur": "EUR", "wseat": ["s"], "wadomain": ["shop.example"]}
                ]
            },
        },
        {"id": "2", "banner": {}, "pmp": {"private_auction": 1, "deals": [{"id": "e"}]}},
    ],
}  # fmt: skip
RATES = {"USD": "1", "EUR": "0.5"}


def bid(**fields: Any) -> dict[str, Any]:
    good = {
        "id": "b", "impid": "1", "price": 1.0, "mtype": 1, "adm": "<a>", "w": 300, "h": 250,
        "adomain": ["shop.example"], "cat": ["IAB1"], "nurl": "https://a.example", "exp": 100,
    }  # fmt: skip
    return {name: value for name, value in (good | fields).items() if value is not None}


def film(**fields: Any) -> dict[str, Any]:
    return bid(**{"mtype": 2, "adm": VAST, "dur": 15, "protocol": 3, "price": 4, **fields})


def native(**answer: Any) -> dict[str, Any]:
    return bid(mtype=4, w=None, h=None, adm=json.dumps(NATIVE_ANSWER | answer))


def judged(*bids: dict[str, Any], **fields: Any) -> list[str]:
    response = {"id": "r", "cur": "USD", "seatbid": [{"seat": "s", "bid": list(bids)}], **fields}
    return problems(REQUEST, copy.deepcopy(response), RATES)


@pytest.mark.parametrize(
    "good",
    [bid(), film(), native(), bid(dealid="d", price=6), bid(impid="2", dealid="e", w=None, h=None)],
    ids=["banner", "video", "native", "deal", "private"],
)
def test_what_is_right_passes(good: dict[str, Any]) -> None:
    assert judged(good) == []


@pytest.mark.parametrize(
    ("planted", "word"),
    [
        (bid(impid="9"), "impid 9"),
        (bid(price=0.99), "below the floor"),
        (bid(price=0), "price"),
        (bid(price="1"), "not of type float"),
        (bid(id=None), "id is required"),
        (bid(podid="x"), "no field"),
        (bid(dealid="x"), "not offered"),
        (bid(dealid="d", price=5.99), "below the floor 3 EUR"),
        (bid(dealid="d", price=6, adomain=["x.example"]), "may not use deal"),
        (bid(impid="2"), "deal bids only"),
        (bid(adomain=["WWW.sub.bad.example"]), "adomain"),
        (bid(cat=["IAB7-39"]), "cat IAB7-39"),
        (bid(attr=[3]), "attr [3]"),
        (bid(bundle="com.bad"), "bundle"),
        (bid(language="de"), "language"),
        (bid(w=728, h=90), "size"),
        (bid(w=None), "do not say"),
        (bid(mtype=3), "mtype"),
        (bid(mtype=None), "mtype"),
        (bid(exp=101), "exp"),
        (bid(nurl="javascript:1"), "nurl"),
        (bid(adm=None, nurl=None), "neither"),
        (bid(adm="<img src='http://a.example'>"), "over http"),
        (film(price=3.9), "below the floor 4"),
        (film(adm="<VAST"), "well-formed"),
        (film(adm="<html/>"), "no VAST"),
        (film(adm=VAST.replace('"3.0"', '"2.0"')), "protocol"),
        (film(adm=VAST.replace(":15", ":25")), "too long"),
        (film(adm=VAST.replace(":15", ":02")), "too short"),
        (film(adm=VAST.replace("mp4", "webm")), "MediaFile"),
        (film(adm=VAST.replace("AdTitle", "Title")), "needs AdTitle"),
        (film(adm=VAST.replace("Linear>", "NonLinear>")), "linearity"),
        (film(dur=14), "dur says"),
        (native(link={}), "link.url"),
        (native(assets=[]), "asset 1 is missing"),
        (native(assets=[{"id": 1, "title": {"text": "x" * 11}}]), "longer"),
        (native(assets=[{"id": 1, "data": {"value": "x"}}]), "asked for is"),
        (native(assets=[*NATIVE_ANSWER["assets"], {"id": 9}]), "was not asked for"),
        (native(assets=[*NATIVE_ANSWER["assets"], {"id": 1}]), "answered twice"),
        (native(assets=[*NATIVE_ANSWER["assets"][:1], {"id": 2, "img": {"url": "u", "w": 9}}]), "below 100"),
        (native(eventtrackers=[{"event": 2, "method": 1, "url": "u"}]), "not offered"),
        (bid(mtype=4, adm="{"), "no JSON"),
        (bid(mtype=4, adm=json.dumps({"native": NATIVE_ANSWER})), "root"),
    ],
)  # fmt: skip
def test_what_was_planted_is_found(planted: dict[str, Any], word: str) -> None:
    assert any(word in complaint for complaint in judged(planted)), judged(planted)


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"id": "other"}, "echo"),
        ({"cur": "JPY"}, "cur JPY"),
        ({"cur": "EUR"}, "no complaint"),
        ({"seatbid": []}, "neither seatbid nor nbr"),
        ({"seatbid": [{"seat": "s", "bid": []}]}, "empty"),
        ({"seatbid": [{"seat": "evil", "bid": [bid()]}]}, "blocked"),
        ({"seatbid": [{"seat": "s", "bid": [bid(), bid()]}]}, "twice"),
        ({"bidid": 7}, "not of type string"),
    ],
)
def test_the_whole_response_is_judged(fields: dict[str, Any], word: str) -> None:
    complaints = judged(bid(), **fields)
    assert any(word in each for each in complaints) or (word == "no complaint" and not complaints)


@pytest.mark.parametrize(
    ("table", "name"),
    [(RESPONSE_FIELDS, "BidResponse"), (SEATBID_FIELDS, "SeatBid"), (BID_FIELDS, "Bid")],
)
def test_the_fields_are_those_of_the_outside_catalogue(table: dict[str, str], name: str) -> None:
    file = corpus("iab", "rtblint-catalog", "openrtb-2.6-202606-object-catalog.json")
    objects = {each["name"]: each for each in json.loads(file.read_bytes())["objects"]}
    listed = {}
    for field in objects[name]["fields"]:
        kind, _, more = field["type_spec"].partition(";")
        if kind.endswith(" array"):
            kind = kind.removesuffix(" array") + "s"
        listed[field["name"]] = kind + "!" * ("required" in more)
    assert table == listed


def test_responses_of_other_projects_do_not_crash_the_judge() -> None:
    """A smoke test only: these are mock answers, most of them incomplete by design."""
    judged_ = 0
    for file in corpus("openrtb", "open", "responses").iterdir():
        request = corpus("openrtb", "open", "requests", file.name)
        if request.exists():
            problems(json.loads(request.read_bytes()), json.loads(file.read_bytes()))
            judged_ += 1
    assert judged_ > 500
