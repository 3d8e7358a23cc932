"""SKAdNetwork in requests and answers: what is signed verifies by another's arithmetic, and nothing else does."""

import json
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from msgspec.structs import replace

from adserver.domain.app_install import VERSIONS, AdvertisedApp, AppInstall, Overlay
from adserver.domain.bid import Bid
from adserver.domain.exchange import ExchangeTerms
from adserver.domain.opportunity import Auction, MediaType, Opportunity
from adserver.domain.wanted import NOTHING_MORE, Wanted
from adserver.openrtb import inbound
from adserver.openrtb.outbound import BidWriter
from adserver.openrtb.skadnetwork import Signer, app_install
from tests.bench.bench_openrtb import CANDIDATE
from tests.oracles import elliptic
from tests.oracles.skadnetwork import combined
from tests.unit.openrtb.test_outbound import Plain
from tests.unit.openrtb.wire import EVERYTHING, RATES, TERMS, decode, imp, request

NETWORK = "cdkw7geqsh.skadnetwork"
APP = AdvertisedApp(store_id="123456789", source_identifier=4321)
NOW_MS = 1_594_406_341_232
OFFERED = {"versions": list(VERSIONS), "sourceapp": "880047117", "skadnetids": [NETWORK]}
KEY = ec.generate_private_key(ec.SECP256R1())
PUBLIC = elliptic.point(
    KEY.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
)
_drawn = iter(range(1, 10_000))


def read(**changes: Any) -> AppInstall | None:
    """Return what is read of `skadn`."""
    return app_install(msgspec.Raw(json.dumps(OFFERED | changes).encode()))


def offered(**changes: Any) -> AppInstall:
    found = read(**changes)
    assert found is not None
    return found


def signer(number: int = 0) -> Signer:
    return Signer(NETWORK, number, KEY, lambda size: next(_drawn).to_bytes(size, "big"))


def signed(app: AdvertisedApp = APP, number: int = 0, **changes: Any) -> dict[str, Any]:
    """Return the answer to what is offered, as JSON reads it."""
    member = signer(number).member(app, offered(**changes), NOW_MS)
    found: dict[str, Any] = json.loads(f"{{{member}}}")["skadn"]
    return found


