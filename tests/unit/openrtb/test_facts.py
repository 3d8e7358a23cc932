"""What requests say in the dimensions that only some line items target."""

from typing import Any

import pytest
from msgspec import Raw
from msgspec.structs import replace

from adserver.catalog.facts import READ_IF_WANTED
from adserver.domain.consent import Permission
from adserver.domain.opportunity import Auction, Value
from adserver.domain.targeting import Dimension
from adserver.domain.wanted import Wanted
from adserver.openrtb import inbound
from adserver.openrtb.content import _data, _ext_data, _members, _names, _split
from adserver.openrtb.facts import _OF_IMPS, _OF_REQUESTS, coarsen
from tests.unit.openrtb.wire import CONTEXT, EVERYTHING, RATES, TERMS, decode, imp, request

D = Dimension
ALL = Wanted(dimensions=READ_IF_WANTED, point=True)


def heard(
    *imps: dict[str, Any],
    permission: Permission = EVERYTHING,
    wanted: Wanted = ALL,
    **fields: Any,
) -> Auction:
    """Return what is on offer, with all that anybody could target."""
    found = inbound.auction(
        decode(request(*imps, **fields)).request, TERMS, RATES, permission, wanted
    )
    assert isinstance(found, Auction), found
    return found


def test_every_dimension_has_a_reader_and_each_is_read_once() -> None:
    assert {*_OF_REQUESTS, *_OF_IMPS} == READ_IF_WANTED
    assert not {*_OF_REQUESTS} & {*_OF_IMPS}


def test_what_nobody_targets_is_not_read() -> None:
    said = {"make": "Apple", "model": "iPhone"}
    assert heard(wanted=Wanted(), device=said).facts == {}
    found = heard(wanted=Wanted(dimensions=frozenset({D.MAKER})), device=said)
    assert found.facts == {D.MAKER: "apple"}


def test_an_empty_request_says_nothing() -> None:
    found = heard()
    (space,) = found.opportunities
    assert not any(found.facts.values())
    assert {each for each, value in space.facts.items() if value} == {D.REWARDED, D.INTERSTITIAL}
    assert found.point is None


SITE = {"domain": "news.example"}
DEVICES: list[tuple[dict[str, Any], Dimension, Value]] = [
    ({"make": " Apple "}, D.MAKER, "apple"),
    ({"model": "SM-G991B"}, D.MODEL, "sm-g991b"),
    ({"sua": {"model": "Pixel 7"}}, D.MODEL, "pixel 7"),
    ({"model": "iPhone", "sua": {"model": "Pixel 7"}}, D.MODEL, "iphone"),
    ({"os": "iOS", "osv": "17.5.1"}, D.OS_VERSION, "ios 17.5.1"),
    ({"os": "iOS", "osv": 17.5}, D.OS_VERSION, "ios 17.5"),
    ({"osv": "17.5.1"}, D.OS_VERSION, ""),
    ({"os": "iOS", "osv": "unknown"}, D.OS_VERSION, ""),
    (
        {"sua": {"platform": {"brand": "Android", "version": ["13", "0", "1"]}}},
        D.OS_VERSION,
        "android 13.0.1",
    ),
    ({"language": "EN"}, D.DEVICE_LANGUAGE, "en"),
    ({"language": "en_GB"}, D.DEVICE_LANGUAGE, "en"),
    ({"langb": "pt-BR"}, D.DEVICE_LANGUAGE, "pt"),
    ({"connectiontype": 2}, D.CONNECTION, "wifi"),
    ({"connectiontype": 6}, D.CONNECTION, "4g"),
    ({"connectiontype": 0}, D.CONNECTION, ""),
    ({"connectiontype": 99}, D.CONNECTION, ""),
    ({"carrier": "VERIZON", "mccmnc": "310-005"}, D.CARRIER, ("verizon", "310-005")),
    ({"geo": {"metro": "803"}}, D.METRO, "803"),
    ({"geo": {"metro": 803}}, D.METRO, "803"),
    ({"geo": {"country": "USA", "zip": "53202"}}, D.POSTCODE, "USA/53202"),
    ({"geo": {"country": "GB", "zip": "sw1a 1aa"}}, D.POSTCODE, "GBR/SW1A1AA"),
    ({"geo": {"zip": "53202"}}, D.POSTCODE, ""),
]


