"""What trees ask of a column: its thresholds or categories, and so the few intervals that its values fall into."""

from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.ctr.trees import Tree

MAX_LEAVES = 63
"""Sets of leaves are signed 64-bit numbers, which numpy converts to floats fastest."""
_MOST_CODES = 1 << 31

Sets = NDArray[np.int64]
"""Sets of leaves, one number for each tree: bit i is leaf i."""


class Split(NamedTuple):
    """A node of a tree."""

    tree: int
    threshold: float
    missing_left: bool
    codes: frozenset[int] | None
    """If it splits categories: those that go left."""
    left: int
    """The leaves below on the left, as a set of bits."""
    right: int


def splits(trees: Sequence[Tree], columns: int) -> list[list[Split]]:
    """Return the nodes of all trees, by column. Raises `ValueError` if a tree has too many leaves."""
    if any(len(tree.leaf) > MAX_LEAVES for tree in trees):
        raise ValueError(f"a tree has more than {MAX_LEAVES} leaves")
    found: list[list[Split]] = [[] for _ in range(columns)]
    for position, tree in enumerate(trees):
        under = [0] * len(tree.column)  # the leaves below each node; children come after parents
        for node in reversed(range(len(tree.column))):
            left, right = (
                under[child] if child >= 0 else 1 << (-1 - child)
                for child in (tree.left[node], tree.right[node])
            )
            under[node] = left | right
            missing_left = (
                tree.default_left[node] if tree.missing[node] else tree.threshold[node] >= 0
            )
            found[tree.column[node]].append(
                Split(
                    position,
                    tree.threshold[node],
                    missing_left,
                    tree.left_codes[node],
                    left,
                    right,
                )
            )
    return found


def log_odds(trees: Sequence[Tree], width: int) -> NDArray[np.float64]:
    """Return what each leaf adds, by tree and leaf."""
    values = np.zeros((len(trees), width))
    for position, tree in enumerate(trees):
        values[position, : len(tree.leaf)] = tree.leaf
    return values


class Column:
    """Numbers the intervals between thresholds, or the categories, from `start` on."""

    def __init__(self, start: int, nodes: Sequence[Split]) -> None:
        """Raise `ValueError` if the nodes, at least one, are of two kinds."""
        sets = [node.codes for node in nodes if node.codes is not None]
        if 0 < len(sets) < len(nodes):
            raise ValueError("a column is split both by thresholds and by categories")
        self.start = start
        self._thresholds = sorted({node.threshold for node in nodes})
        self._codes = {
            float(code): start + row for row, code in enumerate(sorted(set().union(*sets)))
        }
        self._last = start + (len(self._codes) if sets else len(self._thresholds) + 1)
        """The row of whatever is missing or in no set."""
        self._categorical = bool(sets)

    @property
    def size(self) -> int:
        """How many rows there are."""
        return self._last - self.start + 1

    def row(self, value: float) -> int:
        """Return the number of a value's interval or category."""
        if self._categorical:
            found = self._codes.get(value)
            if found is None and -1 < value < _MOST_CODES:  # LightGBM cuts fractions off
                found = self._codes.get(float(int(value)))
            return self._last if found is None else found
        if value != value:  # noqa: PLR0124 - NaN, told at a tenth of the cost of math.isnan
            return self._last
        return self.start + bisect_left(self._thresholds, value)

    def goes_left(self, node: Split) -> NDArray[np.bool_]:
        """Return, by row from the first on, whether a node sends it left."""
        left = np.zeros(self.size, np.bool_)
        if node.codes is None:
            left[: bisect_left(self._thresholds, node.threshold) + 1] = True
            left[-1] = node.missing_left
        else:
            left[[self._codes[float(code)] - self.start for code in node.codes]] = True
        return left


def numbered(nodes: Sequence[Sequence[Split]]) -> list[Column | None]:
    """Return the columns with their rows numbered one after the other from 0; nothing for a column that no tree asks."""
    found: list[Column | None] = []
    start = 0
    for each in nodes:
        column = Column(start, each) if each else None
        found.append(column)
        start += 0 if column is None else column.size
    return found