def parts(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """Return where the signatures stand: in `fidelities`, or before version 2.2 in the answer itself."""
    found: list[dict[str, Any]] = answer.get("fidelities", [answer])
    return found


@pytest.mark.parametrize("view_through", [False, True])
@pytest.mark.parametrize("version", VERSIONS)
def test_each_signature_verifies_and_fails_for_any_other_value(
    version: str, *, view_through: bool
) -> None:
    answer = signed(replace(APP, view_through=view_through), versions=[version])
    assert answer["version"] == version
    found = parts(answer)
    assert [part.get("fidelity", 1) for part in found] == (
        [1, 0] if view_through and version >= "2.2" else [1]
    )
    assert len({part["nonce"] for part in found}) == len(found)
    for part in found:
        assert part["timestamp"] == str(NOW_MS)
        assert part["nonce"] == part["nonce"].lower()
        message = combined(answer, part)
        assert elliptic.verifies(PUBLIC, message, part["signature"])
        for place, word in enumerate(message.split("\u2063".encode())):
            words = message.split("\u2063".encode())
            words[place] = word[:-1] + bytes([word[-1] ^ 1])
            altered = "\u2063".encode().join(words)
            assert not elliptic.verifies(PUBLIC, altered, part["signature"]), words
        assert not elliptic.verifies(
            PUBLIC, message.replace(b"\xe2\x81\xa3", b""), part["signature"]
        )


def test_the_answer_has_the_fields_of_its_version() -> None:
    common = {"version", "network", "itunesitem", "sourceapp"}
    assert set(signed()) == common | {"sourceidentifier", "fidelities"}
    assert set(signed(versions=["3.0"])) == common | {"campaign", "fidelities"}
    assert set(signed(versions=["2.1"])) == common | {"campaign", "nonce", "timestamp", "signature"}
    assert signed()["sourceidentifier"] == "4321"
    assert signed(versions=["2.0"])["campaign"] == "21"
    assert signed(replace(APP, source_identifier=4300), versions=["2.0"])["campaign"] == "100"


@pytest.mark.parametrize(
    ("said", "spoken"),
    [
        ({"versions": ["2.0", "3.0", "2.2"]}, "3.0"),
        ({"versions": ["4.0", "5.0"]}, "4.0"),
        ({"versions": None, "version": "2.0"}, "2.0"),
        ({"versions": ["2.1"], "version": "4.0"}, "2.1"),
    ],
)
def test_the_newest_version_that_both_speak_is_chosen(said: dict[str, Any], spoken: str) -> None:
    assert offered(**said).version == spoken


@pytest.mark.parametrize(
    "said",
    [
        {"versions": ["1.0"]},
        {"versions": []},
        {"versions": "4.0"},
        {"versions": [4.0]},
        {"sourceapp": None},
        {"sourceapp": "com.example.app"},
        {"sourceapp": "1\u20632"},
        {"sourceapp": "\u0661"},
        {"sourceapp": "1" * 21},
        {"skadnetlist": {"max": 10**30}},
    ],
)
def test_what_cannot_be_signed_for_is_not_offered(said: dict[str, Any]) -> None:
    assert read(**said) is None


@pytest.mark.parametrize(
    "text", ["", "1", "[]", '"x"', "{", "[" * 100_000, '{"versions":["\\ud800"]}']
)
def test_what_is_no_offer_is_none(text: str) -> None:
    assert app_install(msgspec.Raw(text.encode())) is None


@pytest.mark.parametrize(
    ("said", "number", "listed"),
    [
        ({"skadnetids": ["OTHER.skadnetwork", NETWORK.upper()]}, 0, True),
        ({"skadnetids": ["other.skadnetwork"]}, 0, False),
        ({"skadnetids": None, "skadnetlist": {"addl": [NETWORK]}}, 0, True),
        ({"skadnetids": None, "skadnetlist": {"max": 306}}, 306, True),
        ({"skadnetids": None, "skadnetlist": {"max": 306}}, 307, False),
        ({"skadnetids": None, "skadnetlist": {"max": 306, "excl": [2, 8]}}, 8, False),
        ({"skadnetids": None, "skadnetlist": {"max": 306, "excl": [2, 8]}}, 9, True),
        ({"skadnetids": None, "skadnetlist": {"max": 306}}, 0, False),
        ({"skadnetids": None}, 5, False),
    ],
)
def test_only_for_applications_that_list_our_network(
    said: dict[str, Any], number: int, *, listed: bool
) -> None:
    install = offered(**said)
    assert install.lists(NETWORK, number) is listed
    assert bool(signer(number).member(APP, install, NOW_MS)) is listed


def test_pages_and_overlays_are_named_where_the_application_can_show_them() -> None:
    page = "45812c9b-c296-43d3-c6a0-c5a02f74bf6e"
    app = replace(
        APP, product_page=page, overlay=Overlay(delay_s=5, raised=True, dismissible=False)
    )
    assert signed(app).keys().isdisjoint({"productpageid", "skoverlay"})
    answer = signed(app, productpage=1, skoverlay=1)
    assert answer["productpageid"] == page
    assert answer["skoverlay"] == {"delay": 5, "dismissible": 0, "pos": 1}
    end = replace(APP, overlay=Overlay(end_card_delay_s=0))
    assert signed(end, skoverlay=1)["skoverlay"] == {"endcarddelay": 0, "dismissible": 1, "pos": 0}


def opportunity(wanted: Wanted, **ext: Any) -> Opportunity:
    asked = decode(request(imp(ext=ext))).request
    found = inbound.auction(asked, TERMS, RATES, EVERYTHING, wanted)
    assert isinstance(found, Auction)
    return found.opportunities[0]


def test_it_is_read_only_where_some_line_item_wants_it() -> None:
    assert opportunity(NOTHING_MORE, skadn=OFFERED).app_install is None
    wanted = Wanted(app_installs=True)
    assert opportunity(wanted, skadn=OFFERED).app_install == offered()
    assert opportunity(wanted, skadn="nonsense").app_install is None
    assert opportunity(wanted, other=1).app_install is None


def test_a_bid_has_the_member_beside_others_and_the_applications_bundle() -> None:
    """`bid.bundle` is to be the application that is signed for."""
    candidate = replace(CANDIDATE, app=APP)
    asked = decode(
        request(
            imp(ext={"skadn": OFFERED}),
            app={"bundle": "880047117"},
            regs={"ext": {"dsa": {"dsarequired": 2, "pubrender": 1}}},
        )
    ).request
    auction = inbound.auction(asked, TERMS, RATES, EVERYTHING, Wanted(app_installs=True))
    assert isinstance(auction, Auction)
    bid = Bid(
        opportunity=auction.opportunities[0], candidate=candidate, media_type=MediaType.BANNER, deal=None,
        click_probability=0.01, value=3_000, price=2_000, reserved=2_500,
    )  # fmt: skip
    writer = BidWriter("https://ads.example", {candidate.creative.id: Plain()})
    member = signer().member(APP, offered(), NOW_MS)
    terms = ExchangeTerms(name="test")
    for install in ("", member):
        text = writer.write(
            auction, bid, terms, bid_id="b", token="t", wire_price=2_000, install=install
        )
        answer = json.loads(text)
        assert set(answer["ext"]) == ({"dsa", "skadn"} if install else {"dsa"})
        assert answer["bundle"] == APP.store_id