@pytest.mark.parametrize(("device", "dimension", "value"), DEVICES)
def test_devices(device: dict[str, Any], dimension: Dimension, value: Value) -> None:
    assert heard(device=device).facts[dimension] == value


@pytest.mark.parametrize(
    ("brands", "name"),
    [
        (["Not:A-Brand", "Chromium", "Google Chrome"], "chrome"),
        (["Microsoft Edge", "Chromium"], "edge"),
        (["Not?A_Brand", "Chromium"], "chromium"),
        (["Samsung Internet", "Chromium"], "samsung"),
        (["Something New"], "something new"),
        ([None], ""),
        ([], ""),
    ],
)
def test_browsers_by_their_own_name_and_not_their_engines(brands: list[str], name: str) -> None:
    sua = {"browsers": [{"brand": brand, "version": ["1"]} for brand in brands]}
    assert heard(device={"sua": sua}).facts[D.BROWSER] == name


CONTENTS: list[tuple[dict[str, Any], Dimension, Value]] = [
    ({"site": {"id": 12}}, D.SITE_ID, "12"),
    ({"app": {"id": "12", "bundle": "com.x"}}, D.APP_ID, "12"),
    ({"app": {"id": "12"}, "site": {"id": "7"}}, D.SITE_ID, ""),
    ({"site": {"publisher": {"id": "p"}}}, D.PUBLISHER, "p"),
    ({"dooh": {"publisher": {"id": "p"}}}, D.PUBLISHER, "p"),
    (
        {"app": {"content": {"channel": {"id": "7", "name": "News One", "domain": "n.example"}}}},
        D.CHANNEL,
        ("news one", "n.example", "7"),
    ),
    ({"app": {"content": {"network": {"name": "North"}}}}, D.TV_NETWORK, ("north",)),
    ({"app": {"content": {"network": "North"}}}, D.TV_NETWORK, ()),
    ({"app": {"content": {"genre": "Comedy, Drama"}}}, D.GENRE, ("comedy", "drama")),
    ({"app": {"content": {"genres": [325, "v9"], "gtax": 7}}}, D.GENRE, ("7:325", "7:v9")),
    ({"app": {"content": {"genres": ["325"]}}}, D.GENRE, ("9:325",)),
    ({"app": {"content": {"contentrating": "TV-MA", "qagmediarating": 3}}}, D.RATING, ("tv-ma", "mature")),
    ({"app": {"content": {"qagmediarating": 4}}}, D.RATING, ()),
    ({"app": {"content": {"livestream": 1}}}, D.LIVE, "yes"),
    ({"app": {"content": {"livestream": 0}}}, D.LIVE, "no"),
    ({"site": {"keywords": "Camera, lens ,,camera"}}, D.KEYWORD, ("camera", "lens")),
    ({"site": {"kwarray": ["Camera"], "content": {"keywords": ["lens"]}}}, D.KEYWORD, ("camera", "lens")),
    ({"site": {"keywords": {"a": 1}}}, D.KEYWORD, ()),
    ({"site": {}, "user": {"keywords": "gambler", "kwarray": ["debtor"]}}, D.KEYWORD, ()),
    ({"site": {"search": "divorce lawyer"}}, D.KEYWORD, ()),
    ({"site": {"cat": ["IAB25-3", "IAB1"]}}, D.SENSITIVE, ("adult",)),
    ({"site": {"cat": ["IAB25"], "pagecat": ["IAB25"]}}, D.SENSITIVE, ("any",)),
    ({"site": {"cat": ["IAB14-3"]}}, D.SENSITIVE, ()),
    ({"site": {"cat": ["Rm3SiT"], "cattax": 7}}, D.SENSITIVE, ("adult",)),
    ({"site": {"cat": ["Rm3SiT"]}}, D.SENSITIVE, ()),
    ({"site": {"content": {"cat": ["8FD8nI", "v9i3On"], "cattax": 9}}}, D.SENSITIVE, ("terrorism", "any")),
    ({"dooh": {"venuetype": ["10105"]}}, D.VENUE, ("transit.airports.gates",)),
    ({"dooh": {"venuetype": ["transit.airports.bar"], "venuetypetax": 5}}, D.VENUE, ("transit.airports",)),
    ({"dooh": {"venuetype": [10108, "99"]}}, D.VENUE, ("transit.airports",)),
    ({"dooh": {"venuetype": ["10105"], "venuetypetax": 2}}, D.VENUE, ()),
    ({"site": {"id": "1"}}, D.VENUE, ()),
    (
        {"source": {"schain": {"ver": "1.0", "complete": 1, "nodes": [{"asi": "X.example", "sid": "1"}, {"asi": "y.example", "sid": 2}]}}},
        D.SELLER,
        ("x.example", "y.example"),
    ),
    ({"source": {"schain": {"ver": "1.0", "complete": 1, "nodes": [{"asi": "x", "sid": "1"}]}}}, D.SUPPLY, "direct"),
    ({"source": {"ext": {"schain": {"ver": "1.0", "complete": 1, "nodes": [{"asi": "x"}, {"asi": "y"}]}}}}, D.SUPPLY, "reseller"),
    ({"source": {"schain": {"ver": "1.0", "complete": 0, "nodes": [{"asi": "x"}]}}}, D.SUPPLY, ""),
    ({"source": {"schain": {"ver": "1.0", "complete": 0, "nodes": [{"asi": "x"}, {"asi": "y"}]}}}, D.HOPS, "2"),
    ({"source": {"schain": "1.0,1!x"}}, D.HOPS, ""),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "dimension", "value"), CONTENTS)
