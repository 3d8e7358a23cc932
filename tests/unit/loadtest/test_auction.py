"""Answers, auctions, macros and markup of the simulated exchange, without HTTP."""

from typing import Any

import orjson
import pytest

from loadtest import answer, auction, markup
from loadtest.answer import Asked, Bid
from loadtest.market.publishers import AGREED_PRICE, SECOND_PRICE, Deal, Placement, Publisher
from loadtest.request import Terms
from loadtest.wire import NotHere, loopback, substitute

DEAL = Deal("d", 2.0, "USD", AGREED_PRICE)
PLACEMENT = Placement("p", "banner", ((300, 250),), 1, 0.5, 1.0, deals=(DEAL,))
PUBLISHER = Publisher(
    "a.example",
    "site",
    ("IAB1",),
    (PLACEMENT,),
    floor_currency="USD",
    blocked_domains=("bad.example",),
)
ASKED = Asked("r1", PUBLISHER, (PLACEMENT,), Terms())
GOOD: dict[str, Any] = {
    "id": "b", "impid": "1", "price": 3.0, "adm": "<a>", "adomain": ["good.example"], "crid": "c",
    "mtype": 1, "w": 300, "h": 250,
}  # fmt: skip


def answered(**changes: Any) -> tuple[list[Bid], list[str]]:
    wire = {"id": "r1", "cur": "USD", "seatbid": [{"bid": [{**GOOD, **changes}]}]}
    bids, faults = answer.read(orjson.dumps(wire), ASKED)
    return bids, [fault.kind for fault in faults]


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"impid": "9"}, "unknown_imp"),
        ({"price": "3"}, "bad_price"),
        ({"price": 0.4}, "below_floor"),
        ({"price": 1.9, "dealid": "d"}, "below_floor"),
        ({"dealid": "other"}, "unknown_deal"),
        ({"adm": ""}, "missing_field"),
        ({"adomain": ["shop.bad.example"]}, "blocked_domain"),
        ({"mtype": 2}, "wrong_media"),
        ({"w": 728, "h": 90}, "wrong_size"),
    ],
)
def test_every_fault_of_a_bid_has_a_name(changes: dict[str, Any], fault: str) -> None:
    assert answered(**changes) == ([], [fault])


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (b"{", "not_json"),
        (b"[]", "not_an_object"),
        (b'{"id":"r2"}', "wrong_id"),
        (b'{"id":"r1","cur":"JPY"}', "wrong_currency"),
        (b'{"id":"r1","seatbid":[[]]}', "wrong_type"),
        (b'{"id":"r1","seatbid":3}', "wrong_type"),
    ],
)
def test_an_unusable_answer_has_a_name(body: bytes, fault: str) -> None:
    assert [found.kind for found in answer.read(body, ASKED)[1]] == [fault]


def one(price: float, **changes: Any) -> Bid:
    bids, faults = answered(price=price, **changes)
    assert not faults
    return bids[0]


def test_a_first_price_winner_pays_its_bid_and_a_second_price_winner_a_cent_more_than_needed() -> (
    None
):
    first = auction.hold(PLACEMENT, PUBLISHER, [one(40.0)], 2_000_000)[0]
    second = auction.hold(
        PLACEMENT, PUBLISHER._replace(auction_type=SECOND_PRICE), [one(40.0)], 2_000_000
    )[0]
    assert (first.won, first.clearing) == (True, 40_000_000)
    assert second.won
    assert second.clearing == second.minimum + 10_000 == 2_010_000


def test_a_higher_rival_wins_and_the_loser_learns_what_was_needed() -> None:
    lost = auction.hold(PLACEMENT, PUBLISHER, [one(0.6)], 900_000)[0]
    assert (lost.won, lost.loss) == (False, auction.OUTBID)
    assert lost.minimum == 900_000


def test_a_deal_at_an_agreed_price_goes_first_and_pays_its_floor() -> None:
    deal, open_bid = one(2.5, dealid="d"), one(30.0)
    outcomes = auction.hold(PLACEMENT, PUBLISHER, [open_bid, deal], 0)
    assert [(o.won, o.clearing, o.loss) for o in outcomes] == [
        (False, 0, auction.LOST_TO_DEAL),
        (True, 2_000_000, 0),
    ]


def test_macros_are_plain_text_and_unknown_ones_vanish() -> None:
    url = "http://x/?p=${AUCTION_PRICE:OXCRYPT}&i=${AUCTION_ID}&z=${AUCTION_IMP_TS}&k=${OTHER}"
    filled = substitute(url, {"AUCTION_PRICE": "1.5", "AUCTION_ID": "a b&c"})
    assert filled == "http://x/?p=1.5&i=a b&c&z=&k=${OTHER}"


def test_addresses_are_found_in_each_kind_of_markup_and_other_machines_are_left_alone() -> None:
    here = "http://127.0.0.1:1/t"
    banner = markup.read(
        "banner",
        f"<a href='{here}/c?a=1&amp;b=2'><IMG src=\"https://cdn.example/x\"><img src='{here}/i'>"
        f"<a href='{here}/r/why/x'>?</a>",
    )
    assert banner == markup.Markup((f"{here}/i",), (f"{here}/c?a=1&b=2",), why=f"{here}/r/why/x")
    vast = (
        f"<VAST><Impression><![CDATA[ {here}/i ]]></Impression><Tracking event='start'>{here}/s"
        f"</Tracking><ClickThrough>https://shop.example</ClickThrough>"
        f"<ClickTracking>{here}/c</ClickTracking>"
        f"<IconClickThrough>{here}/r/why/y</IconClickThrough></VAST>"
    )
    assert markup.read("video", vast) == (
        (f"{here}/i",),
        (f"{here}/c",),
        (("start", f"{here}/s"),),
        f"{here}/r/why/y",
    )
    native = {"native": {"link": {"url": f"{here}/c"}, "imptrackers": [f"{here}/i"]}}
    assert markup.read("native", orjson.dumps(native).decode()) == (
        (f"{here}/i",),
        (f"{here}/c",),
        (),
        "",
    )


@pytest.mark.parametrize(
    ("media", "text"), [("video", "<VAST>"), ("native", "{"), ("native", "[]")]
)
def test_unreadable_markup_is_an_error(media: str, text: str) -> None:
    with pytest.raises(ValueError, match="not"):
        markup.read(media, text)


@pytest.mark.parametrize(
    "url", ["http://192.0.2.1/", "http://example.com/", "https://127.0.0.1/", "file:///x", "http://[",
            "http://127.0.0.1.example.com/", "http://127.0.0.1:99999/", ""],
)  # fmt: skip
def test_only_this_machine_is_ever_loaded(url: str) -> None:
    with pytest.raises(NotHere):
        loopback(url)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:80/x", "http://[::1]:8080/x", "http://localhost/"]
)
def test_this_machine_has_several_names(url: str) -> None:
    assert loopback(url) == url
