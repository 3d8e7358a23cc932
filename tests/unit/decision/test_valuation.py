"""What an impression is worth: goals, fees, guard-rails, paces, floors."""

from fractions import Fraction
from math import floor
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adserver.catalog.snapshot import Snapshot
from adserver.decision.tracing import Traced
from adserver.decision.worth import Worth
from adserver.domain.campaign import Fees, Goal
from adserver.domain.exchange import ExchangeTerms
from adserver.domain.reasons import Reason
from tests.fakes.click_model import FakeClickModel, FakeOrderModel
from tests.unit.decision.made import (
    CPM,
    banner,
    cpm,
    line_item,
    moment,
    snapshot,
    valued,
    world,
)


def worths(
    compiled: Snapshot,
    *,
    floor: int = 0,
    clicks: FakeClickModel | None = None,
    orders: FakeOrderModel | None = None,
    max_cpm: int | None = None,
    trace: Traced | None = None,
    **now: Any,
) -> list[Worth]:
    everywhere = world(compiled, clicks, orders, max_cpm=max_cpm)
    return valued(everywhere, moment(compiled, **now), trace or Traced(), floor=floor)


NO_FEES = Fees()


def value_of(goal: Goal, fees: Fees = NO_FEES, rate: float = 0.01, **more: Any) -> int:
    (worth,) = worths(
        snapshot(line_item(goal=goal, fees=fees)), clicks=FakeClickModel(rate), **more
    )
    return worth.value


def test_goals_are_worth_what_they_bring() -> None:
    assert value_of(cpm(2)) == 2 * CPM
    assert value_of(Goal("cpc", 500 * CPM, 100 * CPM), rate=0.004) == 2 * CPM
    orders = FakeOrderModel(0.05)
    goal = Goal("cpa", 10_000 * CPM, 100 * CPM, orders_per_click=0.9)
    assert value_of(goal, rate=0.004, orders=orders) == 2 * CPM, "measured, not the estimate"


def roas(times: float, max_cpm: int = 100 * CPM) -> Goal:
    """So many times the spend is wanted back."""
    return Goal("roas", 60_000 * CPM, max_cpm, return_ppm=int(times * 1_000_000))


def test_a_return_on_spend_leaves_for_media_what_orders_bring_over_it() -> None:
    """One click in 250, one order in 20, 50 each: 10 per mille; four times the spend is 2.50."""
    orders = FakeOrderModel(0.05, worth=50_000 * CPM)
    assert value_of(roas(4), rate=0.004, orders=orders) == 2_500_000
    assert value_of(roas(0.5), rate=0.004, orders=orders) == 20 * CPM
    assert value_of(roas(0.01), rate=0.004, orders=orders) == 100 * CPM, "its maximum"
    assert value_of(roas(4), Fees(tech_ppm=250_000), 0.004, orders=orders) == 2 * CPM, (
        "what is spent is media and fees"
    )


def test_the_order_model_is_asked_once_and_only_about_goals_by_orders() -> None:
    orders = FakeOrderModel()
    plain = snapshot(line_item("a"), line_item("b", goal=Goal("cpc", 500 * CPM, 9 * CPM)))
    worths(plain, orders=orders)
    assert orders.asked == []
    mixed = snapshot(
        line_item("a"),
        line_item("b", goal=roas(4)),
        line_item("c", goal=Goal("cpc", 500 * CPM, 9 * CPM)),
        line_item("d", goal=Goal("cpa", 10_000 * CPM, 9 * CPM)),
    )
    worths(mixed, orders=orders)
    (asked,) = orders.asked
    assert sorted(asked) == ["b", "d"]


