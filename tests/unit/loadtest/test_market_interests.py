"""Interests build up and fade as their chain says, and are the same however one comes to look at them."""

import numpy as np
import pytest

from loadtest.market.interests import CURIOUS, KEEN, NONE, SATED, TOPICS, Interests, chain, usual

STEP = 83_000
SIZE = 3_000


@pytest.fixture(scope="module")
def lived() -> np.ndarray:
    """Levels by step, person and topic."""
    interests = Interests(5, SIZE)
    return np.array([interests.at(STEP + step) for step in range(41)])


def test_the_level_at_a_moment_needs_no_past(lived: np.ndarray) -> None:
    for step in (40, 0, 17):
        assert np.array_equal(Interests(5, SIZE).at(STEP + step), lived[step])
    assert not np.array_equal(Interests(6, SIZE).at(STEP), lived[0])


def test_people_do_not_change_with_their_number_of_fellows(lived: np.ndarray) -> None:
    assert np.array_equal(Interests(5, 50).at(STEP), lived[0][:50])


def test_shares_of_levels_stay_what_they_are(lived: np.ndarray) -> None:
    assert np.allclose(usual()[:, None, :] @ chain(), usual()[:, None, :])
    for step in (0, 40):
        for level in (NONE, CURIOUS, KEEN, SATED):
            share = (lived[step] == level).mean(axis=0)
            assert np.allclose(share, usual()[:, level], atol=5 * np.sqrt(0.25 / SIZE))


def test_interests_build_up_and_fade(lived: np.ndarray) -> None:
    """Who is keen was curious rather than indifferent, and is sated more often later on: as the powers of the chain say."""
    steps = 20
    far = np.linalg.matrix_power(chain(), steps)
    for begun in (NONE, CURIOUS, KEEN):
        rows = lived[0] == begun
        for later in (NONE, KEEN, SATED):
            expected = np.average(far[:, begun, later], weights=rows.sum(axis=0))
            found = (lived[steps][rows] == later).mean()
            assert found == pytest.approx(expected, abs=4 * np.sqrt(0.25 / rows.sum()))
    assert far[0, CURIOUS, KEEN] > 3 * far[0, NONE, KEEN]
    assert far[0, KEEN, SATED] > 3 * far[0, NONE, SATED]


def test_topics_are_independent(lived: np.ndarray) -> None:
    keen = (lived[0] == KEEN).astype(float)
    apart = np.corrcoef(keen.T) - np.eye(len(TOPICS))
    assert abs(apart).max() < 5 / np.sqrt(SIZE)
