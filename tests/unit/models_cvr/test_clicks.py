"""Clicks and orders as the log tells them, with everything that can be wrong with a log."""

import json
from math import inf
from pathlib import Path

import pytest

from adserver.errors import InvalidConfig
from models.cvr.baseline import Outcome, outcomes
from models.cvr.clicks import MOST_TIMES, find, worths
from models.events import Tally
from tests.unit.models_cvr.made import click, order, written

UNIT = 1_000_000_000


def test_an_order_leads_to_its_click_and_the_first_counts(tmp_path: Path) -> None:
    log = written(
        tmp_path,
        [
            order("late", "00", 90.0),
            click("00", 10.0),
            click("01", 20.0),
            order("first", "00", 50.0),
            order("first", "00", 40.0),
            order("stranger", "99", 60.0),
            order("old log", at=70.0),
        ],
    )
    found = find(log, Tally())
    assert {bid: (each.at, each.ordered_at) for bid, each in found.clicks.items()} == {
        "00": (10.0, 50.0),
        "01": (20.0, inf),
    }
    assert len(found.orders) == 4
    assert found.unjoined == 2
    assert found.ends == 90.0


def test_time_that_goes_back_is_counted_and_takes_no_negative_time(tmp_path: Path) -> None:
    found = find(written(tmp_path, [click("00", 100.0), order("x", "00", 40.0)]), Tally())
    assert found.clicks["00"].ordered_at == 100.0
    assert found.backwards == 1


@pytest.mark.parametrize("value", ["-1", "1.5", "NaN", "1e400", '"much"', str(10**19), "null"])
def test_absurd_sums_are_damage_and_no_orders(tmp_path: Path, value: str) -> None:
    log = written(tmp_path, [click("00")])
    bad = json.dumps(order("x", "00")).replace("}", f', "value": {value}}}')
    log.write_text(log.read_text() + bad + "\n")
    tally = Tally()
    found = find(log, tally)
    assert (tally.damaged, len(found.orders), len(found.clicks)) == (1, 0, 1)


def test_times_that_cannot_be_are_damage(tmp_path: Path) -> None:
    tally = Tally()
    find(written(tmp_path, [click("00", -5.0), click("01", 1e300), click("02", 7.0)]), tally)
    assert tally.damaged == 2


def test_an_order_worth_more_than_fifty_usual_ones_is_cut(tmp_path: Path) -> None:
    usual = [order(f"u{i}", value=10 * UNIT) for i in range(9)]
    slipped = order("slipped", value=10_000 * UNIT)
    few = order("few", value=10_000 * UNIT, advertiser="b", line_item="line-2")
    found = find(written(tmp_path, [*usual, slipped, few, order("untold")]), Tally())
    taken = {each.advertiser + str(sum_) for each, sum_ in worths(found)}
    assert taken == {f"a{10 * UNIT}", f"a{MOST_TIMES * 10 * UNIT}", f"b{10_000 * UNIT}"}
    assert found.cut == 1


def test_no_log_is_an_error_and_an_empty_one_counts_nothing(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfig, match="no event segments"):
        outcomes(tmp_path, Tally())
    assert outcomes(written(tmp_path, []), Tally()) == {}


def test_young_clicks_count_as_far_as_orders_have_come(tmp_path: Path) -> None:
    """A hundred orders, all of them a day after their click: a click of the last hour says nothing yet."""
    day = 86_400.0
    events = []
    for each in range(100):
        events += [
            click(f"o{each}", each * 600.0),
            order(f"o{each}", f"o{each}", each * 600.0 + day),
        ]
    events += [click(f"n{each}", 99 * 600.0 + day - 60.0, "line-2") for each in range(50)]
    found = outcomes(written(tmp_path, events), Tally())
    (old,) = [each for each in found.values() if each.orders]
    (new,) = [each for each in found.values() if not each.orders]
    assert old.exposure == pytest.approx(100, abs=1.5)
    assert new.clicks == 50
    assert new.exposure < 1
    assert Outcome(50, 0).exposure == 50, "as older versions counted"
