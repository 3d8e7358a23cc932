"""Weights that hang together as sums of a few shapes: of hours, waves; of counts, steps.

An hour is like the one before it, and the tenth contact like the ninth. Learned one by one, such weights would be as uncertain as each has
rows; a parameter for each wave, or for each step from one bucket to the next, has the rows of all of them.
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.ctr.dataset import Floats
from models.ctr.pairs import Block, Ids
from models.ctr.weights import COUNTED, HOURS

WAVES = 4
"""The day, the half of it, the third and the quarter."""


class _Shape(NamedTuple):
    ids: Ids
    """By word and place in the form: the weight, 0 for none."""
    forms: Floats
    """By parameter and place."""
    orders: NDArray[np.int64]
    """By parameter: those of one order share a width."""


class Shaped:
    """What is learned beneath the weights: a parameter for each, or for each shape of several; the bias comes last."""

    def __init__(self, blocks: list[Block], groups: NDArray[np.int64]) -> None:
        """Take the weights' blocks and the block of each weight; weight 0 is none."""
        self.weights_count = len(groups)
        self._shapes = [shape for block in blocks if (shape := _shape(block)) is not None]
        alone = np.arange(len(groups)) > 0
        for shape in self._shapes:
            alone[shape.ids] = False
        self._alone = np.flatnonzero(alone)
        self._ends = np.cumsum(
            [len(self._alone), *(len(each.ids) * len(each.forms) for each in self._shapes)]
        )
        parts, free = [groups[self._alone]], int(groups.max()) + 1
        for shape in self._shapes:
            parts.append(np.tile(shape.orders + free, len(shape.ids)))
            free += int(shape.orders.max()) + 1
        self.groups = np.concatenate(parts)
        """By parameter: those of one group share a width."""

    def weights(self, point: Floats) -> Floats:
        """Return all weights, the bias last."""
        found = np.zeros(self.weights_count + 1)
        found[-1] = point[-1]
        found[self._alone] = point[: len(self._alone)]
        for shape, part in zip(self._shapes, self._parts(point), strict=True):
            found[shape.ids] = part.reshape(-1, len(shape.forms)) @ shape.forms
        found[0] = 0.0
        return found

    def slopes(self, by_weight: Floats) -> Floats:
        """Return slopes by parameter, given those by weight."""
        return self._gathered(by_weight, [shape.forms for shape in self._shapes])

    def curvatures(self, by_weight: Floats) -> Floats:
        """Return second slopes by parameter, given those by weight."""
        return self._gathered(by_weight, [shape.forms**2 for shape in self._shapes])

    def _gathered(self, by_weight: Floats, forms: list[Floats]) -> Floats:
        parts = [by_weight[self._alone]]
        for shape, form in zip(self._shapes, forms, strict=True):
            parts.append((np.where(shape.ids > 0, by_weight[shape.ids], 0.0) @ form.T).ravel())
        return np.concatenate(parts)

    def _parts(self, point: Floats) -> list[Floats]:
        ends = self._ends.tolist()
        return [point[start:end] for start, end in pairwise(ends)]


def _shape(block: Block) -> _Shape | None:
    """Return the shapes of a block's weights, `None` where each stands alone."""
    if block.context in {"hour", "local_hour"}:
        ids = block.id_of.reshape(-1, HOURS + 1)[:, 1:]
    elif block.context == "country_hour":
        ids = block.id_of[1:].reshape(-1, HOURS)
    elif block.context in COUNTED:
        ids = block.id_of[None, 2:]  # not what is unknown, nor that nothing is known
        steps = np.tri(ids.shape[1]).T
        orders = np.arange(ids.shape[1]).clip(0, 1)  # the first is where they start
        return _Shape(ids, steps, orders)
    else:
        return None
    turns = 2 * np.pi * np.arange(HOURS) / HOURS
    waves = [each(wave * turns) for wave in range(1, WAVES + 1) for each in (np.cos, np.sin)]
    return _Shape(ids[(ids > 0).any(axis=1)], np.array(waves), np.repeat(np.arange(WAVES), 2))
