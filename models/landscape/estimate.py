"""Distributions of what it takes to win, from observations of which many are only "more than this" or "at most that".

An observation is an interval of places on one grid of prices: one place where the minimum to win was told, all places
up to our price where we won and nobody told, all above it where we lost. The likeliest distribution is the fixed point
of self-consistency: each observation is spread over its interval as the distribution itself is (Efron 1967; Turnbull,
"The empirical distribution function with arbitrarily grouped, censored and truncated data", JRSS B 1976). With losses
alone censored that is the estimate of Kaplan and Meier.

A prior makes it a smoothed one: `strength` observations that lie as the broader key's distribution does (a Dirichlet
prior; the estimate is the posterior's mean given the spread observations).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Places = NDArray[np.int64]

ROUNDS = 300
CLOSE = 1e-7
"""The estimate is found once no chance changes by more."""


class Observed(NamedTuple):
    """Observations, one per row, each of one node."""

    node: Places
    first: Places
    """The lowest place of the grid where it may lie; places count from 0."""
    last: Places
    """The highest, included."""
    weight: Floats

    def take(self, rows: NDArray[np.bool_] | Places) -> "Observed":
        """Return some of them."""
        return Observed(self.node[rows], self.first[rows], self.last[rows], self.weight[rows])


def merge(observed: Observed, places: int) -> Observed:
    """Return the same with equal rows added up."""
    code = (observed.node * places + observed.first) * places + observed.last
    unique, inverse = np.unique(code, return_inverse=True)
    rest, last = np.divmod(unique, places)
    node, first = np.divmod(rest, places)
    weight: Floats = np.bincount(inverse, observed.weight, len(unique)).astype(np.float64)
    return Observed(node, first, last, weight)


def estimate(observed: Observed, prior: Floats, strength: float) -> Floats:
    """Return one distribution per node: (nodes, places), each row sums to 1.

    `prior` is the broader key's, one row per node; a node without observations gets it back. With `strength` 0 every
    node must have some.
    """
    nodes, places = prior.shape
    rows = merge(observed, places)
    exact = rows.first == rows.last
    told = np.bincount(
        rows.node[exact] * places + rows.first[exact], rows.weight[exact], nodes * places
    ).reshape(nodes, places)
    vague = rows.take(~exact)
    total = np.bincount(rows.node, rows.weight, nodes)[:, None] + strength
    known: Floats = strength * prior + told
    if not len(vague.node):
        only_told: Floats = known / total
        return only_told
    begins = vague.node * (places + 1) + vague.first
    ends = vague.node * (places + 1) + vague.last + 1
    found = prior if strength else np.full_like(prior, 1 / places)
    cumulated = np.zeros((nodes, places + 1))
    for _ in range(ROUNDS):
        np.cumsum(found, axis=1, out=cumulated[:, 1:])
        mass = cumulated.ravel()[ends] - cumulated.ravel()[begins]
        per_mass = vague.weight / np.maximum(mass, 1e-12)
        edges = np.bincount(begins, per_mass, cumulated.size) - np.bincount(
            ends, per_mass, cumulated.size
        )
        spread = found * np.cumsum(edges.reshape(cumulated.shape), axis=1)[:, :places]
        before, found = found, (known + np.maximum(spread, 0.0)) / total
        if np.abs(found - before).max() < CLOSE:
            break
    whole: Floats = found / found.sum(axis=1, keepdims=True)
    return whole
