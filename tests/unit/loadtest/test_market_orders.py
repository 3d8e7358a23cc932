"""Purchases: closed forms against lives lived through, increments, delays."""

from random import Random

import numpy as np
import pytest

from loadtest.market import orders
from loadtest.market.interests import CURIOUS, KEEN, NONE, SATED, TOPICS, Interests, usual
from loadtest.market.laws import LEVELS, laws
from loadtest.market.orders import CONSIDERED, OPEN

STEP, STEPS = 83_000, 20
SIZE = 20_000
CAMERA = TOPICS.index("camera")


@pytest.fixture(scope="module")
def lived() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Levels and purchases considered at the beginning, who bought within the steps, who considers one at the end; by person and topic."""
    interests = Interests(5, SIZE)
    levels = interests.at(STEP).copy()
    dice = np.random.default_rng(1).random(levels.shape)
    considered = begun = dice < orders.considering()[np.arange(len(TOPICS)), levels]
    bought = np.zeros_like(begun)
    for step in range(STEP, STEP + STEPS):
        considered, buys = orders.lives("test", step, interests.at(step), considered)
        bought |= buys
    return levels, begun, bought, considered


def test_who_buys_is_as_likely_as_the_chain_says(
    lived: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
) -> None:
    levels, begun, bought, _ = lived
    closed = orders.within(STEPS)
    for level in (NONE, CURIOUS, KEEN, SATED):
        for state in (OPEN, CONSIDERED):
            rows = (levels == level) & (begun == (state == CONSIDERED))
            expected = np.average(closed[:, level, state], weights=rows.sum(axis=0))
            luck = np.sqrt(expected * (1 - expected) / rows.sum())
            assert bought[rows].mean() == pytest.approx(expected, abs=4 * luck)


def test_without_advertisements_as_many_consider_a_purchase_as_ever(
    lived: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
) -> None:
    _, begun, _, considered = lived
    expected = float((orders.considering() * usual()).sum(axis=1).mean())
    luck = np.sqrt(expected / begun.size)
    assert begun.mean() == pytest.approx(expected, abs=4 * luck)
    assert considered.mean() == pytest.approx(expected, abs=8 * luck)  # they last for steps


def test_an_impression_never_costs_a_purchase_and_those_in_two_minds_gain_most() -> None:
    topics = np.zeros(LEVELS * 2, np.int64)
    levels = np.tile(np.arange(LEVELS, dtype=np.int8), 2)
    considered = np.repeat([False, True], LEVELS)
    found = orders.chances(topics, levels, considered, np.full(LEVELS * 2, 0.02))
    assert (found.incremental > 0).all()
    assert (found.visit == 0.02 * laws().orders.arrives).all()
    assert (found.with_ad <= 1).all()
    assert found.incremental[KEEN] == found.incremental.max()
    assert (found.without[LEVELS:] > found.without[:LEVELS]).all()
    assert found.incremental[KEEN] < 0.1 * found.without[KEEN]  # most of them buy anyway


def test_what_an_impression_adds_is_what_it_adds_when_lived_through() -> None:
    """With and without, the same people by the same rules, each often enough."""
    law, dice, size = laws().orders, np.random.default_rng(2), 400_000
    p_click = 0.3  # more than anybody clicks, so that less luck is in it
    levels = np.full(1, KEEN, np.int8)
    found = orders.chances(np.array([CAMERA]), levels, np.zeros(1, np.bool_), np.full(1, p_click))
    window = round(law.click_days * 86_400 / laws().interests.step_s)
    later = orders.within(window)[CAMERA, KEEN]
    visits = dice.random(size) < p_click * law.arrives
    at_once = visits & (dice.random(size) < law.at_once[KEEN])
    considers = (dice.random(size) < law.seen[KEEN]) | (
        visits & (dice.random(size) < law.visited[KEEN])
    )
    buys = at_once | (dice.random(size) < np.where(considers, later[CONSIDERED], later[OPEN]))
    luck = np.sqrt(0.25 / size)
    assert buys.mean() == pytest.approx(float(found.with_ad[0]), abs=4 * luck)
    assert later[OPEN] == pytest.approx(float(found.without[0]))


def test_orders_come_late_by_their_law() -> None:
    law, dice, size = laws().orders, Random(3), 4_000
    delays = [orders.delay_s(CAMERA, KEEN, dice) for _ in range(size)]
    came = np.array([delay for delay in delays if delay is not None])
    window = round(law.click_days * 86_400 / laws().interests.step_s)
    later, at_once, visited = (
        orders.within(window)[CAMERA, KEEN],
        law.at_once[KEEN],
        law.visited[KEEN],
    )
    bought = visited * later[CONSIDERED] + (1 - visited) * later[OPEN]
    expected = at_once + (1 - at_once) * bought
    assert len(came) / size == pytest.approx(expected, abs=4 * np.sqrt(0.25 / size))
    soon = (came < laws().interests.step_s / 4).mean() * len(came) / size
    first = visited * law.buys[KEEN] * (1 - at_once)
    assert soon == pytest.approx(at_once + first / 4, abs=0.02)
    assert np.median(came) > 12 * 3_600  # days, not minutes
    assert came.max() < (law.click_days + 1) * 86_400


def test_what_orders_are_worth_goes_by_topic() -> None:
    dice = Random(1)
    cameras = np.median([orders.worth_cents(CAMERA, dice) for _ in range(2_000)])
    others = np.median([orders.worth_cents(len(TOPICS), dice) for _ in range(2_000)])
    assert cameras == pytest.approx(48_000, rel=0.05)
    assert others == pytest.approx(3_500, rel=0.05)
