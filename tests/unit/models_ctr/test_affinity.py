"""The linear stage: what it finds, that its own click does not teach a row, that serving adds up the same."""

from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest

from models.ctr import affinity
from models.ctr.audiences import Audiences
from models.ctr.dataset import Dataset, read
from models.ctr.encoder import Encoder
from models.ctr.encoding import encode, learn
from models.ctr.evaluate import auc
from models.ctr.features import AFFINITY, COLUMNS, CONTEXT, SERVED, Schema
from models.ctr.weights import DERIVED, Affinity
from models.events import Tally
from tests.unit.models_ctr.world import Shown

AT = COLUMNS.index("affinity")


@pytest.fixture(scope="module")
def data(log: Path) -> Dataset:
    return read(log, mature_s=0.0, on_progress=lambda *_: None)


@pytest.fixture(scope="module")
def learned(data: Dataset) -> tuple[Affinity, np.ndarray]:
    until = len(data.at) * 7 // 10
    return affinity.learn(data, until, learn(data, until).codes, 1)


def test_it_ranks_later_rows_and_comes_true_there(
    data: Dataset, learned: tuple[Affinity, np.ndarray]
) -> None:
    until = len(data.at) * 7 // 10
    found, clicked = learned[1], data.clicked
    assert auc(found[until:], clicked[until:]) > 0.6
    expected = (1 / (1 + np.exp(-found[until:]))).sum()
    assert expected == pytest.approx(clicked[until:].sum(), rel=0.2)


def test_what_a_row_is_told_is_no_better_than_what_a_later_row_is(
    data: Dataset, learned: tuple[Affinity, np.ndarray]
) -> None:
    """A model told its own answers would rank the past far better than the future."""
    until = len(data.at) * 7 // 10
    past, later = (
        auc(learned[1][part], data.clicked[part]) for part in (slice(until), slice(until, None))
    )
    assert past < later + 0.04


def test_applied_to_later_rows_it_is_the_column(
    data: Dataset, learned: tuple[Affinity, np.ndarray]
) -> None:
    until = len(data.at) * 7 // 10
    assert np.array_equal(affinity.apply(learned[0], data)[until:], learned[1][until:])


def test_later_clicks_teach_nothing(data: Dataset, learned: tuple[Affinity, np.ndarray]) -> None:
    until = len(data.at) * 7 // 10
    turned = data.clicked_at.copy()
    turned[until:] = np.inf
    again, _ = affinity.learn(replace(data, clicked_at=turned), until, learn(data, until).codes, 1)
    assert again == learned[0]


def test_serving_adds_up_the_same(data: Dataset, impressions: list[Shown]) -> None:
    until = len(data.at) // 2
    tables, matrix = encode(data, until, linear=1)
    encoder = Encoder(tables)
    for row in range(until, until + 500):
        seen = impressions[row]
        context = encoder.context(seen.auction, seen.opportunity, seen.now_s)
        assert len(context) == len(CONTEXT)
        assert encoder.candidates(seen.auction, [seen.candidate])[0][-1] == matrix[row, AT]


def test_weights_that_are_none_are_refused() -> None:
    columns = (*SERVED.words, *SERVED.numbers, *DERIVED)
    good = Affinity(
        -4.0, {"USA": 5}, {"country": {"USA": 0.1}}, {"line_item": {"a": {"segment": {"s": 1.0}}}}
    )
    assert list(good.problems(columns)) == []
    changes: list[dict[str, object]] = [
        {"base": float("nan")},
        {"turns": {"USA": 24}},
        {"weights": {"city": {"x": 0.1}}},
        {"weights": {"country": {"USA": 1e9}}},
        {"crosses": {"creative": {}}},
        {"crosses": {"line_item": {"a": {"tag": {"x": 0.1}}}}},
        {"crosses": {"line_item": {"a": {"segment": {"x": float("inf")}}}}},
    ]
    for change in changes:
        assert list(msgspec.structs.replace(good, **change).problems(columns)), change


def test_the_day_is_told_by_when_people_click() -> None:
    """Two countries of which one is five hours ahead: their local hours are the same time of day."""
    dice = np.random.default_rng(4)
    rows = 60_000
    hours, country = dice.integers(0, 24, rows), dice.integers(0, 2, rows)
    chance = 0.03 * (1 + 0.8 * np.cos((hours + 5 * country - 20) / 24 * 2 * np.pi))
    schema = Schema(
        context_words=("country",),
        context_numbers=("hour", "weekday"),
        candidate_words=("advertiser", "line_item"),
        candidate_numbers=(AFFINITY,),
    )
    at = np.arange(rows, dtype=float)
    data = Dataset(
        at=at,
        clicked_at=np.where(dice.random(rows) < chance, at + 1, np.inf),
        words=np.column_stack([country, np.zeros(rows), np.zeros(rows)]).astype(np.int32),
        vocabularies=(["WEST", "EAST"], ["a"], ["b"]),
        numbers=np.column_stack([hours, np.zeros(rows), np.full(rows, np.nan)]).astype(float),
        audiences=Audiences.nobody(rows),
        tally=Tally(),
        schema=schema,
    )
    tables = learn(data, rows - 1)
    found, _ = affinity.learn(data, rows - 1, tables.codes, 1)
    apart = (found.turns["EAST"] - found.turns["WEST"]) % 24
    assert apart in {4, 5, 6}
    assert found.turns["WEST"] in {3, 4, 5}  # to midnight, from when most is clicked
