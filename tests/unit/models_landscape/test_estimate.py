"""Distributions from told and censored observations."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.landscape.estimate import Floats, Observed, estimate

DIED = (6, 6, 6, 7, 10, 13, 16, 22, 23)
LEFT = (6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35)
"""Weeks of remission of 21 patients, twelve of whom left before it ended (Freireich et al. 1963), the textbooks' example."""
SURVIVAL = {6: 0.857, 7: 0.807, 10: 0.753, 13: 0.690, 16: 0.627, 22: 0.538, 23: 0.448}
"""As Kaplan and Meier's estimate is printed there."""


def observed(rows: list[tuple[int, int]], node: int = 0) -> Observed:
    first, last = np.array(rows, np.int64).T
    return Observed(np.full(len(rows), node), first, last, np.ones(len(rows)))


def likelihood(observed: Observed, found: Floats) -> float:
    cumulated = np.concatenate([np.zeros((len(found), 1)), np.cumsum(found, axis=1)], axis=1)
    mass = cumulated[observed.node, observed.last + 1] - cumulated[observed.node, observed.first]
    return float(np.average(np.log(np.maximum(mass, 1e-12)), weights=observed.weight))


def evenly(places: int) -> np.ndarray:
    return np.full((1, places), 1 / places)


def test_with_losses_alone_censored_it_is_kaplan_and_meier() -> None:
    weeks = 40
    rows = [(week, week) for week in DIED] + [(week + 1, weeks - 1) for week in LEFT]
    found = estimate(observed(rows), evenly(weeks), 0.0)[0]
    for week, survival in SURVIVAL.items():
        assert 1 - found[: week + 1].sum() == pytest.approx(survival, abs=6e-4)


def test_all_told_is_what_was_counted() -> None:
    found = estimate(observed([(0, 0), (2, 2), (2, 2), (3, 3)]), evenly(4), 0.0)[0]
    assert found.tolist() == [0.25, 0, 0.5, 0.25]


def test_the_broader_keys_distribution_counts_as_so_many_observations() -> None:
    prior = np.array([[0.5, 0.5, 0.0], [0.2, 0.3, 0.5]])
    found = estimate(observed([(2, 2)] * 10), prior, 10.0)
    assert found[0].tolist() == pytest.approx([0.25, 0.25, 0.5])
    assert found[1].tolist() == pytest.approx([0.2, 0.3, 0.5]), "nothing was seen of the second"


def test_what_is_only_known_to_lie_somewhere_lies_there_as_the_others_do() -> None:
    rows = [(0, 0), (1, 1), (1, 1), (1, 1), (3, 3), (0, 1)]
    found = estimate(observed(rows), evenly(4), 0.0)[0]
    assert found[:2].sum() == pytest.approx(5 / 6)
    assert found[1] / found[0] == pytest.approx(3, abs=1e-3)


@given(
    st.lists(
        st.tuples(st.integers(0, 4), st.integers(0, 4)).map(lambda ends: (min(ends), max(ends))),
        min_size=1,
        max_size=12,
    ),
    st.lists(st.floats(0.01, 1.0), min_size=5, max_size=5),
)
def test_no_other_distribution_makes_what_came_likelier(
    rows: list[tuple[int, int]], other: list[float]
) -> None:
    seen = observed(rows)
    found = estimate(seen, evenly(5), 0.0)
    assert found.sum() == pytest.approx(1)
    rival = np.array([other]) / sum(other)
    assert likelihood(seen, found) >= likelihood(seen, rival) - 1e-3
