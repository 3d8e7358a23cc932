"""On screens out of home nobody is known, nobody clicks, and one play is many impressions."""

from adserver.decision.pipeline import decide, look_ahead
from adserver.decision.tracing import Traced
from adserver.domain.bid import Bid
from adserver.domain.campaign import Cap, Fees, Goal, LineItem
from adserver.domain.fees import with_fees
from adserver.domain.reasons import Reason
from tests.fakes.click_model import FakeClickModel
from tests.fakes.purse import FakePurse
from tests.unit.decision.made import (
    CPM,
    auction,
    cpm,
    line_item,
    moment,
    opportunity,
    snapshot,
    world,
)

FEES = Fees(data_cpm=100_000, tech_ppm=50_000, margin_ppm=100_000)


def decided(
    *items: LineItem, purse: FakePurse | None = None, multiplier_ppm: int = 14_200_000
) -> tuple[list[Bid], Traced]:
    compiled, trace = snapshot(*items), Traced()
    screen = auction(
        opportunity(multiplier_ppm=multiplier_ppm, floor=CPM),
        inventory_type="out_of_home",
        person=None,
    )
    now = moment(compiled, purse)
    fits = look_ahead(compiled, screen)
    return decide(world(compiled, FakeClickModel()), screen, fits, now, trace), trace


def test_the_price_is_for_one_impression_and_the_money_for_all() -> None:
    purse = FakePurse()
    ((bid,), _) = decided(line_item("poster", goal=cpm(4), fees=FEES), purse=purse)
    assert CPM < bid.price <= 4 * CPM
    assert bid.reserved == with_fees(bid.price, FEES, 14_200_000)
    assert bid.reserved > 14 * bid.price
    assert [amount for *_, amount in purse.claims] == [bid.reserved]


def test_what_is_seen_by_less_than_one_costs_less() -> None:
    ((bid,), _) = decided(line_item("poster", fees=FEES), multiplier_ppm=250_000)
    assert bid.reserved < bid.price


def test_who_pays_for_clicks_does_not_bid_and_caps_do_not_hold_back() -> None:
    bids, trace = decided(
        line_item("clicks", goal=Goal("cpc", 5_000 * CPM, 9 * CPM)),
        line_item("orders", goal=Goal("cpa", 90_000 * CPM, 9 * CPM)),
        line_item("poster", caps=(Cap(1, 1), Cap(1, 1, "household"))),
    )
    assert [bid.candidate.line_item for bid in bids] == ["poster"]
    assert bids[0].click_probability == 0
    assert {fall.reason for fall in trace.falls} == {Reason.GOAL}
