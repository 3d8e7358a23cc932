"""The pictures and figures of the market in the documentation are those of its laws."""

from pathlib import Path

import numpy as np

from models.ctr import dataset
from tests.architecture.sources import ROOT
from tests.corpus.corpus import corpus
from tests.quality import market_fit, market_pictures, world
from tests.quality.columns import rows
from tests.quality.judging import Judged, compare

PAGE = ROOT / "docs/explanation/market.md"


def test_the_page_shows_the_laws_in_force() -> None:
    corpus()
    page = PAGE.read_text("utf-8")
    for price in market_fit.prices(market_fit.logs()):
        assert f"| {price.campaign} | {price.impressions:,} | {price.distance:.4f} |" in page
        assert price.distance < 0.025
    for hour in market_fit.traffic(market_fit.logs()):
        hours = int((hour.logged > 0).sum())
        assert f"| {hour.campaign} | {hours} | {hour.correlation:.3f} |" in page
        assert hour.correlation > 0.85
    for name, text in market_pictures.drawn().items():
        assert (market_pictures.PICTURES / name).read_text("utf-8") == text


def test_a_perfect_model_is_as_good_as_the_oracle_and_a_blind_one_is_not() -> None:
    dice = np.random.default_rng(1)
    click = dice.beta(1, 60, 40_000)
    wire = (click + click.mean()) / 2
    clicked = dice.random(40_000) < click
    people = dice.integers(0, 500, 40_000)
    same = compare(Judged(wire, wire, click, clicked, people), 1)
    assert same.auc_gap == same.auc_low == same.auc_high == same.entropy_gap == 0
    assert same.auc_click == same.auc_wire  # as both order alike
    assert same.entropy_click < same.entropy_wire < 1
    blind = compare(Judged(np.full(40_000, click.mean()), wire, click, clicked, people), 1)
    assert blind.auc == 0.5
    assert blind.auc_low <= blind.auc_gap <= blind.auc_high
    assert 0 < blind.entropy_low <= blind.entropy_gap <= blind.entropy_high


def test_rows_from_arrays_are_those_that_lines_give(tmp_path: Path) -> None:
    amount = world.Amount(300, 100, 8)
    population, steps = world.live(5, amount)
    direct = rows(population, world.lineup(), steps)
    world.write(tmp_path, 5, amount)
    read = dataset.read(tmp_path, mature_s=0.0, on_progress=lambda *_: None)
    assert len(read.at) > 300
    same = slice(0, len(read.at))  # the last views may be newer than the last impression
    assert np.array_equal(direct.at[same], read.at)
    assert np.array_equal(direct.clicked[same], read.clicked)
    assert np.array_equal(direct.numbers[same], read.numbers, equal_nan=True)
    assert np.array_equal(direct.audiences.known[same], read.audiences.known)
    segments = tuple(sorted(read.audiences.vocabulary))
    assert np.array_equal(
        direct.audiences.columns(segments, 32)[same],
        read.audiences.columns(segments, 32),
        equal_nan=True,
    )
    for column, name in enumerate(read.schema.words):
        mine = np.array(direct.vocabularies[column])[direct.words[same, column]]
        theirs = np.array(read.vocabularies[column])[read.words[:, column]]
        assert (mine == theirs).all(), name
