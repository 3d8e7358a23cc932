"""Distributions per key, each leaning on the broader key's: exchange, floor, format, publication, hour ..."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.landscape.estimate import Floats, Observed, Places, estimate

STRENGTH = 20.0
"""How many observations the broader key's distribution is worth: see `tests/quality/shading.py`."""
LEAST = 4
"""A key with fewer observations than this is taken for the broader one."""
MOST_NODES = 20_000
"""Those with the fewest observations are taken for the broader ones."""
AT_ONCE = 2_048
"""Nodes estimated together: bounds memory."""

Words = Sequence[Places]
"""One column of codes per level, broad to narrow; one row per observation."""


class Node(NamedTuple):
    """One key with enough evidence."""

    parent: int
    """The broader key's place in the list; -1 for the root."""
    word: int
    """The code by which it is narrower."""
    level: int
    """How many words it has."""
    bids: int
    distribution: Floats
    """Over the places of the grid."""


def grow(
    words: Words, observed: Observed, places: int, strength: float = STRENGTH, least: int = LEAST
) -> list[Node]:
    """Return all nodes with enough evidence, broad ones first; the first is the root.

    A key that is the only one below the broader one has the same observations, which must not count twice: it has its
    distribution too. `observed.node` is not looked at.
    """
    rows = len(observed.first)
    at = np.zeros(rows, np.int64)
    evenly = np.full((1, places), 1 / places)
    root = estimate(observed._replace(node=at), evenly, 1.0)[0]
    nodes = [Node(-1, 0, 0, rows, root)]
    growing = np.arange(rows)
    """Rows that still are in the narrowest node so far."""
    for level, column in enumerate(words, start=1):
        width = int(column.max(initial=0)) + 1
        keys, inverse, counts = np.unique(
            at[growing] * width + column[growing], return_inverse=True, return_counts=True
        )
        chosen = np.flatnonzero(counts >= least)
        room = MOST_NODES - len(nodes)
        if len(chosen) > room:
            chosen = np.sort(chosen[np.argsort(-counts[chosen], kind="stable")[:room]])
        parents, codes = np.divmod(keys[chosen], width)
        index = np.full(len(keys), -1)
        index[chosen] = np.arange(len(chosen))
        row_of = index[inverse]
        found = _estimates(
            [nodes[parent] for parent in parents],
            counts[chosen],
            observed.take(growing),
            row_of,
            strength,
        )
        first = len(nodes)
        nodes += [
            Node(int(parent), int(code), level, int(count), distribution)
            for parent, code, count, distribution in zip(
                parents, codes, counts[chosen], found, strict=True
            )
        ]
        growing = growing[row_of >= 0]
        at[growing] = first + row_of[row_of >= 0]
    return nodes


def _estimates(
    parents: Sequence[Node],
    counts: NDArray[np.int64],
    observed: Observed,
    row_of: Places,
    strength: float,
) -> list[Floats]:
    """Return the distributions of nodes of one level; `row_of` says in which each observation is, -1 for none."""
    found: list[Floats] = []
    order = np.argsort(row_of, kind="stable")
    for begin in range(0, len(parents), AT_ONCE):
        end = min(begin + AT_ONCE, len(parents))
        low, high = np.searchsorted(row_of[order], [begin, end])
        some = observed.take(order[low:high])._replace(node=row_of[order[low:high]] - begin)
        priors = np.stack([parent.distribution for parent in parents[begin:end]])
        estimates = estimate(some, priors, strength)
        found += [
            parent.distribution if parent.bids == count and parent.level else each
            for parent, count, each in zip(
                parents[begin:end], counts[begin:end], estimates, strict=True
            )
        ]
    return found
