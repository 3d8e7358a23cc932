"""Intervals by resampling, against those of the central limit theorem."""

import numpy as np
import pytest

from tests.quality.intervals import interval, interval_of_sum


def test_an_interval_holds_the_sum_and_is_as_wide_as_counts_are() -> None:
    differences = np.zeros(10_000)
    differences[:100] = 1.0
    by_value = interval_of_sum(differences, 7, 4_000)
    by_row = interval(lambda rows: differences[rows].sum(), len(differences), 7, 2_000)
    for low, high in (by_value, by_row):
        assert low == pytest.approx(100 - 1.96 * 10, abs=3)
        assert high == pytest.approx(100 + 1.96 * 10, abs=3)


def test_a_figure_of_rows_that_are_alike_owes_nothing_to_chance() -> None:
    ones, twos = np.ones(50), np.full(50, 2.0)
    assert interval(lambda rows: ones[rows].sum() / twos[rows].sum(), 50, 1, 20) == (0.5, 0.5)
