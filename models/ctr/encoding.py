"""From logged words to the numbers that trees split on, never looking ahead in time."""

from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from models.ctr import affinity
from models.ctr.dataset import Dataset, Floats
from models.ctr.features import AFFINITY, Schema, Tables, rate_of

MAX_WORD_LENGTH = 200


class Smoothing(NamedTuple):
    """How much a word must be seen before it counts."""

    min_views: int = 20
    """A word seen on fewer impressions than this is `UNKNOWN`: it could teach nothing but noise."""
    strength: float = 200.0
    """How many impressions at the base rate each rate begins with."""
    prior_rate: float = 0.005
    """The base rate before anything is known, as if seen on `strength` impressions."""
    blocks: int = 20
    """A training row's rates come from the blocks of time before its own."""
    max_words: int = 2_000
    """The most frequent of a column; others are `UNKNOWN`."""


SMOOTHING = Smoothing()
Exposure = Callable[[Floats], Floats]
"""From ages in seconds to how much of what will follow has followed by then, 0 to 1."""


def encode(
    data: Dataset,
    until: int,
    smoothing: Smoothing = SMOOTHING,
    exposure: Exposure | None = None,
    linear: int | None = None,
) -> tuple[Tables, Floats]:
    """Return the tables learned from the rows before `until`, and all rows in the schema's columns.

    `until` is below the number of rows. A row before `until` gets rates of earlier blocks only, clicks counted when they happened; a
    later row gets the tables' own, as it would in serving. `exposure` weights views whose outcome may still come.
    `linear`: a seed, where the linear stage is to be learned too; else its column is NaN.
    """
    tables = learn(data, until, smoothing, exposure)
    matrix = apply(tables, data)
    columns = tables.schema.columns
    edges = np.linspace(0, until, smoothing.blocks + 1, dtype=np.int64)
    for column in tables.schema.rated:
        coded = matrix[:, columns.index(column)].astype(np.int64)
        target = matrix[:, columns.index(rate_of(column))]
        for start, end in pairwise(edges.tolist()):
            counts = _counts(data, coded, start, len(tables.rates[column]), exposure)
            target[start:end] = _rates(counts, smoothing)[coded[start:end]]
    if linear is not None and AFFINITY in columns:
        stage, column_of = affinity.learn(data, until, tables.codes, linear)
        matrix[:, columns.index(AFFINITY)] = column_of
        tables = replace(tables, affinity=stage)
    return tables, matrix


def learn(
    data: Dataset,
    until: int,
    smoothing: Smoothing = SMOOTHING,
    exposure: Exposure | None = None,
) -> Tables:
    """Return the tables that the rows before `until` teach, by what was known at the time of row `until`."""
    schema = data.schema
    codes, rates = {}, {}
    views, clicks = {}, {}
    base_rate = smoothing.prior_rate
    for position, column in enumerate(schema.words):
        seen, vocabulary = data.words[:, position], data.vocabularies[position]
        codes[column] = _codes(seen[:until], vocabulary, smoothing)
        if column in schema.rated:
            coded = _coded(seen, vocabulary, codes[column])
            counts = _counts(data, coded, until, len(codes[column]) + 1, exposure)
            rates[column] = _rates(counts, smoothing).tolist()
            views[column], clicks[column] = counts.views_seen.tolist(), counts.clicks.tolist()
            base_rate = rates[column][0]
    segments = data.audiences.frequent(until, schema.slots, smoothing.min_views)
    return Tables(
        codes=codes,
        rates=rates,
        base_rate=base_rate,
        segments=segments,
        schema=schema,
        views=views,
        clicks=clicks,
    )


def apply(tables: Tables, data: Dataset) -> Floats:
    """Return all rows as a server with these tables sees them, in the schema's columns."""
    columns = tables.schema.columns
    matrix = np.empty((len(data.at), len(columns)))
    for position, column in enumerate(tables.schema.words):
        coded = _coded(data.words[:, position], data.vocabularies[position], tables.codes[column])
        matrix[:, columns.index(column)] = coded
        if column in tables.rates:
            matrix[:, columns.index(rate_of(column))] = np.array(tables.rates[column])[coded]
    for position, column in enumerate(tables.schema.numbers):
        matrix[:, columns.index(column)] = data.numbers[:, position]
    if tables.affinity is not None:
        matrix[:, columns.index(AFFINITY)] = affinity.apply(tables.affinity, data)
    if tables.schema.slots:
        first = columns.index(tables.schema.segments[0])
        slots = data.audiences.columns(tables.segments, tables.schema.slots)
        matrix[:, first : first + tables.schema.slots] = slots
    return matrix


def beneath(matrix: Floats, schema: Schema) -> Floats | None:
    """Return by row the log odds at which trees begin, `None` where they begin at nothing."""
    if AFFINITY not in schema.columns:
        return None
    column = matrix[:, schema.columns.index(AFFINITY)]
    return None if np.isnan(column).any() else column


def _codes(seen: NDArray[np.int32], vocabulary: list[str], smoothing: Smoothing) -> dict[str, int]:
    views = np.bincount(seen, minlength=len(vocabulary))
    frequent = [
        int(index)
        for index in np.argsort(-views, kind="stable")
        if views[index] >= smoothing.min_views
    ]
    kept = [vocabulary[i] for i in frequent if 0 < len(vocabulary[i]) <= MAX_WORD_LENGTH]
    return {word: code for code, word in enumerate(kept[: smoothing.max_words], start=1)}


def _coded(
    seen: NDArray[np.int32], vocabulary: list[str], codes: dict[str, int]
) -> NDArray[np.int64]:
    return np.array([codes.get(word, 0) for word in vocabulary] or [0], np.int64)[seen]


class _Counts(NamedTuple):
    views: Floats
    """Weighted by exposure."""
    clicks: NDArray[np.int64]
    views_seen: NDArray[np.int64]


def _counts(
    data: Dataset, coded: NDArray[np.int64], until: int, size: int, exposure: Exposure | None
) -> _Counts:
    """Return views and clicks per code, of the rows before `until` and the clicks known by then."""
    past = coded[:until]
    known = data.clicked_at[:until] <= data.at[until]
    seen = np.bincount(past, minlength=size)
    views = seen.astype(np.float64)
    if exposure is not None:
        views = np.bincount(past, exposure(data.at[until] - data.at[:until]), size).astype(float)
    return _Counts(views, np.bincount(past[known], minlength=size), seen)


def _rates(counts: _Counts, smoothing: Smoothing) -> Floats:
    """Return the smoothed rate per code; that of unknown words is the base rate."""
    strength = smoothing.strength
    base = (counts.clicks.sum() + strength * smoothing.prior_rate) / (counts.views.sum() + strength)
    rates: Floats = (counts.clicks + strength * base) / (counts.views + strength)
    rates[0] = base
    return rates
