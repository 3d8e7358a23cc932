"""What serves when there is no model, and who is told."""

import ctypes
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from adserver.errors import InvalidConfig, Unavailable
from models.ctr.artifact import KEPT, Artifact, keep, load
from models.ctr.baseline import ConstantModel, RateModel, load_click_model
from models.ctr.booster import BoosterModel, library
from models.ctr.compiled import CompiledModel
from models.ctr.report import Report
from tests.unit.models_ctr.world import Shown, candidate


@pytest.fixture
def missing(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A slim image: LightGBM is there, the system package that it needs is not; this is its name."""

    def fail(_path: str) -> None:
        raise OSError("libgomp.so.1: cannot open shared object file")

    library.cache_clear()
    monkeypatch.setattr(ctypes, "CDLL", fail)
    yield "libgomp1"
    library.cache_clear()


def test_a_good_model_serves_without_a_word(report: Report) -> None:
    problems: list[str] = []
    model = load_click_model(report.folder.parent, problems.append)
    assert isinstance(model, BoosterModel)
    compiled = load_click_model(report.folder, problems.append, engine="compiled")
    assert isinstance(compiled, CompiledModel)
    assert problems == []


def test_no_directory_is_no_problem() -> None:
    problems: list[str] = []
    assert isinstance(load_click_model(None, problems.append), ConstantModel)
    assert problems == []


def test_a_broken_model_is_told_and_a_constant_serves(tmp_path: Path) -> None:
    problems: list[str] = []
    assert isinstance(load_click_model(tmp_path, problems.append), ConstantModel)
    assert "train one first" in problems[0]
    assert "constant" in problems[0]


def test_a_damaged_model_is_stood_in_for_by_the_one_that_was_kept(
    report: Report, tmp_path: Path
) -> None:
    models = tmp_path / "models"
    shutil.copytree(report.folder.parent, models)
    name = report.folder.name
    keep(models, name)
    keep(models, name)  # once is enough
    assert sorted(path.name for path in (models / KEPT).iterdir()) == sorted([name, "current"])
    (models / name / "model.txt").write_text("tree", "utf-8")
    problems: list[str] = []
    model = load_click_model(models, problems.append)
    assert isinstance(model, BoosterModel)
    assert model.name == f"lightgbm/{name}"
    assert "wrong SHA-256" in problems[0]
    assert "which served before, goes on" in problems[0]
    (models / KEPT / name / "manifest.json").write_text("{", "utf-8")
    problems.clear()
    assert isinstance(load_click_model(models, problems.append), ConstantModel)
    assert "constant" in problems[0]


def test_keeping_another_model_lets_the_one_before_go(report: Report, tmp_path: Path) -> None:
    models = tmp_path / "models"
    shutil.copytree(report.folder.parent, models)
    shutil.copytree(report.folder, models / "another")
    keep(models, report.folder.name)
    keep(models, "another")
    assert sorted(path.name for path in (models / KEPT).iterdir()) == ["another", "current"]
    assert (models / KEPT / "current").read_text("utf-8") == "another\n"
    with pytest.raises(InvalidConfig):
        keep(models, "missing")
    assert (models / KEPT / "another").exists()
    assert not list(models.glob(".unfinished*"))


def test_without_libgomp_the_compiled_trees_serve_all_the_same(
    report: Report, missing: str
) -> None:
    with pytest.raises(Unavailable, match=missing):
        load(report.folder)
    assert isinstance(load(report.folder, engine="compiled"), CompiledModel)


def test_without_libgomp_lightgbm_gives_way_to_the_rates_of_the_past(
    report: Report, missing: str
) -> None:
    problems: list[str] = []
    model = load_click_model(report.folder, problems.append)
    assert isinstance(model, RateModel)
    assert missing in problems[0]


def test_rates_are_those_of_the_creative_or_its_size_or_everything(
    artifact: Artifact, impressions: list[Shown]
) -> None:
    tables = artifact.manifest.tables
    seen = impressions[0]
    known = candidate(3)
    new_of_known_size = candidate(1_000)
    new_without_size = candidate(1_006)
    served = RateModel("rates", tables).click_probabilities(
        seen.auction, seen.opportunity, [known, new_of_known_size, new_without_size], seen.now_s
    )
    assert served == [
        tables.rates["creative"][tables.codes["creative"]["creative-3"]],
        tables.rates["size"][tables.codes["size"]["300x250"]],
        tables.base_rate,
    ]


def test_serving_imports_neither_the_package_nor_scipy() -> None:
    """They would cost every worker 40 MB."""
    script = (
        "import sys, models.ctr.baseline;"
        "sys.exit(', '.join({'lightgbm', 'scipy', 'pandas'} & sys.modules.keys()) or 0)"
    )
    root = Path(__file__).parents[3]
    ran = subprocess.run(  # noqa: S603 - our own interpreter and script
        [sys.executable, "-c", script], cwd=root, capture_output=True, check=False, timeout=30
    )
    assert (ran.returncode, ran.stderr) == (0, b"")
