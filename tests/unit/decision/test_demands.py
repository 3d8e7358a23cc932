"""Ways to sell one opportunity: each deal by its own terms, and the open auction."""

from adserver.catalog.snapshot import Snapshot
from adserver.decision import demands
from adserver.decision.demands import Demand
from adserver.decision.tracing import Traced
from adserver.domain.opportunity import AuctionType, DealTerms, Opportunity
from adserver.domain.reasons import Reason
from adserver.domain.targeting import Dimension, ListRule
from tests.unit.decision.made import auction, line_item, opportunity, snapshot


def bound(*deals: str) -> dict[Dimension, ListRule]:
    return {Dimension.DEAL: ListRule(deals)}


MARKET = snapshot(
    line_item("open"),
    line_item("one", targeting=bound("deal-1")),
    line_item("two", targeting=bound("deal-2")),
    line_item("both", targeting=bound("deal-1", "deal-2")),
)


def named(members: int, compiled: Snapshot = MARKET) -> set[str]:
    return {c.line_item for c in compiled.candidates if members >> c.index & 1}


def split(space: Opportunity, trace: Traced | None = None, alive: int = -1) -> list[Demand]:
    alive &= MARKET.everyone
    return list(demands.split(MARKET, auction(space), space, alive, trace or Traced()))


def test_without_deals_only_the_unbound_may_bid() -> None:
    trace = Traced()
    (only,) = split(opportunity(floor=500), trace)
    assert only.deal is None
    assert (only.floor, only.auction_type) == (500, AuctionType.FIRST_PRICE)
    assert named(only.alive) == {"open"}
    assert [fall.reason for fall in trace.falls] == [Reason.DEAL]
    assert named(trace.falls[0].fallen) == {"one", "two", "both"}


def test_deals_have_their_own_floors_and_kinds_of_auction_beside_the_open_one() -> None:
    deals = (
        DealTerms("deal-1", 3_000, AuctionType.AGREED_PRICE),
        DealTerms("deal-2", 700),
        DealTerms("deal-9", 1),
    )
    ways = split(opportunity(floor=5_000, deals=deals))
    assert [(way.deal.id if way.deal else None, way.floor, way.auction_type) for way in ways] == [
        ("deal-1", 3_000, AuctionType.AGREED_PRICE),
        ("deal-2", 700, AuctionType.FIRST_PRICE),
        (None, 5_000, AuctionType.FIRST_PRICE),
    ]
    assert [named(way.alive) for way in ways] == [{"one", "both"}, {"two", "both"}, {"open"}]


def test_where_only_deals_may_bid_the_unbound_fall() -> None:
    trace = Traced()
    (way,) = split(opportunity(deals=(DealTerms("deal-1", 0),), deals_only=True), trace)
    assert named(way.alive) == {"one", "both"}
    assert {name for fall in trace.falls for name in named(fall.fallen)} == {"open", "two"}
    assert split(opportunity(deals_only=True)) == []


def test_a_deal_for_other_advertisers_is_not_ours() -> None:
    for domains, usable in (
        (frozenset({"shop.example"}), True),
        (frozenset({"rival.example", "shop.example"}), True),
        (frozenset({"rival.example"}), False),
        (frozenset[str](), False),
    ):
        trace = Traced()
        deal = DealTerms("deal-1", 0, advertiser_domains=domains)
        ways = split(opportunity(deals=(deal,), deals_only=True), trace)
        assert bool(ways) is usable
        assert {fall.reason for fall in trace.falls} == {Reason.DEAL}


def test_an_agreed_price_that_nobody_named_is_no_price() -> None:
    """`bidfloor` is the price there, and its default is 0: we would offer nothing for something."""
    trace = Traced()
    deal = DealTerms("deal-1", 0, AuctionType.AGREED_PRICE)
    assert split(opportunity(deals=(deal,), deals_only=True), trace) == []
    assert "deal-1 names no price" in [fall.got for fall in trace.falls]


def test_nobody_alive_sells_nothing() -> None:
    assert split(opportunity(deals=(DealTerms("deal-1", 0),)), alive=0) == []