def test_contents_and_sellers(fields: dict[str, Any], dimension: Dimension, value: Value) -> None:
    assert heard(**fields).facts[dimension] == value


VIDEO = {"mimes": ["video/mp4"]}
SPACES: list[tuple[dict[str, Any], Dimension, Value]] = [
    ({"tagid": 7}, D.TAG_ID, "7"),
    ({"ext": {"gpid": "/1111/homepage#div-1"}}, D.GPID, "/1111/homepage#div-1"),
    ({"banner": {"w": 1, "h": 1, "pos": 1}}, D.POSITION, "above_fold"),
    ({"banner": {"w": 1, "h": 1, "pos": 17}}, D.POSITION, "reversed_l_shape"),
    ({"banner": {"w": 1, "h": 1, "pos": 0}}, D.POSITION, ""),
    ({"video": {**VIDEO, "pos": 7}}, D.POSITION, "fullscreen"),
    ({"metric": [{"type": "viewability", "value": 0.7}]}, D.VIEWABILITY, "70"),
    ({"metric": [{"type": "viewability", "value": 0.29, "vendor": "V"}]}, D.VIEWABILITY, "29"),
    ({"metric": [{"type": "click_through_rate", "value": 0.7}]}, D.VIEWABILITY, ""),
    ({"metric": [{"type": "viewability", "value": 70}]}, D.VIEWABILITY, ""),
    ({"metric": "viewability"}, D.VIEWABILITY, ""),
    ({"video": {**VIDEO, "plcmt": 2, "placement": 5}}, D.VIDEO_PLACEMENT, "accompanying"),
    ({"video": {**VIDEO, "placement": 5}}, D.VIDEO_PLACEMENT, "interstitial"),
    ({"video": {**VIDEO, "placement": 3}}, D.VIDEO_PLACEMENT, "standalone"),
    ({"video": {**VIDEO, "placement": 1}}, D.VIDEO_PLACEMENT, ""),
    ({"video": {**VIDEO, "startdelay": 0}}, D.START_DELAY, "pre"),
    ({"video": {**VIDEO, "startdelay": 30}}, D.START_DELAY, "mid"),
    ({"video": {**VIDEO, "startdelay": -1}}, D.START_DELAY, "mid"),
    ({"video": {**VIDEO, "startdelay": -2}}, D.START_DELAY, "post"),
    ({"video": {**VIDEO, "startdelay": -9}}, D.START_DELAY, ""),
    ({"audio": {"mimes": ["audio/mp4"], "startdelay": -2}}, D.START_DELAY, "post"),
    ({"video": {**VIDEO, "skip": 1}}, D.SKIPPABLE, "yes"),
    ({"video": {**VIDEO, "skip": 0}}, D.SKIPPABLE, "no"),
    ({"video": VIDEO}, D.SKIPPABLE, ""),
    ({"video": {**VIDEO, "maxduration": 30}}, D.SLOT_DURATION, "30"),
    ({"video": {**VIDEO, "rqddurs": [15, 30, 6]}}, D.SLOT_DURATION, "30"),
    ({"video": {**VIDEO, "poddur": 120, "podid": "1"}}, D.SLOT_DURATION, "120"),
    ({"rwdd": 1}, D.REWARDED, "yes"),
    ({"instl": 1}, D.INTERSTITIAL, "yes"),
    ({"ext": {"data": {"slot": "top", "n": [1, True], "o": {"x": 1}, "z": None}}}, D.KEY_VALUE, ("slot=top", "n=1", "n=true")),
    ({"ext": {"data": "top"}}, D.KEY_VALUE, ()),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "dimension", "value"), SPACES)
