"""Orders per click: declared, counted, and in between."""

import json
from pathlib import Path

import msgspec
import pytest

from adserver.domain.candidate import Candidate
from adserver.domain.identity import number
from models.cvr.baseline import PRIOR_ORDERS, Outcome, SmoothedOrders, outcomes
from models.events import Tally
from tests.unit.models_ctr.world import candidate


def _declaring(orders_per_click: float) -> Candidate:
    chosen = candidate(7)
    goal = msgspec.structs.replace(chosen.goal, orders_per_click=orders_per_click)
    return msgspec.structs.replace(chosen, goal=goal)


@pytest.mark.parametrize(("declared", "expected"), [(0.02, 0.02), (0.0, 1e-6), (7.0, 1.0)])
def test_without_clicks_the_declared_estimate_holds(declared: float, expected: float) -> None:
    assert SmoothedOrders().orders_per_click(_declaring(declared)) == expected


def test_counting_takes_over_from_the_estimate() -> None:
    """Half way when as many orders were expected as the estimate weighs; all the way later."""
    chosen = _declaring(0.02)
    clicks = int(PRIOR_ORDERS / 0.02)
    half = SmoothedOrders({7: Outcome(clicks, 0)}).orders_per_click(chosen)
    assert half == pytest.approx(0.01)
    much = SmoothedOrders({7: Outcome(1_000_000, 100_000)}).orders_per_click(chosen)
    assert much == pytest.approx(0.1, rel=0.01)


def test_more_orders_than_clicks_are_not_believed() -> None:
    assert SmoothedOrders({7: Outcome(1, 10_000)}).orders_per_click(_declaring(0.5)) == 1.0


def test_clicks_and_orders_are_counted_once_and_by_line_item(tmp_path: Path) -> None:
    click: dict[str, object] = {
        "event": "click",
        "bid": "00",
        "line_item": "line-1",
        "measured": True,
        "trainable": True,
    }
    order: dict[str, object] = {
        "event": "conversion",
        "advertiser": "a",
        "order_hash": "x",
        "line_item": "line-1",
        "credit": "click",
        "trainable": True,
    }
    events: list[dict[str, object]] = [
        click,
        click,
        click | {"bid": "01"},
        click | {"bid": "02", "measured": False},
        click | {"bid": "05", "trainable": False},
        click | {"bid": "03", "line_item": number("line_item", "line-1")},
        click | {"bid": "04", "line_item": "line-2"},
        order,
        order,
        order | {"order_hash": "y", "credit": "view"},
        order | {"order_hash": "v", "trainable": False},
        order | {"order_hash": "z", "credit": "none", "line_item": ""},
    ]
    log = tmp_path / "0.jsonl"
    log.write_text("".join(json.dumps(event) + "\n" for event in events) + "no event\n")
    tally = Tally()
    assert outcomes(log, tally) == {
        number("line_item", "line-1"): Outcome(3, 1),
        number("line_item", "line-2"): Outcome(1, 0),
    }
    assert tally.damaged == 1
