"""The few that the model is asked about."""

from collections.abc import Sequence
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adserver.catalog.audience import Listener
from adserver.catalog.candidates import ANY_OTHER
from adserver.catalog.compiler import compile_snapshot
from adserver.catalog.snapshot import Snapshot
from adserver.decision import shortlist
from adserver.decision.demands import Demand
from adserver.decision.tracing import Trace, Traced, Untraced
from adserver.decision.world import Moment, World
from adserver.domain.bits import ascending, bits
from adserver.domain.campaign import Catalog, Goal
from adserver.domain.candidate import Candidate
from adserver.domain.identity import segment_number
from adserver.domain.opportunity import AuctionType
from adserver.domain.reasons import Reason
from adserver.domain.targeting import parse_audience
from tests.quality import shortlisted
from tests.unit.decision.made import (
    CPM,
    advertiser,
    cpm,
    line_item,
    moment,
    snapshot,
    world,
)

LENGTH = 8
"""So many the fake model wants to be asked about."""


def open_demand(floor: int, alive: int) -> Demand:
    return Demand(None, floor, AuctionType.FIRST_PRICE, alive)


def keep(
    everywhere: World,
    demand: Demand,
    now: Moment,
    trace: Trace,
    segments: Sequence[int] = (),
) -> list[Candidate]:
    listener = Listener(everywhere.snapshot.audience, segments)
    return shortlist.keep(everywhere, demand, listener, now, trace)


goals = st.builds(
    Goal,
    st.sampled_from(["cpm", "cpc", "cpa", "roas"]),
    st.integers(1, 40).map(lambda n: n * CPM),
    st.integers(1, 20).map(lambda n: n * CPM // 4),
    return_ppm=st.sampled_from([10_000, 1_000_000, 4_000_000]),
)
paces = st.sampled_from([0.0, 0.1, 0.5, 0.9, 1.0])


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(goals, paces), min_size=1, max_size=40),
    st.integers(0, 3 * CPM),
    st.integers(0, 1 << 40),
)
def test_it_keeps_the_same_eight_as_a_sort_of_everybody(
    made: list[tuple[Goal, float]], floor: int, alive: int
) -> None:
    compiled = snapshot(*(line_item(f"l{i}", goal=goal) for i, (goal, _) in enumerate(made)))
    paced = [pace for _, pace in made]
    alive &= compiled.everyone
    trace = Traced()
    kept = keep(world(compiled), open_demand(floor, alive), moment(compiled, paces=paced), trace)
    promising = [
        (c.promise * paced[c.line_item_index], -c.index)
        for c in compiled.candidates
        if alive >> c.index & 1 and c.bound * paced[c.line_item_index] >= floor
    ]
    best = [-index for _, index in sorted(promising, reverse=True)[:LENGTH]]
    assert [c.index for c in kept] == best
    fallen = 0
    for fall in trace.falls:
        assert not fall.fallen & fallen, "nobody falls twice"
        fallen |= fall.fallen
    assert fallen | bits(best, len(made)) == alive
    assert {fall.reason for fall in trace.falls} <= {Reason.BELOW_FLOOR, Reason.NOT_SHORTLISTED}


@cache
def many(count: int) -> Snapshot:
    return snapshot(*(line_item(f"l{i}", goal=cpm(1 + i / 100)) for i in range(count)))


def explorers(alive: int, ppm: int, seeds: int) -> list[Candidate]:
    """Who stood in the last place without belonging there, over many seeds."""
    compiled = many(100)
    everywhere = world(compiled, explore_ppm=ppm)
    usual = [c.index for c in compiled.candidates if alive >> c.index & 1][:LENGTH]
    found = []
    for seed in range(seeds):
        now = moment(compiled, seed=seed)
        kept = keep(everywhere, open_demand(0, alive), now, Untraced())
        assert [c.index for c in kept[:-1]] == usual[:-1]
        if kept[-1].index != usual[-1]:
            found.append(kept[-1])
    return found


