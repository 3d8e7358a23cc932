"""A list of identical native places takes several bids, each of another advertiser."""

from typing import Any

from adserver.catalog.compiler import compile_snapshot
from adserver.decision.pipeline import decide, look_ahead
from adserver.decision.tracing import Traced
from adserver.domain.bid import Bid
from adserver.domain.campaign import Advertiser, Catalog
from adserver.domain.creative import Native
from adserver.domain.opportunity import NativeAsset, NativeSpace
from adserver.domain.reasons import Reason
from tests.fakes.purse import FakePurse
from tests.unit.decision.made import (
    CPM,
    advertiser,
    auction,
    banner,
    cpm,
    line_item,
    moment,
    opportunity,
    world,
)

TITLE = NativeAsset(id=1, required=True, kind="title")


def shop(name: str, *prices: float) -> Advertiser:
    story = Native(id=f"{name}-story", landing_url="https://shop.example/", title=name)
    items = [
        line_item(f"{name}-{price}", creatives=(story.id,), goal=cpm(price)) for price in prices
    ]
    return advertiser(name, *items, creatives=(story,))


SHOPS = (shop("boots", 5, 4.5), shop("tents", 4), shop("maps", 3), shop("ropes", 0.5))


def bids(places: int, *others: Advertiser, **space: object) -> tuple[list[Bid], FakePurse, Traced]:
    compiled = compile_snapshot(Catalog((*SHOPS, *others)))
    fields: dict[str, Any] = {
        "banner": None,
        "native": NativeSpace(assets=(TITLE,), places=places),
        "floor": CPM,
    }
    asked = auction(opportunity(**fields | space))
    purse, trace = FakePurse(), Traced()
    fits = look_ahead(compiled, asked)
    found = decide(world(compiled), asked, fits, moment(compiled, purse), trace)
    return found, purse, trace


def test_each_place_gets_the_best_that_is_left_of_another_advertiser() -> None:
    found, purse, trace = bids(3)
    assert [bid.candidate.line_item for bid in found] == ["boots-5", "tents-4", "maps-3"]
    assert {bid.opportunity.id for bid in found} == {"1"}
    assert [amount for *_, amount in purse.claims] == [bid.reserved for bid in found]
    assert Reason.SEPARATION in {fall.reason for fall in trace.falls}


def test_what_does_not_reach_the_floor_leaves_its_place_to_others() -> None:
    assert len(bids(8)[0]) == 3


def test_one_place_gets_one_bid() -> None:
    assert [bid.candidate.line_item for bid in bids(1)[0]] == ["boots-5"]


def test_a_banner_in_place_of_the_list_is_one() -> None:
    rich = advertiser("rich", line_item("poster", goal=cpm(9)), creatives=(banner(),))
    found, _, _ = bids(3, rich, banner=opportunity().banner)
    assert [bid.candidate.line_item for bid in found] == ["poster"]
