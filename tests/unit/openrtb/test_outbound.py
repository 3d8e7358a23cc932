"""Answers: complete, and never below the floor."""

from itertools import product
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.channels import prepare
from adserver.domain.bid import Bid
from adserver.domain.consent import ConsentMacros
from adserver.domain.creative import (
    AnyCreative,
    Audio,
    AudioFile,
    Banner,
    Html,
    MediaFile,
    Native,
    Verification,
    Video,
)
from adserver.domain.exchange import ExchangeTerms
from adserver.domain.money import Rates
from adserver.domain.opportunity import DealTerms, MediaType, NativeSpace, Opportunity
from adserver.domain.reasons import Reason
from adserver.openrtb.lists import no_bid_code
from adserver.openrtb.outbound import BidWriter, no_bid, respond, wire_price
from adserver.openrtb.written import REMEMBERED_SPACES
from adserver.ports import Links
from tests.bench.bench_openrtb import CANDIDATE, CREATIVE
from tests.unit.openrtb.wire import RATES, auction, imp

TERMS = ExchangeTerms(name="test", expiry_s=600)
BARE = Banner(
    id="bare",
    landing_url="https://shop.example",
    width=300,
    height=250,
    image_url="https://i.example",
)
VIDEO = Video(
    id="film",
    landing_url="https://shop.example",
    duration_s=15,
    media_files=(MediaFile(url="https://i.example/f.mp4", width=1280, height=720),),
)
NATIVE = Native(id="parts", landing_url="https://shop.example", title="Tents")
FLEXIBLE = Html(
    id="flexible",
    landing_url="https://shop.example",
    markup='<a href="{{click_url}}">go</a><i>{{width}}x{{height}}</i>',
    sizes=((300, 250), (320, 50)),
    ratio=(32, 5),
    min_width=300,
    apis=(5,),
)
TEXT = "<b>ad</b>"
ASSETS = {"request": '{"assets":[{"id":1,"title":{"len":9}}]}'}


def bid_for(
    creative: AnyCreative, media: MediaType, deal: DealTerms | None = None, **imp_: Any
) -> Bid:
    return Bid(
        opportunity=auction(imp(**imp_)).opportunities[0],
        candidate=msgspec.structs.replace(CANDIDATE, creative=creative),
        media_type=media,
        deal=deal,
        click_probability=0.001,
        value=3_000_000,
        price=2_412_345,
        reserved=2_500_000,
    )


class Text:
    """Markup that says what it was made of."""

    varies = True
    hands_on_consent = False

    def render(self, links: Links, opportunity: Opportunity) -> str:
        """Return a text with two links that differ."""
        return f'<b a="{links.click}" b="{links.serving}">{opportunity.native}</b>'


class Plain:
    """Markup without links."""

    varies = False
    hands_on_consent = False

    def render(self, links: Links, opportunity: Opportunity) -> str:
        """Return always the same."""
        return TEXT


def answered(bid: Bid, billable: Any = "billing", **fields: Any) -> dict[str, Any]:
    writer = BidWriter("https://ads.example", {bid.candidate.creative.id: Plain()})
    terms = msgspec.structs.replace(
        TERMS, billable_banner=billable, billable_video=billable, billable_native=billable
    )
    return read(writer, bid, terms, **fields)


def read(
    writer: BidWriter, bid: Bid, terms: ExchangeTerms, names: tuple[str, str] = ("b1", "t"),
    **fields: Any,
) -> dict[str, Any]:  # fmt: skip
    asked = auction(**fields)
    price = wire_price(bid, "USD", RATES)
    one = writer.write(asked, bid, terms, bid_id=names[0], token=names[1], wire_price=price)
    decoded: dict[str, Any] = msgspec.json.decode(respond(asked, [one], "response", terms))
    return decoded


