"""The best that can be paid for, line item by line item."""

from adserver.catalog.snapshot import Snapshot
from adserver.decision import selection
from adserver.decision.demands import Demand
from adserver.decision.tracing import Traced
from adserver.decision.worth import Worth
from adserver.domain.bid import Bid
from adserver.domain.campaign import Fees
from adserver.domain.creative import Native
from adserver.domain.fees import with_fees
from adserver.domain.opportunity import AuctionType, MediaType
from adserver.domain.reasons import Reason
from adserver.ports.landscape import UNKNOWN
from tests.fakes.purse import FakePurse
from tests.unit.decision.made import (
    CPM,
    auction,
    banner,
    cpm,
    line_item,
    moment,
    opportunity,
    snapshot,
)

FEES = Fees(data_cpm=100_000, tech_ppm=50_000, margin_ppm=100_000)
MARKET = snapshot(
    line_item("first", goal=cpm(4), fees=FEES),
    line_item("second", goal=cpm(3), fees=FEES),
    line_item("third", goal=cpm(2), fees=FEES),
)


def choose(
    purse: FakePurse,
    taken: set[int],
    *,
    compiled: Snapshot = MARKET,
    trace: Traced | None = None,
    test: bool = False,
) -> Bid | None:
    space = opportunity()
    worths = [Worth(c, 0.01, c.bound, c.bound, CPM) for c in compiled.candidates]
    demand = Demand(None, CPM, AuctionType.FIRST_PRICE, compiled.everyone)
    return selection.choose(
        UNKNOWN,
        worths,
        auction(space, test=test),
        space,
        demand,
        moment(compiled, purse),
        taken,
        trace or Traced(),
    )


def test_the_best_is_chosen_shaded_and_its_money_taken_with_fees() -> None:
    purse, taken, trace = FakePurse(), set[int](), Traced()
    bid = choose(purse, taken, trace=trace)
    assert bid is not None
    assert bid.candidate.line_item == "first"
    assert CPM <= bid.price < bid.value
    assert bid.reserved == with_fees(bid.price, FEES)
    assert purse.claims == [(0, "one", bid.reserved)]
    assert taken == {0}
    assert [(fall.reason, fall.fallen) for fall in trace.falls] == [
        (Reason.OUTBID, 0b010), (Reason.OUTBID, 0b100),
    ]  # fmt: skip


def test_a_failed_claim_falls_to_the_runner_up() -> None:
    purse, trace = FakePurse(left={0: 5, 1: 10 * CPM, 2: 10 * CPM}), Traced()
    bid = choose(purse, set(), trace=trace)
    assert bid is not None
    assert bid.candidate.line_item == "second"
    assert purse.left == {0: 5, 1: 10 * CPM - bid.reserved, 2: 10 * CPM}
    assert [fall.reason for fall in trace.falls] == [Reason.CLAIM_FAILED, Reason.OUTBID]


def test_if_nobody_can_pay_there_is_no_bid_and_nothing_is_taken() -> None:
    purse, taken, trace = FakePurse(left={}), set[int](), Traced()
    assert choose(purse, taken, trace=trace) is None
    assert (purse.claims, taken) == ([], set())
    assert trace.counts() == {Reason.CLAIM_FAILED: 3}


def test_a_line_item_bids_once_per_request() -> None:
    purse, taken, trace = FakePurse(), {0, 1}, Traced()
    bid = choose(purse, taken, trace=trace)
    assert bid is not None
    assert bid.candidate.line_item == "third"
    assert trace.counts() == {Reason.SEPARATION: 2}
    assert taken == {0, 1, 2}
    assert choose(purse, taken) is None
    assert len(purse.claims) == 1


def test_two_creatives_of_a_line_item_are_one_line_item() -> None:
    compiled = snapshot(
        line_item("pair", creatives=("banner", "second")), creatives=(banner(), banner("second"))
    )
    taken = set[int]()
    assert choose(FakePurse(), taken, compiled=compiled) is not None
    assert choose(FakePurse(), taken, compiled=compiled) is None


def test_a_test_request_claims_nothing() -> None:
    purse = FakePurse(left={})
    bid = choose(purse, set(), test=True)
    assert bid is not None
    assert bid.candidate.line_item == "first"
    assert purse.claims == []


def test_the_media_type_is_the_creatives() -> None:
    native = Native(id="native", landing_url="https://shop.example/", title="A title")
    compiled = snapshot(line_item(creatives=("native",)), creatives=(native,))
    bid = choose(FakePurse(), set(), compiled=compiled)
    assert bid is not None
    assert bid.media_type is MediaType.NATIVE
