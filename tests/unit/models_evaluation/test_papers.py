"""The report and the card: everything in them, nothing loaded, nothing runs, readable by who cannot see pictures."""

from dataclasses import replace
from pathlib import Path

import pytest
from lxml import html

from models.ctr.affinity import parts
from models.ctr.dataset import Dataset, read
from models.ctr.features import SERVED
from models.ctr.judging import booster, log_odds
from models.ctr.learner import Learned, learn
from models.evaluation import papers
from models.evaluation.reasons import contributions, importances
from tests.unit.models_ctr.world import shown, write_log


def silent(stage: str, done: float) -> None:
    assert stage
    assert 0 <= done <= 1


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    folder = tmp_path_factory.mktemp("log")
    write_log(folder, list(shown(3_000)))
    return read(folder, on_progress=silent)


@pytest.fixture(scope="module")
def learned(rows: Dataset) -> Learned:
    return learn(rows, seed=1, on_progress=silent, trees=20)


def test_the_report_holds_all_and_loads_nothing(
    rows: Dataset, learned: Learned, tmp_path: Path
) -> None:
    papers.write(tmp_path, rows, learned, compared=True, seed=1, on_progress=silent)
    text = (tmp_path / papers.REPORT).read_text()
    page = html.fromstring(text)
    assert [each.text for each in page.iter("h2")] == [
        "How good", "Does what is predicted come true?", "Slice by slice", "What the model looks at",
        "What has moved since training", "Why some decisions came out as they did",
    ]  # fmt: skip
    first = [row.text_content() for row in page.iter("tr")][:5]
    for name in ("this model", "a constant", "logistic regression", "factorisation machine"):
        assert any(row.startswith(name) for row in first)
    assert not list(page.iter("script", "link", "img", "iframe"))
    assert "http" not in text.replace("http://www.w3.org", "")
    for picture in page.iter("svg"):
        assert picture.get("role") == "img"
        assert picture.find("title") is not None
        assert picture.find("desc") is not None
    assert "prefers-color-scheme:dark" in text
    card = (tmp_path / papers.CARD).read_text()
    assert f"| this | {learned.metrics.auc:.4f}" in card
    assert "no id of a person" in card


def test_names_from_the_log_are_text_in_the_report(
    rows: Dataset, learned: Learned, tmp_path: Path
) -> None:
    hostile = "<script>alert(1)</script>"
    names = list(rows.vocabularies)
    names[SERVED.words.index("exchange")] = [hostile] * len(names[SERVED.words.index("exchange")])
    changed = replace(rows, vocabularies=tuple(names))
    papers.write(tmp_path, changed, learned, compared=False, seed=1, on_progress=silent)
    text = (tmp_path / papers.REPORT).read_text()
    assert "<script" not in text
    assert "&lt;script&gt;" in text


def test_contributions_sum_to_the_log_odds(rows: Dataset, learned: Learned) -> None:
    trees, affinity, last = booster(learned.model), learned.tables.affinity, len(rows.at) - 20
    stage = {} if affinity is None else parts(affinity, rows)
    begins = 0.0 if affinity is None else affinity.base
    whole = log_odds(rows, learned.tables, learned.model)
    for row in range(last, len(rows.at)):
        added = {"everything else": begins} | {name: part[row] for name, part in stage.items()}
        told = contributions(trees, learned.matrix[row], SERVED, added)
        assert sum(told.values()) == pytest.approx(whole[row], abs=1e-5)  # the stage is in grains
    shares = importances(trees, SERVED)
    assert sum(shares.values()) == pytest.approx(1.0)