def test_a_banner_s_answer_is_complete() -> None:
    response = answered(bid_for(CREATIVE, MediaType.BANNER))
    assert response == {
        "id": "r",
        "cur": "USD",
        "bidid": "response",
        "seatbid": [
            {
                "seat": "one",
                "bid": [
                    {
                        "id": "b1",
                        "impid": "1",
                        "price": 2.412345,
                        "adm": TEXT,
                        "adid": "tent-300x250",
                        "crid": "tent-300x250",
                        "cid": "summer",
                        "adomain": ["shop.example"],
                        "iurl": "https://shop.example/tent.png",
                        "cat": ["IAB20-18"],
                        "cattax": 1,
                        "attr": [7],
                        "language": "en",
                        "w": 300,
                        "h": 250,
                        "mtype": 1,
                        "exp": 600,
                        "nurl": "https://ads.example/n/win/t?p=${AUCTION_PRICE}&m=${AUCTION_MIN_TO_WIN}",
                        "burl": "https://ads.example/n/billing/t?p=${AUCTION_PRICE}",
                        "lurl": "https://ads.example/n/loss/t?r=${AUCTION_LOSS}&p=${AUCTION_MIN_TO_WIN}",
                    }
                ],
            }
        ],
    }


def test_what_is_not_known_is_not_sent() -> None:
    bid = bid_for(BARE, MediaType.BANNER)
    bare = msgspec.structs.replace(bid.candidate, categories=())
    response = answered(msgspec.structs.replace(bid, candidate=bare), billable="impression")
    (only,) = response["seatbid"][0]["bid"]
    absent = {
        "iurl",
        "cat",
        "cattax",
        "attr",
        "language",
        "dealid",
        "bundle",
        "burl",
        "dur",
        "protocol",
    }
    assert only.keys().isdisjoint(absent)


@pytest.mark.parametrize(
    ("banner", "told"),
    [
        ({"w": 300, "h": 250}, {"w": 300, "h": 250}),
        ({"format": [{"w": 1, "h": 1}, {"w": 320, "h": 50}, {"w": 300, "h": 250}]}, {"w": 320, "h": 50}),
        ({"format": [{"wratio": 64, "hratio": 10, "wmin": 320}]}, {"wratio": 64, "hratio": 10}),
        ({}, {"w": 300, "h": 250}),
    ],
)  # fmt: skip
def test_html_names_the_size_that_it_really_has_and_what_it_needs(
    banner: dict[str, Any], told: dict[str, int]
) -> None:
    """Its markup is rendered for the very same size."""
    bid = bid_for(FLEXIBLE, MediaType.BANNER, banner=banner)
    writer = BidWriter("https://ads.example", {FLEXIBLE.id: prepare(FLEXIBLE)})
    (only,) = read(writer, bid, TERMS)["seatbid"][0]["bid"]
    assert {key: only[key] for key in ("w", "h", "wratio", "hratio") if key in only} == told
    if "w" in told:
        assert f"<i>{told['w']}x{told['h']}</i>" in only["adm"]
    assert only["apis"] == [5]


def test_the_privacy_signals_of_each_request_are_in_the_markup_that_hands_them_on() -> None:
    asking = msgspec.structs.replace(
        FLEXIBLE, markup=FLEXIBLE.markup + "<i>{{gdpr}} {{gdpr_consent}} {{gpp_sid}}</i>"
    )
    bid = bid_for(asking, MediaType.BANNER)
    writer = BidWriter("https://ads.example", {asking.id: prepare(asking)})
    for signals in (ConsentMacros("1", "CPX.y~z", gpp_sid="7,8"), ConsentMacros()):
        asked = msgspec.structs.replace(auction(), macros=signals)
        one = writer.write(asked, bid, TERMS, bid_id="b", token="t", wire_price=1)
        said = f"<i>{signals.gdpr} {signals.gdpr_consent} {signals.gpp_sid}</i>"
        assert said in msgspec.json.decode(one)["adm"]


@pytest.mark.parametrize(
    ("video", "size", "protocol"),
    [
        ({"w": 640, "h": 360, "protocols": [2, 3, 7]}, (640, 360), 7),
        ({"protocols": [5, 2]}, (1280, 720), 2),
        ({}, (1280, 720), 3),
    ],
)
def test_a_video_s_answer_names_player_length_and_vast_version(
    video: dict[str, Any], size: tuple[int, int], protocol: int
) -> None:
    response = answered(bid_for(VIDEO, MediaType.VIDEO, video={"mimes": ["video/mp4"], **video}))
    (only,) = response["seatbid"][0]["bid"]
    assert (only["w"], only["h"]) == size
    assert (only["mtype"], only["dur"], only["protocol"]) == (2, 15, protocol)


