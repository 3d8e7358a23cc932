"""Orders per click: declared, counted, and in between."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from adserver.domain.campaign import Goal
from adserver.domain.candidate import Candidate
from adserver.domain.identity import number
from adserver.errors import InvalidConfig
from models.cvr.baseline import (
    MOST_TIMES_WORTH,
    PRIOR_ORDERS,
    Outcome,
    SmoothedOrders,
    outcomes,
    read_outcomes,
    write_outcomes,
)
from models.events import Tally
from tests.unit.models_ctr.world import candidate
from tests.unit.models_cvr.made import Event, click, order, written

UNIT = 1_000_000_000


def _declaring(orders_per_click: float, **changes: Any) -> Candidate:
    chosen = candidate(7)
    goal = Goal("roas", 50 * UNIT, UNIT, orders_per_click, 4_000_000)
    return msgspec.structs.replace(chosen, goal=goal, **changes)


def rate(known: dict[int, Outcome], chosen: Candidate) -> float:
    return SmoothedOrders(known).expected(chosen).per_click


@pytest.mark.parametrize(("declared", "expected"), [(0.02, 0.02), (0.0, 1e-6), (7.0, 1.0)])
def test_without_clicks_the_declared_estimate_holds(declared: float, expected: float) -> None:
    assert rate({}, _declaring(declared)) == pytest.approx(expected)


def test_counting_takes_over_from_the_estimate() -> None:
    """Half way when as many orders were expected as the estimate weighs; all the way later."""
    chosen = _declaring(0.02)
    clicks = int(PRIOR_ORDERS / 0.02)
    assert rate({7: Outcome(clicks, 0)}, chosen) == pytest.approx(0.01)
    assert rate({7: Outcome(1_000_000, 100_000)}, chosen) == pytest.approx(0.1, rel=0.01)


def test_young_clicks_count_by_what_may_have_come() -> None:
    """A thousand clicks of which a tenth of the orders has come say as much as a hundred."""
    chosen = _declaring(0.02)
    young, old = Outcome(1_000, 4, 100.0), Outcome(100, 4)
    assert rate({7: young}, chosen) == rate({7: old}, chosen) > 0.02


def test_more_orders_than_clicks_are_not_believed() -> None:
    assert rate({7: Outcome(1, 10_000)}, _declaring(0.5)) == 1.0


def test_other_line_items_of_the_advertiser_move_a_new_one_at_most_half_way() -> None:
    chosen = _declaring(0.02)
    many = Outcome(1_000_000, 100_000, advertiser=chosen.advertiser)
    found = rate({8: many}, chosen)
    assert found == pytest.approx(10 / (5 / 0.02 + 5 / 0.1), rel=1e-6), (
        "in clicks per order half way"
    )
    few = Outcome(10, 1, advertiser=chosen.advertiser)
    assert 0.02 < rate({8: few}, chosen) < found
    assert rate({8: many}, _declaring(0.02, advertiser="another")) == 0.02
    own = {7: Outcome(100, 2, advertiser=chosen.advertiser)}
    assert rate(own, chosen) == 0.02, "its own are not counted twice"


def test_doubt_falls_with_orders() -> None:
    chosen = _declaring(0.02)
    doubts = [
        SmoothedOrders({7: Outcome(50 * orders, orders)}).expected(chosen).doubt
        for orders in (0, 5, 50, 5_000)
    ]
    assert doubts == sorted(doubts, reverse=True)
    assert doubts[0] == pytest.approx(0.47, abs=0.01)
    assert doubts[-1] < 0.02


def test_worth_is_smoothed_and_never_absurd() -> None:
    chosen = _declaring(0.02)

    def worth(known: Outcome) -> int:
        return SmoothedOrders({7: known}).expected(chosen).worth

    assert SmoothedOrders().expected(chosen).worth == 50 * UNIT
    assert worth(Outcome(100, 5, valued=5, worth=5 * 100 * UNIT)) == 75 * UNIT
    assert worth(Outcome(100, 9, valued=0)) == 50 * UNIT, "told none"
    assert worth(Outcome(1, 1, valued=1, worth=10**18)) == 50 * UNIT * MOST_TIMES_WORTH
    assert worth(Outcome(10**6, 10**6, valued=10**6, worth=1)) == 50 * UNIT // MOST_TIMES_WORTH
    assert SmoothedOrders().expected(candidate(7)).worth == 0, "only asked for where it is the goal"


def test_clicks_and_orders_are_counted_once_and_by_line_item(tmp_path: Path) -> None:
    events: list[Event] = [
        {"event": "bid", "bid": "04", "line_item": "line-2", "advertiser": "b"},
        click(),
        click(),
        click("01"),
        click("02", measured=False),
        click("05", trainable=False),
        click("03") | {"line_item": number("line_item", "line-1")},
        click("04", line_item="line-2"),
        order(value=7),
        order(value=9),
        order("y", credit="view"),
        order("v", trainable=False),
        order("z", credit="none", line_item=""),
    ]
    log = written(tmp_path, events, "no event\n")
    tally = Tally()
    assert outcomes(log, tally) == {
        number("line_item", "line-1"): Outcome(3, 1, 3.0, 1, 7, "a"),
        number("line_item", "line-2"): Outcome(1, 0, 1.0, 0, 0, "b"),
    }
    assert tally.damaged == 1


def test_outcomes_survive_being_written_and_those_of_older_versions_are_read(
    tmp_path: Path,
) -> None:
    path = tmp_path / "models" / "orders.json"
    assert read_outcomes(path) == {}
    known = {7: Outcome(9, 2, 8.5, 1, 3, "a"), 1 << 62: Outcome()}
    write_outcomes(path, known)
    assert read_outcomes(path) == known
    path.write_text('{"7": [9, 2]}')
    assert read_outcomes(path) == {7: Outcome(9, 2)}


@pytest.mark.parametrize(
    "text",
    ["", "[]", '{"7": [-1, 2]}', '{"7": [1, 2, NaN]}', '{"7": [1, 2, 9.0]}', '{"x": [1, 2]}'],
)
def test_damaged_outcomes_are_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "orders.json"
    path.write_text(text)
    with pytest.raises(InvalidConfig, match="writes it anew"):
        read_outcomes(path)
