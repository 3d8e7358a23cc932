"""Purchases: true chances with and without an impression, and how late orders come.

A purchase of a topic is considered, then decided. Both go by what the person cares for at the time, and take the steps of
interests; an impression may let somebody consider it, a visit to the shop more so, and some buy during the visit. What
somebody clicks depends on interest alone, so that contacts tell nothing of it.
"""

from functools import lru_cache
from random import Random
from typing import NamedTuple

import numpy as np

from loadtest.market.chance import Floats, Whole, uniform
from loadtest.market.interests import TOPICS, Levels, chain, usual
from loadtest.market.laws import LEVELS, laws
from loadtest.market.people import Truths

OPEN, CONSIDERED, BOUGHT = range(3)
DAY_S = 86_400


class Chances(NamedTuple):
    """Of buying within a window, by row; `with_ad` less `without` is what the impression brings."""

    visit: Floats
    with_ad: Floats
    without: Floats

    @property
    def incremental(self) -> Floats:
        """Return what the impression adds."""
        return self.with_ad - self.without


@lru_cache(maxsize=1)
def step() -> Floats:
    """Return by topic the chances from (level, state) to (level, state) in one step; who bought stays there."""
    law = laws().orders
    states = np.zeros((LEVELS, 3, 3))
    for level in range(LEVELS):
        considers, buys = law.considers[level], law.buys[level]
        states[level, OPEN] = 1 - considers, considers, 0
        states[level, CONSIDERED] = law.drops, 1 - law.drops - buys, buys
        states[level, BOUGHT, BOUGHT] = 1
    # First the state moves by the level of the moment, then the level does.
    joint: Floats = np.einsum("kij,iab->kiajb", chain(), states)
    return joint.reshape(len(TOPICS), LEVELS * 3, LEVELS * 3)


@lru_cache(maxsize=8)
def within(steps: int) -> Floats:
    """Return by topic, level and state how likely somebody has bought so many steps later."""
    after = np.linalg.matrix_power(step(), steps)
    chances: Floats = after.reshape(len(TOPICS), LEVELS, 3, LEVELS, 3)[..., BOUGHT].sum(axis=3)
    return chances


@lru_cache(maxsize=1)
def considering() -> Floats:
    """Return by topic and level which part of people consider a purchase if no advertisement is ever shown."""
    again = step().copy()
    bought, new = np.arange(LEVELS) * 3 + BOUGHT, np.arange(LEVELS) * 3 + OPEN
    again[:, :, new] += again[:, :, bought]  # who has bought begins anew
    again[:, :, bought] = 0
    shares = np.linalg.matrix_power(again, 1 << 20)[:, 0, :].reshape(len(TOPICS), LEVELS, 3)
    return shares[:, :, CONSIDERED] / usual()


def chances(topics: Whole, levels: Levels, considered: Truths, p_click: Floats) -> Chances:
    """Return the chances of a row's impression; `considered`: whether they consider a purchase already."""
    law = laws().orders
    later = within(round(law.click_days * DAY_S / laws().interests.step_s))[topics, levels]
    state = considered.astype(np.int64)
    rows = np.arange(len(topics))
    without = later[rows, state]
    seen, visited, at_once = (
        np.array(each)[levels] for each in (law.seen, law.visited, law.at_once)
    )
    persuaded = later[:, CONSIDERED]
    viewed = np.where(considered, persuaded, seen * persuaded + (1 - seen) * without)
    come = np.where(considered, persuaded, visited * persuaded + (1 - visited) * viewed)
    visit = p_click * law.arrives
    with_ad = visit * (at_once + (1 - at_once) * come) + (1 - visit) * viewed
    return Chances(visit, with_ad, without)


def lives(name: str, at_step: int, levels: Levels, considered: Truths) -> tuple[Truths, Truths]:
    """Return who considers a purchase after a step, and who bought in it, by person and topic."""
    law = laws().orders
    people, topics = np.arange(len(levels))[:, None], np.arange(levels.shape[1])
    dice = uniform(name, people, topics, at_step)
    buys = np.array(law.buys)[levels]
    bought = considered & (dice < buys)
    dropped = considered & (dice >= buys) & (dice < buys + law.drops)
    begun = ~considered & (dice < np.array(law.considers)[levels])
    return (considered & ~bought & ~dropped) | begun, bought


def delay_s(topic: int, level: int, dice: Random) -> float | None:
    """Return how long after a visit an order comes, `None` if none does within the window; by dice alone, for one person."""
    law = laws().orders
    if dice.random() < law.at_once[level]:
        return dice.expovariate(1 / law.at_once_s) + reported_s(dice)
    state = CONSIDERED if dice.random() < law.visited[level] else OPEN
    step_s = laws().interests.step_s
    rows = np.cumsum(step()[topic], axis=1)
    place = level * 3 + state
    for count in range(round(law.click_days * DAY_S / step_s)):
        place = int(np.searchsorted(rows[place], dice.random() * rows[place, -1], side="right"))
        if place % 3 == BOUGHT:
            return (count + dice.random()) * step_s + reported_s(dice)
    return None


def reported_s(dice: Random) -> float:
    """Return how much later than the order a shop reports it."""
    median, deviation = laws().orders.report_s
    return median * dice.lognormvariate(0.0, deviation)


def arrives() -> float:
    """Return which share of clicks become a visit."""
    return laws().orders.arrives


def worth_cents(topic: int, dice: Random) -> int:
    """Return what an order is worth, in hundredths of a currency unit."""
    usually = [law.order for law in laws().interests.topics.values()]
    value = usually[topic] if topic < len(usually) else 35.0
    return round(100 * value * dice.lognormvariate(0.0, laws().orders.spread))