THIRD_PARTY = msgspec.structs.replace(
    VIDEO, media_files=(), wrapped_url="https://third.example/", wrapped_version="3.0"
)
SOUND = Audio(
    id="sound", landing_url="https://shop.example", duration_s=20, apis=(99,),
    audio_files=(AudioFile(url="https://i.example/a.mp3"),),
    verifications=(Verification(vendor="v", script_url="https://i.example/o.js"),),
)  # fmt: skip


def test_a_sound_s_answer_names_length_version_and_what_it_needs() -> None:
    for api, needs in (([7], [99, 7]), ([1], [99])):
        asked = {"mimes": ["audio/mpeg"], "protocols": [2, 7], "api": api}
        (only,) = answered(bid_for(SOUND, MediaType.AUDIO, audio=asked))["seatbid"][0]["bid"]
        assert (only["mtype"], only["dur"], only["protocol"], only["apis"]) == (3, 20, 7, needs)
        assert only.keys().isdisjoint({"w", "h"})


def test_a_third_party_s_video_is_a_wrapper_of_a_size_that_only_the_player_knows() -> None:
    asked = {"mimes": ["video/mp4"], "protocols": [3, 6, 8]}
    (only,) = answered(bid_for(THIRD_PARTY, MediaType.VIDEO, video=asked))["seatbid"][0]["bid"]
    assert (only["protocol"], only["dur"]) == (8, 15)
    assert only.keys().isdisjoint({"w", "h"})
    sized = {**asked, "w": 640, "h": 360}
    (only,) = answered(bid_for(THIRD_PARTY, MediaType.VIDEO, video=sized))["seatbid"][0]["bid"]
    assert (only["w"], only["h"]) == (640, 360)


@pytest.mark.parametrize(
    ("video", "attributes"),
    [({}, [3, 16]), ({"skip": 0}, [3, 16]), ({"skip": 1}, [3]), ({"protocols": [2]}, [3])],
)
def test_attribute_16_is_said_where_the_button_is_ours(
    video: dict[str, Any], attributes: list[int]
) -> None:
    """OpenRTB 2.6, 7.4: where the player adds the button, the attribute must not be sent."""
    skipping = msgspec.structs.replace(VIDEO, skip_after_s=5, attributes=(3,))
    asked = {"mimes": ["video/mp4"], **video}
    writer = BidWriter("https://ads.example", {skipping.id: prepare(skipping)})
    response = read(writer, bid_for(skipping, MediaType.VIDEO, video=asked), TERMS)
    (only,) = response["seatbid"][0]["bid"]
    assert only["attr"] == attributes
    assert ("skipoffset" in only["adm"]) == (16 in attributes)


def test_a_price_is_never_rounded_below_the_floor_of_its_duration() -> None:
    asked = {"mimes": ["video/mp4"], "mincpmpersec": 0.1608230, "maxduration": 30}
    bid = bid_for(VIDEO, MediaType.VIDEO, video=asked)  # 15 s: 2.412345
    assert wire_price(bid, "USD", RATES) == 2_412_345
    assert wire_price(bid, "EUR", RATES) == 1_929_876


def test_a_native_answer_has_no_size() -> None:
    native = {"request": '{"assets":[{"id":1,"title":{"len":9}}]}'}
    (only,) = answered(bid_for(NATIVE, MediaType.NATIVE, native=native))["seatbid"][0]["bid"]
    assert only["mtype"] == 4
    assert only.keys().isdisjoint({"w", "h", "dur", "protocol"})


def test_a_deal_bid_names_its_deal_and_the_imp_s_own_expiry() -> None:
    deal = DealTerms("spring", 1)
    (only,) = answered(bid_for(BARE, MediaType.BANNER, deal, exp=30))["seatbid"][0]["bid"]
    assert (only["dealid"], only["exp"]) == ("spring", 30)


@pytest.mark.parametrize(
    ("fields", "sent"), [({"app": {"bundle": "x"}}, True), ({"site": {}}, False)]
)
def test_the_advertised_app_is_named_inside_apps(fields: dict[str, Any], *, sent: bool) -> None:
    bid = bid_for(BARE, MediaType.BANNER)
    candidate = msgspec.structs.replace(bid.candidate, advertiser_bundle="com.shop")
    response = answered(msgspec.structs.replace(bid, candidate=candidate), **fields)
    (only,) = response["seatbid"][0]["bid"]
    assert only.get("bundle") == ("com.shop" if sent else None)