amounts = st.integers(1, 100_000 * 10**9)
fees = st.builds(Fees, st.integers(0, CPM), st.integers(0, 10**6), st.integers(0, 10**6))


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(["cpm", "cpc", "cpa", "roas"]),
    amounts,
    st.integers(1, 1_000 * CPM),
    st.integers(1, 10**9),
    fees,
    st.floats(1e-6, 0.5),
    st.floats(1e-6, 1.0),
    amounts,
)
def test_value_is_the_plain_formula_in_fractions_rounded_down(
    kind: Any, amount: int, most: int, wanted: int, charged: Fees, p: float, q: float, worth: int
) -> None:
    """Rounded down to the nano, once before the fees and once after; floats may be off by their last bits."""
    goal = Goal(kind, amount, most, return_ppm=wanted)
    exact = {
        "cpm": Fraction(amount),
        "cpc": amount * Fraction(p),
        "cpa": amount * Fraction(p) * Fraction(q),
        "roas": worth * Fraction(p) * Fraction(q) * 1_000_000 / wanted,
    }[kind]
    found = worths(
        snapshot(line_item(goal=goal, fees=charged)),
        clicks=FakeClickModel(p),
        orders=FakeOrderModel(q, worth),
    )
    value = found[0].value if found else 0
    share = Fraction(1_000_000, 1_000_000 + charged.tech_ppm + charged.margin_ppm)

    def net(gross: Fraction) -> int:
        return max(0, floor((floor(min(gross, Fraction(most))) - charged.data_cpm) * share))

    last_bits = Fraction(1, 10**14)
    assert net(exact * (1 - last_bits)) <= value <= net(exact * (1 + last_bits))
    assert value <= most


def test_no_value_is_above_the_line_items_maximum() -> None:
    assert value_of(Goal("cpc", 500 * CPM, 3 * CPM), rate=0.5) == 3 * CPM


def test_fees_come_out_of_the_value() -> None:
    fees = Fees(data_cpm=CPM, tech_ppm=100_000, margin_ppm=150_000)
    assert value_of(cpm(6), fees) == 4 * CPM
    assert worths(snapshot(line_item(fees=Fees(data_cpm=2 * CPM)))) == []


@pytest.mark.parametrize(
    ("everywhere", "here", "value"),
    [
        (None, None, 5 * CPM),
        (3 * CPM, None, 3 * CPM),
        (None, 2 * CPM, 2 * CPM),
        (3 * CPM, 2 * CPM, 2 * CPM),
        (1 * CPM, 2 * CPM, 1 * CPM),
        (9 * CPM, 8 * CPM, 5 * CPM),
    ],
)
def test_the_lower_guard_rail_holds(everywhere: int | None, here: int | None, value: int) -> None:
    terms = ExchangeTerms(name="one", max_cpm=here)
    assert value_of(cpm(5), max_cpm=everywhere, terms=terms) == value


def test_a_guard_rail_of_zero_stops() -> None:
    assert worths(snapshot(line_item()), max_cpm=0) == []


def test_pace_lowers_what_is_shown_and_not_the_value() -> None:
    compiled = snapshot(line_item())
    (worth,) = worths(compiled, paces=[0.25])
    assert (worth.value, worth.paced) == (2 * CPM, CPM // 2)
    assert worths(compiled, paces=[0.0]) == []


def test_below_the_floor_is_out_and_at_the_floor_is_in() -> None:
    compiled = snapshot(line_item())
    assert len(worths(compiled, floor=2 * CPM)) == 1
    trace = Traced()
    assert worths(compiled, floor=2 * CPM + 1, trace=trace) == []
    assert (trace.reason, trace.falls[0].fallen) == (Reason.BELOW_FLOOR, 1)
    assert [(v.value, v.floor) for v in trace.sums] == [(2 * CPM, 2 * CPM + 1)]
    assert worths(compiled, floor=CPM, paces=[0.4]) == [], (
        "the floor is held against the paced value"
    )


def test_the_highest_paced_value_comes_first_and_ties_go_to_the_lower_number() -> None:
    creatives = (banner(), banner("better"))
    clicks = Goal("cpc", 100 * CPM, 100 * CPM)
    compiled = snapshot(
        line_item("slow", goal=cpm(9)),
        line_item("clicks", goal=clicks, creatives=("banner", "better")),
        line_item("a", goal=cpm(1)),
        line_item("b", goal=cpm(1)),
        creatives=creatives,
    )
    found = worths(
        compiled, clicks=FakeClickModel(0.01, {"better": 0.03}), paces=[0.2, 1.0, 1.0, 1.0]
    )
    order = [(w.candidate.line_item, w.candidate.creative.id) for w in found]
    assert order == [
        ("clicks", "better"), ("slow", "banner"), ("clicks", "banner"), ("a", "banner"), ("b", "banner"),
    ]  # fmt: skip


def test_the_model_is_not_asked_about_nobody() -> None:
    clicks = FakeClickModel()
    empty = snapshot()
    assert worths(empty, clicks=clicks) == []
    assert clicks.asked == []