def test_spaces(fields: dict[str, Any], dimension: Dimension, value: Value) -> None:
    (space,) = heard(imp(**fields)).opportunities
    assert space.facts[dimension] == value


def test_key_values_of_page_and_space_come_together() -> None:
    (space,) = heard(
        imp(ext={"data": {"slot": "top"}}),
        site={"ext": {"data": {"section": "Sport"}}, "kwarray": ["paywall=no", "plain"]},
        user={"ext": {"data": {"income": "low"}}, "kwarray": ["debt=yes"]},
    ).opportunities
    assert space.facts[D.KEY_VALUE] == ("slot=top", "section=Sport", "paywall=no")


PLACE = {"geo": {"country": "USA", "zip": "53202", "lat": 43.04, "lon": -87.91}}


def test_exact_places_need_permission() -> None:
    """Special feature 1 of the TCF; without it neither circle nor postcode."""
    assert heard(device=PLACE).point == (43.04, -87.91)
    imprecise = replace(EVERYTHING, precise=False)
    for permission in (imprecise, CONTEXT):
        found = heard(device=PLACE, permission=permission)
        assert found.point is None
        assert found.facts[D.POSTCODE] == ""
        assert found.country == "USA"


def test_where_a_screen_stands_is_no_persons_place() -> None:
    found = heard(device=PLACE, dooh={"id": "screen"}, permission=CONTEXT)
    assert found.point == (43.04, -87.91)
    assert found.facts[D.POSTCODE] == "USA/53202"


@pytest.mark.parametrize(
    "geo", [{"lat": 0, "lon": 0}, {"lat": 91, "lon": 0}, {"lat": 1}, {"lat": 1, "lon": 181}, {"lat": "x", "lon": 1}]
)  # fmt: skip
def test_what_is_no_place_is_none(geo: dict[str, Any]) -> None:
    assert heard(device={"geo": geo}).point is None


def test_a_person_who_turns_out_to_have_opted_out_is_nowhere_exact() -> None:
    found = heard(device={"geo": {**PLACE["geo"], "region": "WI", "city": "Milwaukee"}})
    coarsen(found, located=False)
    assert (found.point, found.facts[D.POSTCODE], found.city) == (None, "", "USA/milwaukee")
    coarsen(found, located=True)
    assert (found.country, found.region, found.city) == ("USA", "", "")


@pytest.mark.parametrize(
    "junk", [b"\xff", b"[" * 5_000, b'{"a":', b"1e999", b"null", b'"' + b"x," * 9_000 + b'"']
)
def test_no_junk_in_what_is_read_late_does_any_harm(junk: bytes) -> None:  # fmt: skip
    assert len(_split(Raw(junk))) <= 100
    assert _names(Raw(junk)) == ()
    assert list(_data(Raw(junk), _members)) == []
    assert list(_data(Raw(junk), _ext_data)) == []
