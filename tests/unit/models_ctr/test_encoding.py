"""Rates and codes come from the past alone."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.ctr.dataset import Dataset, read
from models.ctr.encoding import SMOOTHING, encode
from models.ctr.features import COLUMNS, UNKNOWN, WORDS

CREATIVE, PUBLICATION = WORDS.index("creative"), WORDS.index("publication")


@pytest.fixture(scope="module")
def data(log: Path) -> Dataset:
    return read(log, on_progress=lambda _stage, _done: None)


def test_a_row_knows_nothing_of_what_happened_after_it(data: Dataset) -> None:
    """Turning every later click around leaves the rates of earlier rows as they were."""
    until = len(data.at) * 7 // 10
    block = until // SMOOTHING.blocks
    row = 6 * block
    turned = np.where(
        data.clicked_at > data.at[row],
        np.where(np.arange(len(data.at)) >= row, np.inf, data.clicked_at),
        data.clicked_at,
    )
    _, before = encode(data, until)
    _, after = encode(replace(data, clicked_at=turned), until)
    assert np.array_equal(before[:row], after[:row], equal_nan=True)
    assert not np.array_equal(before[row + block :], after[row + block :], equal_nan=True)


def test_the_first_rows_have_the_prior_rate_only(data: Dataset) -> None:
    _, matrix = encode(data, len(data.at) // 2)
    assert set(matrix[: len(data.at) // 2 // SMOOTHING.blocks, COLUMNS.index("creative_rate")]) == {
        0.005
    }


def test_rates_approach_what_was_counted(data: Dataset) -> None:
    until = len(data.at) - 1
    tables, _ = encode(data, until)
    creative, code = next(iter(tables.codes["creative"].items()))
    its_rows = data.words[:until, CREATIVE] == data.vocabularies[CREATIVE].index(creative)
    counted = data.clicked[:until][its_rows].mean()
    rate = tables.rates["creative"][code]
    assert min(counted, tables.base_rate) <= rate <= max(counted, tables.base_rate)


def test_rare_words_are_unknown(data: Dataset) -> None:
    until = len(data.at) // 2
    tables, matrix = encode(data, until)
    names, views = np.unique(data.words[:until, PUBLICATION], return_counts=True)
    rare = data.vocabularies[PUBLICATION][names[views < SMOOTHING.min_views][0]]
    assert rare not in tables.codes["publication"]
    assert "" not in tables.codes["publication"]
    assert UNKNOWN in matrix[:, COLUMNS.index("publication")]
