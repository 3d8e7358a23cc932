"""The compiled walk against the obvious one."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adserver.catalog.compiler import compile_snapshot
from adserver.catalog.snapshot import Snapshot
from adserver.decision import eligibility, fitting, frequency
from adserver.decision.pipeline import decide, look_ahead
from adserver.decision.tracing import Traced, Untraced
from adserver.decision.world import Moment, World
from adserver.domain.bits import ascending
from adserver.domain.campaign import Catalog
from adserver.domain.exchange import ExchangeTerms
from adserver.domain.opportunity import Auction
from adserver.domain.person import Profile, Touch
from adserver.domain.reasons import Reason
from adserver.privacy.permission import ALLOWED
from tests.fakes.click_model import FakeClickModel, FakeOrderModel
from tests.fakes.purse import FakePurse
from tests.unit.decision import oracle, strategies
from tests.unit.decision.facts import grouping

SLOW = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def moment(
    snapshot: Snapshot,
    segments: tuple[int, ...] = (),
    touches: tuple[Touch, ...] = (),
    purse: FakePurse | None = None,
    at_home: tuple[Touch, ...] = (),
) -> Moment:
    return Moment(
        now_s=strategies.NOW_S,
        seed=7,
        terms=ExchangeTerms(name="one"),
        permission=ALLOWED,
        purse=purse or FakePurse(),
        paces=[1.0] * len(snapshot.line_items),
        profile=Profile(segments),
        touches=touches,
        household_touches=at_home,
    )


def names(snapshot: Snapshot, members: int) -> set[tuple[str, str]]:
    chosen = [snapshot.candidates[index] for index in ascending(members)]
    return {(candidate.line_item, candidate.creative.id) for candidate in chosen}


@SLOW
@given(st.data(), strategies.catalogs(), strategies.auctions(), strategies.segments)
def test_index_agrees_with_loop_and_trace_accounts_for_everybody(
    data: st.DataObject, catalog: Catalog, auction: Auction, segments: tuple[int, ...]
) -> None:
    """The same candidates survive, and every other one is accounted for in the trace."""
    with grouping(together=data.draw(st.booleans())):
        snapshot = compile_snapshot(catalog)
    numbers = [item.number for item in snapshot.line_items]
    touches, at_home = (data.draw(strategies.touches(numbers)) for _ in range(2))
    now = moment(snapshot, segments, touches, at_home=at_home)
    trace = Traced()
    alive = eligibility.narrow(snapshot, auction, now, trace)
    alive = frequency.hold_back(snapshot, auction, now, alive, trace)
    listener = eligibility.listener(snapshot, auction, now)
    alive = trace.narrow(Reason.AUDIENCE, alive, listener.accepting())
    assert all(map(listener.is_accepted, ascending(alive)))
    wanted = oracle.may_bid(catalog, auction, segments, touches, strategies.NOW_S, at_home)
    assert names(snapshot, alive) == wanted
    fallen = 0
    for fall in trace.falls:
        assert not fall.fallen & fallen, "nobody falls twice"
        fallen |= fall.fallen
    assert fallen | alive == snapshot.everyone
    untraced = eligibility.narrow(snapshot, auction, now, Untraced())
    untraced = frequency.hold_back(snapshot, auction, now, untraced, Untraced())
    assert {each for each in ascending(untraced) if listener.is_accepted(each)} == {
        *ascending(alive)
    }
    items = {item.id: item for item in snapshot.line_items}
    creatives = {c.creative.id: c.creative for c in snapshot.candidates}
    for opportunity in auction.opportunities:
        fit = fitting.narrow(snapshot, opportunity, alive, Untraced())
        assert names(snapshot, fit) == {
            (item, creative)
            for item, creative in wanted
            if oracle.fits_space(creatives[creative], items[item], opportunity)
        }


@SLOW
@given(strategies.catalogs(), strategies.auctions(), strategies.segments)
def test_decision_repeats_accounts_for_everybody_and_keeps_its_bounds(
    catalog: Catalog, auction: Auction, segments: tuple[int, ...]
) -> None:
    snapshot = compile_snapshot(catalog)
    world = World(snapshot=snapshot, clicks=FakeClickModel(0.01), orders=FakeOrderModel(0.02))
    purse = FakePurse()
    trace = Traced()
    fits = look_ahead(snapshot, auction)
    bids = decide(world, auction, fits, moment(snapshot, segments, purse=purse), trace)
    again = decide(world, auction, fits, moment(snapshot, segments), Untraced())
    assert [(b.opportunity.id, b.candidate.index, b.price) for b in bids] == [
        (b.opportunity.id, b.candidate.index, b.price) for b in again
    ]
    assert [claim[2] for claim in purse.claims] == [bid.reserved for bid in bids]
    used = [bid.candidate.line_item for bid in bids]
    assert len(used) == len(set(used)), "a line item bids once per request"
    for bid in bids:
        floor = bid.deal.floor if bid.deal is not None else bid.opportunity.floor
        assert floor <= bid.price <= bid.value
        assert bid.reserved <= bid.candidate.goal.max_cpm + 2, (
            "fees included, but for their rounding"
        )
        if bid.deal is None:
            assert not bid.opportunity.deals_only
    for opportunity in auction.opportunities:
        fallen = 0
        for fall in trace.falls:
            if fall.opportunity in {None, opportunity.id}:
                fallen |= fall.fallen
        winners = sum(
            1 << bid.candidate.index for bid in bids if bid.opportunity.id == opportunity.id
        )
        assert (fallen | winners) & snapshot.everyone == snapshot.everyone
    if not bids:
        assert trace.reason in {fall.reason for fall in trace.falls} or not snapshot.everyone
