"""Trees compiled into tables of bit masks, so that no branch is walked at serving time.

Walking 200 trees takes a thousand branches that no processor can predict, anew for each candidate.
Here every interval between the thresholds of a column, and every category, is a row: per tree, a mask
of the leaves that such a value can still reach. ANDing one row per column leaves one bit per tree, its
leaf. A leaf is a box, and this is how routers match packets to boxes (Lakshman and Stiliadis, SIGCOMM
1998). QuickScorer (SIGIR 2015), which ANDs masks of nodes found false, is a relative and patented in
the USA (11106685): read that before you choose this engine. `Counters` is another way.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.ctr.columns import MAX_LEAVES, Sets, log_odds, numbered, splits
from models.ctr.trees import Tree


class Forest:
    """A model's trees as masks; immutable. A row is a mask for each tree."""

    def __init__(self, trees: Sequence[Tree], columns: int) -> None:
        """Raise `ValueError` if a tree has too many leaves, or a column is of two kinds."""
        nodes = splits(trees, columns)
        self.columns = numbered(nodes)
        self.leaves = log_odds(trees, MAX_LEAVES)
        self._every: Sets = np.array([(1 << len(tree.leaf)) - 1 for tree in trees], np.int64)
        tables = [self._every[np.newaxis]]  # row 0 excludes nothing
        for column, split in zip(self.columns, nodes, strict=True):
            if column is not None:
                table = np.tile(self._every, (column.size, 1))
                for node in split:
                    table[:, node.tree] &= np.where(column.goes_left(node), ~node.right, ~node.left)
                tables.append(table)
        self._table: Sets = np.concatenate(tables)

    def room(self, rows: int) -> Sets:
        """Return a table for so many rows."""
        return np.empty((rows, len(self._every)), np.int64)

    def join(self, rows: Sequence[int], out: NDArray[Any]) -> None:
        """Write what several rows of different columns leave, as one row."""
        np.bitwise_and.reduce(self._table[[0, *(row + 1 for row in rows)]], 0, out=out)

    def reached(self, rows: Sequence[NDArray[Any]], out: Sets) -> None:
        """Write the sets of leaves that all of these (joined) rows leave, at least one."""
        both = np.bitwise_and
        np.copyto(out, rows[0])
        for row in rows[1:]:
            both(out, row, out)
