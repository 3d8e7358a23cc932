"""Trees compiled into tables of bit masks, so that no branch is walked at serving time.

Walking 200 trees takes a thousand branches that no processor can predict, anew for each candidate.
Here every interval between the thresholds of a column, and every category, is a row: per tree, a mask
of the leaves that such a value can still reach. ANDing one row per column leaves one bit per tree, its
leaf. A leaf is a box, and this is how routers match packets to boxes (Lakshman and Stiliadis, SIGCOMM
1998). QuickScorer (SIGIR 2015), which ANDs masks of nodes found false, is a relative and patented in
the USA (11106685): read that before making this engine the default.
"""

from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.ctr.trees import Tree

MAX_LEAVES = 63
"""Leaves are bits of a signed 64-bit number, which numpy converts to floats fastest."""

_MOST_CODES = 1 << 31

Masks = NDArray[np.int64]


class Forest:
    """A model's trees; immutable."""

    def __init__(self, trees: Sequence[Tree], columns: int) -> None:
        """Raise `ValueError` if a tree has too many leaves, or a column is of two kinds."""
        if any(len(tree.leaf) > MAX_LEAVES for tree in trees):
            raise ValueError(f"a tree has more than {MAX_LEAVES} leaves")
        nodes: list[list[_Node]] = [[] for _ in range(columns)]
        for position, tree in enumerate(trees):
            for column, node in _nodes(position, tree):
                nodes[column].append(node)
        every = np.array([(1 << len(tree.leaf)) - 1 for tree in trees], np.int64)
        tables = [every[np.newaxis]]  # row 0 excludes nothing, so that there is always one to AND
        self._columns: list[_Column | None] = []
        rows = 1
        for split in nodes:
            compiled = _Column(rows, split) if split else None
            self._columns.append(compiled)
            if compiled is not None:
                tables.append(compiled.table(split, every))
                rows += len(tables[-1])
        self.table: Masks = np.concatenate(tables)
        self.leaves = np.zeros((len(trees), MAX_LEAVES))
        """Log odds by tree and leaf."""
        for position, tree in enumerate(trees):
            self.leaves[position, : len(tree.leaf)] = tree.leaf

    def rows(self, values: Sequence[float], first: int) -> list[int]:
        """Return the rows of `table` to AND for the values of the columns from `first` on."""
        found = [0]
        for column, value in zip(self._columns[first : first + len(values)], values, strict=True):
            if column is not None:
                found.append(column.row(value))
        return found


class _Node(NamedTuple):
    tree: int
    threshold: float
    missing_left: bool
    codes: frozenset[int] | None
    """If it splits categories: those that go left."""
    if_left: int
    """The leaves that a value going left may reach."""
    if_right: int


def _nodes(position: int, tree: Tree) -> list[tuple[int, _Node]]:
    under = [0] * len(tree.column)  # the leaves below each node; children come after parents

    def leaves(child: int) -> int:
        return under[child] if child >= 0 else 1 << (-1 - child)

    nodes = []
    for node in reversed(range(len(tree.column))):
        left, right = leaves(tree.left[node]), leaves(tree.right[node])
        under[node] = left | right
        missing_left = tree.default_left[node] if tree.missing[node] else tree.threshold[node] >= 0
        split = _Node(
            position,
            tree.threshold[node],
            missing_left,
            tree.left_codes[node],
            ~right,
            ~left,
        )
        nodes.append((tree.column[node], split))
    return nodes


class _Column:
    """Which row a value of one column has."""

    def __init__(self, start: int, nodes: Sequence[_Node]) -> None:
        sets = [node.codes for node in nodes if node.codes is not None]
        if 0 < len(sets) < len(nodes):
            raise ValueError("a column is split both by thresholds and by categories")
        self._start = start
        self._thresholds = sorted({node.threshold for node in nodes})
        self._codes = {
            float(code): start + row for row, code in enumerate(sorted(set().union(*sets)))
        }
        self._last = start + (len(self._codes) if sets else len(self._thresholds) + 1)
        """The row of whatever is missing or in no set."""
        self._categorical = bool(sets)

    def row(self, value: float) -> int:
        if self._categorical:
            found = self._codes.get(value)
            if found is None and -1 < value < _MOST_CODES:  # LightGBM cuts fractions off
                found = self._codes.get(float(int(value)))
            return self._last if found is None else found
        if value != value:  # noqa: PLR0124 - NaN, told at a tenth of the cost of math.isnan
            return self._last
        return self._start + bisect_left(self._thresholds, value)

    def table(self, nodes: Sequence[_Node], every: Masks) -> Masks:
        size = self._last - self._start + 1
        table = np.tile(every, (size, 1))
        for node in nodes:
            left = np.zeros(size, np.bool_)
            if node.codes is None:
                left[: bisect_left(self._thresholds, node.threshold) + 1] = True
                left[-1] = node.missing_left
            else:
                left[[self._codes[float(code)] - self._start for code in node.codes]] = True
            table[:, node.tree] &= np.where(left, node.if_left, node.if_right)
        return table
