"""From logged words to the numbers that trees split on, never looking ahead in time."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from models.ctr.dataset import Dataset, Floats
from models.ctr.features import COLUMNS, NUMBERS, RATED, WORDS, Tables

MIN_VIEWS = 20
"""A word seen on fewer impressions than this is `UNKNOWN`: it could teach nothing but noise."""
MAX_WORDS = 2_000
MAX_WORD_LENGTH = 200
STRENGTH = 200.0
"""How many impressions at the base rate each rate begins with."""
PRIOR_RATE = 0.005
"""The base rate before anything is known, as if seen on `STRENGTH` impressions."""
BLOCKS = 20
"""A training row's rates come from the blocks of time before its own."""


def encode(data: Dataset, until: int) -> tuple[Tables, Floats]:
    """Return the tables learned from the rows before `until`, and all rows in `COLUMNS`.

    `until` is below the number of rows. A row before `until` gets rates of earlier blocks only, clicks counted when they happened; a
    later row gets the tables' own, as it would in serving.
    """
    matrix = np.empty((len(data.at), len(COLUMNS)))
    codes: dict[str, dict[str, int]] = {}
    for position, column in enumerate(WORDS):
        seen, vocabulary = data.words[:, position], data.vocabularies[position]
        codes[column] = _codes(seen[:until], vocabulary)
        code_of = np.array([codes[column].get(word, 0) for word in vocabulary], np.int32)
        matrix[:, COLUMNS.index(column)] = code_of[seen]
    for position, column in enumerate(NUMBERS):
        matrix[:, COLUMNS.index(column)] = data.numbers[:, position]
    base_rate = PRIOR_RATE
    rates: dict[str, list[float]] = {}
    for column in RATED:
        coded = matrix[:, COLUMNS.index(column)].astype(np.int64)
        size = len(codes[column]) + 1
        target = matrix[:, COLUMNS.index(f"{column}_rate")]
        edges = np.linspace(0, until, BLOCKS + 1, dtype=np.int64)
        for start, end in pairwise(edges.tolist()):
            target[start:end] = _rates(data, coded, start, size)[coded[start:end]]
        final = _rates(data, coded, until, size)
        target[until:] = final[coded[until:]]
        rates[column] = final.tolist()
        base_rate = float(final[0])
    return Tables(codes, rates, base_rate), matrix


def _codes(seen: NDArray[np.int32], vocabulary: list[str]) -> dict[str, int]:
    views = np.bincount(seen, minlength=len(vocabulary))
    frequent = [
        int(index) for index in np.argsort(-views, kind="stable") if views[index] >= MIN_VIEWS
    ]
    kept = [vocabulary[i] for i in frequent if 0 < len(vocabulary[i]) <= MAX_WORD_LENGTH]
    return {word: code for code, word in enumerate(kept[:MAX_WORDS], start=1)}


def _rates(data: Dataset, coded: NDArray[np.int64], until: int, size: int) -> Floats:
    """Return the smoothed rate per code by the rows before `until` and the clicks known by then."""
    known = data.clicked_at[:until] <= data.at[until]
    views = np.bincount(coded[:until], minlength=size)
    clicks = np.bincount(coded[:until][known], minlength=size)
    base = (clicks.sum() + STRENGTH * PRIOR_RATE) / (views.sum() + STRENGTH)
    rates: Floats = (clicks + STRENGTH * base) / (views + STRENGTH)
    rates[0] = base
    return rates
