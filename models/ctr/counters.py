"""Trees compiled into counters, so that no branch is walked at serving time.

A leaf is reached where every condition on its path holds: a conjunction. Subscriptions of many conditions are matched
with a message by counting those that hold (Yan and Garcia-Molina, ACM TODS 19(2), 1994), and so are leaves here, or rather
the conditions that do not hold: for each interval between the thresholds of a column, and for each category, a row says how many
conditions on each leaf's path such a value breaks. A context's rows are added up once; the leaves without a broken one are
those that it leaves open, for all candidates. What a candidate leaves open is counted once and remembered. One leaf per tree is in
both. No node has a mask, and nothing is tested node by node.

Rows are long (half a byte a leaf), so only those in use exist; they are put together from patterns: what a tree makes of a column is one
of a few.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.ctr.columns import Column, Sets, Split, log_odds, numbered, splits
from models.ctr.trees import Tree

WIDTH = 64
"""Leaves a tree: as many as a set of them has bits."""
AT_ONCE = 15
"""So many joined rows are added up before half a byte might be full."""
_LOWER, _UPPER = 15, 4
_SET = np.dtype("<i8")
_POWERS = 1 << np.arange(WIDTH - 1, dtype=np.int64)

Counts = NDArray[np.uint8]


class Counters:
    """A model's trees as counters. A row is a count for each leaf of each tree."""

    def __init__(self, trees: Sequence[Tree], columns: int) -> None:
        """Raise `ValueError` if a tree has too many leaves, or a column is of two kinds."""
        nodes = splits(trees, columns)
        self.columns = numbered(nodes)
        self.leaves = log_odds(trees, WIDTH)
        missing = np.ones(
            (len(trees), WIDTH), np.uint8
        )  # a leaf that is not there is never reached
        for position, tree in enumerate(trees):
            missing[position, : len(tree.leaf)] = 0
        self._missing: Counts = missing.ravel()
        # Half a byte a leaf: the first half of the trees in the lower halves of a row's bytes, the others in the upper ones.
        self._half = (len(trees) + 1) // 2 * WIDTH
        self._counted = np.empty(self._half, np.uint8)
        self._broken = np.zeros(2 * self._half, np.uint8)
        self._lower, self._upper = self._broken[: self._half], self._broken[self._half :]
        patterns: list[Counts] = [
            np.zeros((1, WIDTH), np.uint8)
        ]  # that of a tree that does not ask
        rows = [
            _patterns(column, split, len(trees), patterns)
            for column, split in zip(self.columns, nodes, strict=True)
            if column is not None
        ]
        self._patterns = np.concatenate(patterns)
        self._rows = np.concatenate([*rows, np.zeros((1, len(trees)), np.int32)])

    def room(self, rows: int) -> Counts:
        """Return a table for so many rows."""
        return np.empty((rows, len(self._counted)), np.uint8)

    def join(self, rows: Sequence[int], out: NDArray[Any]) -> None:
        """Write what rows of different columns count together, as one row."""
        counted = self._missing
        if rows:
            broken = self._patterns.take(self._rows.take(rows, 0), 0)
            counted = counted + np.add.reduce(broken.reshape(len(rows), -1), 0, np.uint8)
        counted = np.minimum(counted, 1)  # so that no sum of sums is more than half a byte
        out[:] = counted[: self._half]
        out[: len(counted) - self._half] |= counted[self._half :] << _UPPER

    def reached(self, rows: Sequence[NDArray[Any]], out: Sets) -> None:
        """Write the sets of leaves that none of these (joined) rows counts."""
        counted, add = self._counted, np.add
        np.copyto(counted, rows[0])
        for row in rows[1:AT_ONCE]:
            add(counted, row, counted)
        np.bitwise_and(counted, _LOWER, self._lower)
        np.right_shift(counted, _UPPER, self._upper)
        sets = np.packbits(self._broken, bitorder="little").view(_SET)
        np.invert(sets[: len(out)], out)
        if len(rows) > AT_ONCE:
            rest = np.empty_like(out)
            self.reached(rows[AT_ONCE:], rest)
            np.bitwise_and(out, rest, out)


def _patterns(
    column: Column, nodes: Sequence[Split], trees: int, patterns: list[Counts]
) -> NDArray[np.int32]:
    """Return by row and tree which pattern counts, and add those that are new."""
    by_tree: dict[int, list[Split]] = {}
    for node in nodes:
        by_tree.setdefault(node.tree, []).append(node)
    known = sum(map(len, patterns))
    rows = np.zeros((column.size, trees), np.int32)
    for tree, asked in by_tree.items():
        left = np.array([column.goes_left(node) for node in asked], np.int64)
        _, first, which = np.unique(
            _POWERS[: len(asked)] @ left, return_index=True, return_inverse=True
        )
        rows[:, tree] = which + known
        goes = left[:, first].T
        broken = goes @ _members([node.right for node in asked])
        broken += (1 - goes) @ _members([node.left for node in asked])
        patterns.append(broken.astype(np.uint8))
        known += len(first)
    return rows


def _members(sets: Sequence[int]) -> NDArray[np.int64]:
    """Return a row of zeros and ones for each set of leaves."""
    packed = np.array(sets, "<i8")[:, np.newaxis].view(np.uint8)
    return np.unpackbits(packed, axis=1, bitorder="little").astype(np.int64)
