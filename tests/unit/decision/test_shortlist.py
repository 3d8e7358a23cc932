"""The few that the model is asked about."""

import random
from collections.abc import Sequence
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adserver.catalog.audience import Listener
from adserver.catalog.bits import ascending, bits
from adserver.catalog.snapshot import Snapshot
from adserver.decision import shortlist, valuation
from adserver.decision.demands import Demand
from adserver.decision.tracing import Trace, Traced, Untraced
from adserver.decision.world import Moment, World
from adserver.domain.campaign import Goal
from adserver.domain.candidate import Candidate
from adserver.domain.identity import segment_number
from adserver.domain.opportunity import AuctionType
from adserver.domain.reasons import Reason
from adserver.domain.targeting import parse_audience
from tests.fakes.click_model import FakeClickModel
from tests.unit.decision.made import (
    CPM,
    auction,
    banner,
    cpm,
    line_item,
    moment,
    opportunity,
    snapshot,
    world,
)


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
    st.sampled_from(["cpm", "cpc", "cpa"]),
    st.integers(1, 40).map(lambda n: n * CPM),
    st.integers(1, 20).map(lambda n: n * CPM // 4),
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
    best = [-index for _, index in sorted(promising, reverse=True)[: shortlist.LENGTH]]
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
    usual = [c.index for c in compiled.candidates if alive >> c.index & 1][: shortlist.LENGTH]
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


def value_lost(spread: float, alive: int, requests: int, seed: int = 5) -> float:
    """Return which share of the best paced value the shortlist misses, in simulation.

    A market of 300 pairs, two in three paid by click; click rates are lognormal around 1 %, which is
    half of the generous rate that promises assume, and differ from request to request. `alive` of the
    pairs survive targeting at each.
    """
    dice = random.Random(seed)
    names = [f"b{i}" for i in range(300)]
    items = []
    for i, name in enumerate(names):
        rate = cpm(dice.lognormvariate(0, 0.8))
        clicks = Goal("cpc", int(CPM * 100 * dice.lognormvariate(0, 0.8)), 20 * CPM)
        items.append(line_item(f"l{i}", goal=clicks if i % 3 else rate, creatives=(name,)))
    compiled = snapshot(*items, creatives=tuple(banner(name) for name in names))
    space = opportunity()
    lost = best = 0
    for request in range(requests):
        rates = {
            name: min(0.01 * dice.lognormvariate(-(spread**2) / 2, spread), 0.99) for name in names
        }
        everywhere = world(compiled, FakeClickModel(0.01, rates))
        now = moment(
            compiled, seed=request, paces=[dice.choice([1.0, 1.0, 0.8, 0.5]) for _ in items]
        )
        demand = open_demand(0, bits(dice.sample(range(300), alive), 300))
        few = keep(everywhere, demand, now, Untraced())
        everybody = [compiled.candidates[index] for index in ascending(demand.alive)]
        whole, kept = (
            valuation.value(everywhere, auction(space), space, demand, some, now, Untraced())[
                0
            ].paced
            for some in (everybody, few)
        )
        best += whole
        lost += whole - kept
    return lost / best


@pytest.mark.parametrize(
    ("spread", "alive"), [(0.0, 100), (0.25, 20), (0.25, 100), (0.5, 20), (0.5, 100), (1.0, 20)]
)
def test_the_shortlist_loses_at_most_one_per_cent_of_the_value(spread: float, alive: int) -> None:
    """Measured: 0.20, 0.00, 0.13, 0.05, 0.70 and 0.82 per cent."""
    assert value_lost(spread, alive, 500) <= 0.01


def test_among_many_with_wild_click_rates_it_loses_several_per_cent() -> None:
    """The bar does not hold here: 7.5 per cent, measured.

    Who clicks e times as often as usual, or a third as often, is unknown to promises, which are fixed
    when campaigns are compiled; with 100 to choose from, the luckiest is often outside the eight.
    """
    assert 0.02 < value_lost(1.0, 100, 500) < 0.10
