"""What the bid event says of what models saw."""

from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from adserver.background.served_clicks import ServedClicks
from adserver.domain.bid import Bid
from adserver.domain.offer import Offer
from adserver.domain.opportunity import AuctionType, DealTerms, MediaType
from adserver.domain.seen import Seen
from adserver.endpoints.events import bid_event
from tests.fakes.click_model import FakeClickModel
from tests.unit.decision.made import auction, line_item, opportunity, snapshot

ONLY_TO_LEARN = {
    "browser": "safari", "tag": "top", "weather": "rain", "contacts": 3, "line_item_contacts": 2, "audience": ["a:1"],
}  # fmt: skip
NOTHING = {
    "browser": "", "tag": "", "weather": "", "contacts": None, "line_item_contacts": None, "audience": None,
}  # fmt: skip


def event(**changes: Any) -> dict[str, Any]:
    compiled = snapshot(line_item("one"))
    space = opportunity()
    asked = auction(space, auction_type=AuctionType.FIRST_PRICE)
    bid = Bid(
        opportunity=space, candidate=compiled.candidates[0], media_type=MediaType.BANNER, deal=None,
        click_probability=0.1, value=2, price=1, reserved=1,
    )  # fmt: skip
    decider = ServedClicks(FakeClickModel()).decider(asked)
    line = bid_event(
        asked, replace(bid, **changes), "00", 1.0, decider, measured=True, trainable=True
    )
    found: dict[str, Any] = msgspec.json.decode(line)
    return found


def test_by_which_auction_and_with_which_chance_a_price_was_made_is_logged() -> None:
    plain = event()
    assert (plain["auction"], plain["p_win"]) == ("first_price", None)
    deal = DealTerms(id="PM-1", floor=1, auction_type=AuctionType.AGREED_PRICE)
    assert event(deal=deal)["auction"] == "agreed_price"
    assert event(deal=DealTerms(id="PM-1", floor=1))["auction"] == "first_price"
    assert event(offer=Offer(1, 0.25, "ssp", 500, told=True))["p_win"] == 0.25


def logged(*, measured: bool, trainable: bool) -> dict[str, object]:
    compiled = snapshot(line_item("one"))
    candidate = compiled.candidates[0]
    space = opportunity(tag_id="top")
    seen = Seen(3, {candidate.line_item_number: 2}, ("a:1",))
    asked = auction(space, browser="safari", weather="rain", seen=seen)
    bid = Bid(
        opportunity=space, candidate=candidate, media_type=MediaType.BANNER, deal=None, click_probability=0.1,
        value=2, price=1, reserved=1,
    )  # fmt: skip
    decider = ServedClicks(FakeClickModel()).decider(asked)
    line = bid_event(asked, bid, "00", 1.0, decider, measured=measured, trainable=trainable)
    whole: dict[str, object] = msgspec.json.decode(line)
    return {name: whole[name] for name in ONLY_TO_LEARN}


def test_what_models_saw_is_logged_where_they_may_learn_from_it() -> None:
    assert logged(measured=True, trainable=True) == ONLY_TO_LEARN


@pytest.mark.parametrize("allowed", [(False, False), (True, False), (False, True)])
def test_elsewhere_nothing_of_it_is(allowed: tuple[bool, bool]) -> None:
    measured, trainable = allowed
    assert logged(measured=measured, trainable=trainable) == NOTHING