def test_now_and_then_somebody_else_gets_the_last_place() -> None:
    """20 % of 3,000 decisions, less the tenth that draws somebody who is already on the list."""
    found = explorers(many(100).everyone, 200_000, 3_000)
    assert 470 < len(found) < 620
    assert len({c.index for c in found}) > 85, "anybody may be drawn"


def test_without_exploring_nobody_else_does_and_the_dead_are_never_drawn() -> None:
    assert explorers(many(100).everyone, 0, 300) == []
    alive = bits([*range(0, 40, 2), 97], 100)
    drawn = {c.index for c in explorers(alive, 1_000_000, 600)}
    assert drawn <= set(ascending(alive))
    assert 97 in drawn


def test_a_short_list_is_not_explored() -> None:
    compiled = many(100)
    now = moment(compiled)
    kept = keep(world(compiled, explore_ppm=1_000_000), open_demand(0, 0b111), now, Untraced())
    assert [c.index for c in kept] == [0, 1, 2]


AUDIENCES = [None, "a", "b", "not a", "a and not b", "(a or b) and not c", "a or not b"]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(goals, paces, st.sampled_from(AUDIENCES)), min_size=1, max_size=120),
    st.integers(0, 3 * CPM),
    st.sets(st.sampled_from("abc")),
    st.sampled_from([0, 1_000_000]),
)
def test_asking_one_by_one_keeps_the_same_as_asking_everybody_first(
    made: list[tuple[Goal, float, str | None]], floor: int, person: set[str], explore_ppm: int
) -> None:
    """And whoever is left empty-handed is told the same reason."""
    compiled = snapshot(
        *(
            line_item(f"l{i}", goal=goal, audience=parse_audience(text) if text else None)
            for i, (goal, _, text) in enumerate(made)
        )
    )
    segments = [segment_number(name) for name in person]
    everywhere = world(compiled, explore_ppm=explore_ppm)
    demand = open_demand(floor, compiled.everyone)
    now = moment(compiled, paces=[pace for _, pace, _ in made])
    traced, untraced = Traced(), Untraced()
    first = keep(everywhere, demand, now, traced, segments)
    assert keep(everywhere, demand, now, untraced, segments) == first
    if not first:
        assert untraced.reason == traced.reason
    fallen = sum(fall.fallen for fall in traced.falls)
    assert fallen | bits([c.index for c in first], len(made)) == compiled.everyone


def test_nobody_alive_leaves_an_empty_list() -> None:
    compiled = many(100)
    assert keep(world(compiled), open_demand(0, 0), moment(compiled), Untraced()) == []


@pytest.mark.parametrize("market", shortlisted.MARKETS, ids=lambda market: market.name)
def test_the_shortlist_loses_at_most_one_per_cent_of_the_value(market: shortlisted.Market) -> None:
    """Measured over 4,000 requests: `python -m tests.quality shortlist`."""
    assert shortlisted.lost(market, 150).share <= shortlisted.BAR


def test_asking_about_eight_would_lose_several_per_cent_in_a_wild_market() -> None:
    """So it matters that the model says how much its answers vary."""
    wild = next(each for each in shortlisted.MARKETS if each.name.startswith("wild: "))
    assert shortlisted.lost(wild, 150, asked=8).share > 0.02


def test_usual_click_rates_order_the_candidates_and_bound_nothing() -> None:
    """Who is not named is taken for anybody else; what is paid by impression is worth what it is."""
    clicks = Goal("cpc", 100 * CPM, 20 * CPM)
    catalog = Catalog(
        (advertiser("shop", *(line_item(name, goal=clicks) for name in ("rare", "new", "often"))),)
    )
    compiled = compile_snapshot(catalog, rates={"rare": 0.001, "often": 0.03, ANY_OTHER: 0.01})
    assert [each.line_item for each in compiled.candidates] == ["often", "new", "rare"]
    assert [each.promise for each in compiled.candidates] == [3 * CPM, CPM, CPM // 10]
    assert {each.bound for each in compiled.candidates} == {20 * CPM}
