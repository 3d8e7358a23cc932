"""Guaranteed deals: first of all opportunities, not held back, and of no consequence where there are none."""

from collections.abc import Sequence

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from adserver.catalog.compiler import compile_snapshot
from adserver.catalog.snapshot import Snapshot
from adserver.decision.pipeline import decide, look_ahead
from adserver.decision.tracing import Traced, Untraced
from adserver.decision.world import NOT_HELD_BACK
from adserver.domain.bid import Bid
from adserver.domain.campaign import Catalog, Goal
from adserver.domain.money import Nanos
from adserver.domain.opportunity import Auction, AuctionType, DealTerms, Opportunity, Pod
from adserver.domain.reasons import Reason
from adserver.domain.targeting import Dimension, ListRule
from tests.fakes.click_model import FakeClickModel
from tests.fakes.purse import FakePurse
from tests.unit.decision import strategies
from tests.unit.decision.made import CPM, auction, cpm, line_item, moment, opportunity, snapshot
from tests.unit.decision.made import world as made_world
from tests.unit.decision.test_pods import market, space

SLOW = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
NOBODYS = DealTerms("deal-9", 0, guaranteed=True)
Told = tuple[str, int, str | None, int, int]


def bound(*deals: str) -> dict[Dimension, ListRule]:
    return {Dimension.DEAL: ListRule(deals)}


def guaranteed(floor: Nanos = CPM, kind: AuctionType | None = None) -> DealTerms:
    return DealTerms("deal-1", floor, kind, guaranteed=True)


def decided(
    compiled: Snapshot,
    request: Auction,
    *,
    purse: FakePurse | None = None,
    paces: Sequence[float] | None = None,
    trace: Untraced | None = None,
    max_cpm: Nanos | None = None,
) -> list[Bid]:
    now = moment(compiled, purse)
    return decide(
        made_world(compiled, FakeClickModel(0.01), max_cpm=max_cpm),
        request,
        look_ahead(compiled, request),
        now if paces is None else replace(now, paces=paces),
        trace or Untraced(),
    )


def told(bids: Sequence[Bid]) -> list[Told]:
    return [
        (
            bid.opportunity.id,
            bid.candidate.index,
            bid.deal.id if bid.deal else None,
            bid.price,
            bid.reserved,
        )
        for bid in bids
    ]


def promised(bids: Sequence[Bid]) -> list[Told]:
    return told([bid for bid in bids if bid.deal is not None and bid.deal.guaranteed])


def only_guaranteed(space_: Opportunity) -> Opportunity:
    deals = tuple(deal for deal in space_.deals if deal.guaranteed)
    return replace(space_, deals=deals, deals_only=True)


def with_spaces(request: Auction, spaces: Sequence[Opportunity]) -> Auction:
    return replace(request, opportunities=tuple(spaces))


@SLOW
@given(strategies.catalogs(), strategies.auctions(), st.data())
def test_without_guaranteed_deals_nothing_changes(
    catalog: Catalog, request: Auction, data: st.DataObject
) -> None:
    """A guaranteed deal that is nobody's sends the request the other way; the bids and reasons are the same."""
    compiled = compile_snapshot(catalog)
    plain = with_spaces(
        request,
        [
            replace(
                each, deals=tuple(replace(deal, guaranteed=False) for deal in each.deals)
            )
            for each in request.opportunities
        ],
    )  # fmt: skip
    marked = with_spaces(
        plain,
        [
            replace(each, deals=(*each.deals, NOBODYS)) if data.draw(st.booleans()) else each
            for each in plain.opportunities
        ],
    )
    left = {index: data.draw(st.sampled_from([0, 20 * CPM])) for index in range(20)}
    before, after = Untraced(), Untraced()
    one = decided(compiled, plain, purse=FakePurse(left=dict(left)), trace=before)
    two = decided(compiled, marked, purse=FakePurse(left=dict(left)), trace=after)
    assert told(one) == told(two)
    assert before.missed == after.missed


@SLOW
@given(strategies.catalogs(), strategies.auctions(), st.data())
def test_a_promise_is_kept_as_if_nothing_else_were_on_offer(
    catalog: Catalog, request: Auction, data: st.DataObject
) -> None:
    """Other ways to sell, other imps, paces: none of it changes what guaranteed deals get, money included."""
    compiled = compile_snapshot(catalog)
    left = {index: data.draw(st.sampled_from([0, 4 * CPM])) for index in range(20)}
    paces = [data.draw(st.sampled_from([0.05, 0.5, 1.0])) for _ in range(len(compiled.line_items))]
    alone = with_spaces(request, [only_guaranteed(each) for each in request.opportunities])
    purse = FakePurse(left=dict(left))
    bids = decided(compiled, request, purse=purse, paces=paces)
    assert promised(bids) == told(decided(compiled, alone, purse=FakePurse(left=dict(left))))
    assert sorted(claim[2] for claim in purse.claims) == sorted(bid.reserved for bid in bids)
    for bid in bids:
        assert (bid.deal.floor if bid.deal else bid.opportunity.floor) <= bid.price <= bid.value
        assert bid.value <= bid.candidate.bound