def test_what_is_remembered_of_a_bid_is_not_what_differs_from_bid_to_bid() -> None:
    """Ids, tokens, spaces and exchanges are each bid's own, whoever was written before."""
    writer = BidWriter("https://ads.example", {"parts": Text()})
    bid = bid_for(NATIVE, MediaType.NATIVE, native=ASSETS)
    asked = [replaced(bid, NativeSpace((), version=version)) for version in ("1.1", "1.2")]
    billing = ExchangeTerms(name="one")
    impression = ExchangeTerms(name="two", billable_native="impression")
    for number, (bid, terms) in enumerate(2 * list(product(asked, (billing, impression)))):
        (only,) = read(writer, bid, terms, (f"b{number}", f"t{number}"))["seatbid"][0]["bid"]
        click = f"https://ads.example/t/click/t{number}"
        assert only["id"] == f"b{number}"
        assert only["adm"] == f'<b a="{click}" b="b{number}">{bid.opportunity.native}</b>'
        assert ("burl" in only) == (terms is billing)
        assert only["nurl"].startswith(f"https://ads.example/n/win/t{number}?")


def test_strangers_spaces_fill_the_memory_only_so_far() -> None:
    writer = BidWriter("https://ads.example", {"parts": Text()})
    bid = bid_for(NATIVE, MediaType.NATIVE, native=ASSETS)
    for number in range(REMEMBERED_SPACES + 10):
        native = NativeSpace((), version=str(number))
        read(writer, replaced(bid, native), TERMS)
    assert len(writer._written) == 10
    read(writer, replaced(bid, NativeSpace((), version="x" * 20_000)), TERMS)
    assert len(writer._written) == 10


def replaced(bid: Bid, native: NativeSpace) -> Bid:
    opportunity = msgspec.structs.replace(bid.opportunity, native=native)
    return msgspec.structs.replace(bid, opportunity=opportunity)


@given(st.text(st.characters(codec="utf-8"), min_size=1))
def test_whatever_an_id_is_made_of_the_answer_is_json(text: str) -> None:
    response = answered(bid_for(BARE, MediaType.BANNER, id=text), id=text)
    assert response["id"] == response["seatbid"][0]["bid"][0]["impid"] == text


def test_numeric_ids_are_echoed_as_text() -> None:
    response = answered(bid_for(BARE, MediaType.BANNER, id=7), id=80)
    assert response["id"] == "80"
    assert response["seatbid"][0]["bid"][0]["impid"] == "7"


@given(
    st.integers(0, 10**9),
    st.integers(0, 10**6),
    st.sampled_from(["0.000117", "0.7", "0.92", "1", "157.3"]),
)
def test_a_price_in_another_currency_is_rounded_down_but_never_below_the_floor(
    floor: int, more: int, rate: str
) -> None:
    rates = Rates("USD", {"EUR": rate})
    bid = bid_for(BARE, MediaType.BANNER)
    opportunity = msgspec.structs.replace(bid.opportunity, floor=floor)
    price = wire_price(
        msgspec.structs.replace(bid, opportunity=opportunity, price=floor + more), "EUR", rates
    )
    micros = rates.bid_from_house(10**6, "EUR")
    assert price * 10**6 >= floor * micros
    assert price * 10**6 < (floor + more) * micros + 10**6


def test_the_deal_s_floor_counts_for_a_deal_bid() -> None:
    rates = Rates("USD", {"EUR": "0.3"})
    bid = bid_for(BARE, MediaType.BANNER, DealTerms("d", 11), bidfloor=5)
    assert wire_price(msgspec.structs.replace(bid, price=11), "EUR", rates) == 4  # 3.3 rounded up


def test_a_no_bid_says_why() -> None:
    plain = msgspec.json.decode(no_bid("r", Reason.TIME_OUT))
    told = msgspec.json.decode(
        no_bid("r", Reason.AUDIENCE, {"1": Reason.AUDIENCE, "2": Reason.SIZE})
    )
    assert plain == {"id": "r", "nbr": 15}
    assert told == {"id": "r", "nbr": 8, "ext": {"reasons": {"1": "audience", "2": "size"}}}


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_a_code_of_the_standard_list(reason: Reason) -> None:
    assert 0 <= no_bid_code(reason) <= 17
