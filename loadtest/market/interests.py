"""What people care for: a chain of levels per person and topic, the same at a moment whoever looks.

Per step an interest is forgotten with the chance `forget`, whatever it was. So nobody's present depends on what was before
the last time that it was forgotten, and the level at any moment is found without living through all of the past.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from loadtest.market.chance import Floats, Whole, uniform
from loadtest.market.laws import LEVELS, laws

Levels = NDArray[np.int8]

TOPICS = tuple(laws().interests.topics)
NONE, CURIOUS, KEEN, SATED = range(LEVELS)
OTHER = len(TOPICS)
"""The topic of advertisements that speak of nothing in particular."""
_FAR = 60
"""Steps that are lived through rather than found anew."""
_PEOPLE = 4_096
"""Found at a time, for memory."""


def step_of(at_s: float) -> int:
    """Return the number of the step that holds a moment, seconds since the epoch."""
    return int(at_s // laws().interests.step_s)


@lru_cache(maxsize=1)
def kin() -> NDArray[np.int64]:
    """Return for each topic, and for `OTHER`, its kin."""
    topics = laws().interests.topics
    return np.array([*(TOPICS.index(topic.kin) for topic in topics.values()), OTHER])


@lru_cache(maxsize=1)
def moves() -> Floats:
    """Return per topic the chances to go from a level (rows) to another where nothing is forgotten."""
    law = laws().interests
    tables = np.zeros((len(TOPICS), LEVELS, LEVELS))
    for table, topic in zip(tables, law.topics.values(), strict=True):
        table[NONE, CURIOUS] = topic.arrives
        table[CURIOUS, NONE], table[CURIOUS, KEEN] = law.cool, law.grow
        table[KEEN, CURIOUS], table[KEEN, SATED] = law.wane, law.tire
        table[SATED, NONE] = law.rest
        table[np.arange(LEVELS), np.arange(LEVELS)] = 1 - table.sum(axis=1)
    return tables


@lru_cache(maxsize=1)
def chain() -> Floats:
    """Return per topic the whole step, forgetting included."""
    forget = laws().interests.forget
    whole = (1 - forget) * moves()
    whole[:, :, NONE] += forget
    return whole


@lru_cache(maxsize=1)
def usual() -> Floats:
    """Return per topic the share of people at each level, which no step changes."""
    shares = np.linalg.matrix_power(chain(), 1 << 20)[:, 0, :]
    usually: Floats = shares / shares.sum(axis=1, keepdims=True)
    return usually


class Interests:
    """The levels of `size` people, by person and topic."""

    def __init__(self, seed: int, size: int) -> None:
        self._name = f"{seed}/interests"
        self._size = size
        self._topics = np.arange(len(TOPICS))
        rising = np.cumsum(chain(), axis=2)[:, :, :-1]
        self._bounds = [np.ascontiguousarray(rising[:, :, level]).ravel() for level in range(3)]
        self._step: int | None = None
        self._levels = np.zeros((size, len(TOPICS)), np.int8)

    def at(self, step: int) -> Levels:
        """Return the levels in a step. The array is used again: copy what is to be kept."""
        if self._step is None or not 0 <= step - self._step <= _FAR:
            for begin in range(0, self._size, _PEOPLE):
                people = np.arange(begin, min(begin + _PEOPLE, self._size))
                self._levels[people] = self._found(people, step)
            self._step = step
        while self._step < step:
            self._step += 1
            dice = uniform(self._name, np.arange(self._size)[:, None], self._topics, self._step)
            self._levels = self._next(self._levels, self._topics, dice)
        return self._levels

    def _next(self, levels: Levels, topics: Whole, dice: Floats) -> Levels:
        """Return the levels after a step; the lowest dice forget, since `NONE` is the first level."""
        place = topics * LEVELS + levels
        after: Levels = np.zeros(dice.shape, np.int8)
        for bound in self._bounds:
            after += dice >= bound[place]
        return after

    def _found(self, people: Whole, step: int) -> Levels:
        """Go back to where each was forgotten last, and live from there."""
        each = np.repeat(people, len(TOPICS))
        topics = np.tile(self._topics, len(people))
        open_ = np.arange(len(each))
        lived: list[tuple[Whole, Floats]] = []
        while len(open_):
            dice = uniform(self._name, each[open_], topics[open_], step - len(lived))
            kept = dice >= laws().interests.forget
            open_, dice = open_[kept], dice[kept]
            lived.append((open_, dice))
        levels = np.zeros(len(each), np.int8)
        for living, dice in reversed(lived):
            levels[living] = self._next(levels[living], topics[living], dice)
        return levels.reshape(-1, len(TOPICS))