def test_the_money_goes_to_the_guaranteed_deal_of_a_later_imp() -> None:
    compiled = snapshot(line_item(goal=cpm(3), targeting=bound("deal-1", "deal-2")))
    request = auction(
        opportunity("1", deals=(DealTerms("deal-2", CPM),)),
        opportunity("2", deals=(guaranteed(),)),
    )
    assert [told_[:3] for told_ in told(decided(compiled, request))] == [("2", 0, "deal-1")]


def test_bids_stand_in_the_request_s_order() -> None:
    compiled = snapshot(
        line_item("a"), line_item("b", targeting=bound("deal-1")), line_item("c", goal=cpm(1))
    )
    request = auction(opportunity("1"), opportunity("2", deals=(guaranteed(),)))
    assert [
        (bid.opportunity.id, bid.candidate.line_item) for bid in decided(compiled, request)
    ] == [("1", "a"), ("2", "b"), ("2", "c")]


def test_an_agreed_price_is_paid_and_a_first_price_is_never_shaded_below_it() -> None:
    compiled = snapshot(line_item(goal=cpm(8), targeting=bound("deal-1")))
    for kind, price in (
        (AuctionType.AGREED_PRICE, 2 * CPM),
        (AuctionType.FIRST_PRICE, 62 * CPM // 10),
        (AuctionType.SECOND_PRICE, 8 * CPM),
    ):
        deal = guaranteed(2 * CPM, kind)
        (bid,) = decided(compiled, auction(opportunity(deals=(deal,))), paces=[0.05])
        assert bid.price == price


def test_it_is_worth_what_was_agreed_within_the_line_item_s_maximum_and_the_guard_rails() -> None:
    clicks = Goal("cpc", 10 * CPM, 5 * CPM)  # worth a tenth of a unit per mille here
    compiled = snapshot(line_item(goal=clicks, targeting=bound("deal-1")))
    for floor, max_cpm, value in (
        (2 * CPM, None, 2 * CPM),
        (5 * CPM, None, 5 * CPM),
        (5 * CPM + 1, None, None),
        (2 * CPM, 2 * CPM, 2 * CPM),
        (2 * CPM, 2 * CPM - 1, None),
        (CPM // 20, None, CPM // 10),
    ):
        request = auction(opportunity(deals=(guaranteed(floor),)))
        bids = decided(compiled, request, max_cpm=max_cpm)
        assert [bid.value for bid in bids] == ([] if value is None else [value])
    plain = DealTerms("deal-1", 2 * CPM)
    assert decided(compiled, auction(opportunity(deals=(plain,)))) == []


def test_the_trace_says_who_was_not_held_back() -> None:
    compiled = snapshot(line_item(goal=cpm(3), targeting=bound("deal-1", "deal-2")))
    trace = Traced()
    deals = (DealTerms("deal-2", CPM), guaranteed())
    decided(compiled, auction(opportunity(deals=deals)), paces=[0.5], trace=trace)
    assert [(each.deal, each.guaranteed, each.paced) for each in trace.sums] == [
        ("deal-1", True, 3 * CPM), ("deal-2", False, 3 * CPM // 2),
    ]  # fmt: skip


def test_an_imp_that_nobody_promised_for_says_why_it_has_no_bid() -> None:
    compiled = snapshot(line_item(goal=cpm(3), targeting=bound("deal-1")))
    trace = Untraced()
    spaces = opportunity("1", floor=9 * CPM), opportunity("2", deals=(guaranteed(),))
    decided(compiled, auction(*spaces), purse=FakePurse(left={}), trace=trace)
    assert trace.missed == {"1": Reason.DEAL, "2": Reason.CLAIM_FAILED}


def test_a_break_is_filled_by_guaranteed_deals_first() -> None:
    """What they take is gone for the others; in a fixed slot the open bid is another way to sell it."""
    compiled = market(
        ("ales", 30, 9, {}),
        ("cars", 30, 7, {"deal": "deal-1"}),
        ("dogs", 30, 6, {"deal": "deal-1"}),
        ("eggs", 30, 5, {}),
    )
    deals = (guaranteed(),)
    for pod, expected in (
        (Pod("p", 60), ["cars", "dogs", "ales"]),  # the open auction's first bid, as ever
        (Pod("p", 90), ["cars", "dogs", "ales"]),
        (Pod("p", 120), ["cars", "dogs", "ales", "eggs"]),
        (Pod("p", 120, max_ads=3), ["cars", "dogs", "ales"]),
        (Pod("p"), ["cars", "ales"]),
    ):
        bids = decided(compiled, auction(space("1", pod, deals=deals)))
        assert [bid.candidate.advertiser for bid in bids] == expected


def test_paces_that_hold_nobody_back() -> None:
    assert NOT_HELD_BACK[123_456] == 1.0
    assert NOT_HELD_BACK[3:9][2] == 1.0
    assert len(NOT_HELD_BACK) > 1_000_000
