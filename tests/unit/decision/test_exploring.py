"""Now and then what is little known is tried: how often, how, and at what price."""

from math import exp, log
from statistics import fmean, pstdev
from typing import Any

import pytest

from adserver.catalog.snapshot import Snapshot
from adserver.decision import exploring
from adserver.decision.pipeline import decide, look_ahead
from adserver.decision.tracing import Traced
from adserver.decision.worth import Worth
from adserver.domain.campaign import Goal
from tests.fakes.click_model import FakeClickModel, FakeEvidence, FakeOrderModel
from tests.unit.decision.made import (
    CPM,
    auction,
    banner,
    cpm,
    line_item,
    moment,
    opportunity,
    snapshot,
    valued,
    world,
)

MILLION = 1_000_000
CLICKS = Goal("cpc", 500 * CPM, 10 * CPM)


def two(goal: Goal = CLICKS) -> Snapshot:
    """Two line items of one creative each, and of the same goal."""
    return snapshot(
        line_item("old", goal=goal, creatives=("known",)),
        line_item("new", goal=goal, creatives=("unknown",)),
        creatives=(banner("known"), banner("unknown")),
    )


def worths(
    compiled: Snapshot, seed: int, trace: Traced | None = None, **changes: Any
) -> list[Worth]:
    floor = changes.pop("floor", 0)
    everywhere = world(compiled, **({"learn_ppm": MILLION} | changes))
    return valued(everywhere, moment(compiled, seed=seed), trace, floor=floor)


def seeds(count: int) -> list[int]:
    """Checksums are spread evenly; so are these."""
    return [place * 2_654_435_761 % (1 << 32) for place in range(count)]


def test_it_happens_as_often_as_was_set() -> None:
    for ppm, least, most in ((0, 0, 0), (100_000, 900, 1_100), (MILLION, 10_000, 10_000)):
        assert least <= sum(exploring.happens(seed, ppm) for seed in seeds(10_000)) <= most
    assert not exploring.happens((1 << 32) - 1, MILLION - 1)


def test_draws_are_normal_and_a_function_of_seed_and_label_alone() -> None:
    drawn = [exploring.normal(seed, 7) for seed in seeds(4_000)]
    assert abs(fmean(drawn)) < 0.05
    assert pstdev(drawn) == pytest.approx(1.0, abs=0.04)
    assert drawn == [exploring.normal(seed, 7) for seed in seeds(4_000)]
    other = [exploring.normal(seed, 8) for seed in seeds(4_000)]
    assert abs(fmean(x * y for x, y in zip(drawn, other, strict=True))) < 0.05, "independent"


def test_the_doubtful_one_is_tried_as_often_as_it_may_be_better() -> None:
    """Of two alike, the one with a doubt of 0.5 comes first when its factor is above 1: with a probability of 40 %."""
    compiled = two()
    evidence = FakeEvidence(unknown=0.5)
    firsts = [worths(compiled, seed, evidence=evidence)[0] for seed in seeds(2_000)]
    share = sum(first.candidate.line_item == "new" for first in firsts) / len(firsts)
    assert share == pytest.approx(0.40, abs=0.03)
    factors = [w.draw for s in seeds(4_000) for w in worths(compiled, s, evidence=evidence)]
    assert fmean(factors) == pytest.approx(1.0, abs=0.02), "doubt alone is no advantage"
    new = [factor for factor in factors if factor != 1.0]
    assert pstdev(list(map(log, new))) == pytest.approx(0.5, abs=0.02)


def test_value_and_price_never_change() -> None:
    compiled = two()
    clicks = FakeClickModel(0.004, {"unknown": 0.003})
    for seed in seeds(200):
        greedy = worths(compiled, seed, clicks=clicks, learn_ppm=0)
        drawn = worths(compiled, seed, clicks=clicks, evidence=FakeEvidence(unknown=1.0))
        assert {(w.candidate.index, w.value, w.paced) for w in greedy} == {
            (w.candidate.index, w.value, w.paced) for w in drawn
        }
        assert {w.draw for w in greedy} == {1.0}


def test_impressions_are_worth_the_same_whoever_clicks() -> None:
    compiled = two(cpm(2))
    for seed in seeds(50):
        drawn = worths(compiled, seed, evidence=FakeEvidence(shared=1.0, otherwise=1.0))
        assert [w.draw for w in drawn] == [1.0, 1.0]
        assert [w.candidate.index for w in drawn] == [0, 1]


def test_a_new_place_is_drawn_once_for_all() -> None:
    compiled = two()
    for seed in seeds(50):
        first, second = worths(compiled, seed, evidence=FakeEvidence(shared=0.7))
        z = exploring.normal(seed, exploring.PLACES)
        assert first.draw == second.draw == pytest.approx(exp(0.7 * z - 0.245))


def test_few_orders_are_doubted_too_and_evidence_of_clicks_is_not_needed() -> None:
    compiled = two(Goal("cpa", 10_000 * CPM, 100 * CPM))
    orders = FakeOrderModel(0.05, doubt=0.4)
    drawn = [worths(compiled, seed, orders=orders) for seed in seeds(400)]
    assert 100 < sum(w[0].candidate.line_item == "new" for w in drawn) < 300


def test_what_cannot_be_paid_for_is_no_promise() -> None:
    """Both are at their maximum: a lucky draw puts nobody above it, and ties go to the lower number."""
    compiled = two(Goal("cpc", 500_000 * CPM, 2 * CPM))
    for seed in seeds(100):
        found = worths(compiled, seed, evidence=FakeEvidence(otherwise=0.3))
        lucky = [w for w in found if w.draw >= 1.0]
        if len(lucky) == 2:
            assert [w.candidate.index for w in found] == [0, 1]


def test_whoever_is_below_the_floor_is_not_tried() -> None:
    compiled = two()
    clicks = FakeClickModel(0.004, {"unknown": 0.001})
    for seed in seeds(50):
        found = worths(compiled, seed, clicks=clicks, floor=CPM, evidence=FakeEvidence(unknown=2.0))
        assert [w.candidate.line_item for w in found] == ["old"]


def test_the_draw_is_told_with_the_bid_and_to_whoever_wants_an_explanation() -> None:
    compiled = two()
    everywhere = world(compiled, learn_ppm=MILLION, evidence=FakeEvidence(unknown=0.8))
    request = auction(opportunity("1"))
    told = set()
    for seed in seeds(60):
        trace = Traced()
        (bid,) = decide(
            everywhere, request, look_ahead(compiled, request), moment(compiled, seed=seed), trace
        )
        draws = {index: draw for (_, index), draw in trace.draws.items()}
        assert draws[bid.candidate.index] == bid.draw
        assert set(draws) == {0, 1}
        assert bid.price <= bid.value
        told.add((bid.candidate.line_item, bid.draw == 1.0))
    assert told == {("old", True), ("new", False)}
