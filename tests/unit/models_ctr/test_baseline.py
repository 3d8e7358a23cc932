"""What serves when there is no model, and who is told."""

import ctypes
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from adserver.errors import InvalidConfig, Unavailable
from models.ctr.artifact import Artifact, Engine, load
from models.ctr.baseline import ConstantModel, RateModel, load_click_model, stand_in
from models.ctr.booster import BoosterModel, library
from models.ctr.compiled import CompiledModel
from models.ctr.report import Report
from models.registry.keeping import KEPT, keep
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


@pytest.fixture
def root(report: Report, tmp_path: Path) -> Path:
    """A copy of the registry with the trained model, to be damaged."""
    return Path(shutil.copytree(report.folder.parents[1], tmp_path / "models"))


def test_a_good_model_serves_without_a_word(root: Path, report: Report) -> None:
    served = load_click_model(root, report.folder.name)
    assert isinstance(served.model, CompiledModel)
    assert served.problem == ""
    walked = load_click_model(root, report.folder.name, engine="lightgbm")
    assert isinstance(walked.model, BoosterModel)


def test_a_damaged_model_is_the_operators_fault(root: Path, report: Report) -> None:
    (root / "click" / report.folder.name / "model.txt").write_text("tree", "utf-8")
    with pytest.raises(InvalidConfig, match="wrong SHA-256"):
        load_click_model(root, report.folder.name)


def test_what_was_kept_stands_in_and_else_a_constant(root: Path, report: Report) -> None:
    name = report.folder.name
    served = stand_in(root)
    assert isinstance(served.model, ConstantModel)
    assert "constant" in served.problem
    keep(root, "click", name)
    keep(root, "click", name)  # once is enough
    shutil.rmtree(root / "click")
    served = stand_in(root)
    assert served.model.name == f"lightgbm/{name}"
    assert "which served before, goes on" in served.problem
    (root / KEPT / "click" / name / "manifest.json").write_text("{", "utf-8")
    served = stand_in(root)
    assert isinstance(served.model, ConstantModel)
    assert "does not fit its manifest" in served.problem


def test_without_libgomp_our_own_engines_serve_all_the_same(report: Report, missing: str) -> None:
    with pytest.raises(Unavailable, match=missing):
        load(report.folder, engine="lightgbm")
    ours: tuple[Engine, ...] = ("counting", "compiled")
    for engine in ours:
        assert isinstance(load(report.folder, engine=engine), CompiledModel)


def test_without_libgomp_lightgbm_gives_way_to_the_rates_of_the_past(
    root: Path, report: Report, missing: str
) -> None:
    served = load_click_model(root, report.folder.name, engine="lightgbm")
    assert isinstance(served.model, RateModel)
    assert missing in served.problem


def test_rates_are_those_of_the_creative_or_its_size_or_everything(
    artifact: Artifact, impressions: list[Shown]
) -> None:
    tables = artifact.tables
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
