"""A click model in the registry: whole, or refused with what to do."""

from pathlib import Path

import msgspec
import pytest

from adserver.errors import InvalidConfig
from models.ctr.artifact import Artifact, Engine, check, load, publish, read
from models.ctr.report import Report
from models.registry import artifacts
from models.registry.state import read_state


@pytest.fixture
def root(report: Report) -> Path:
    """The registry with the trained model."""
    return report.folder.parents[1]


def test_the_champion_and_a_version_by_its_folder_or_name_are_the_same(
    root: Path, report: Report
) -> None:
    assert read(root) == read(report.folder) == read(root, report.folder.name)
    assert load(root).name == f"lightgbm/{report.folder.name}" == report.name


@pytest.mark.parametrize("engine", ["counting", "lightgbm", "compiled"])
def test_every_engine_loads_it(root: Path, report: Report, engine: Engine) -> None:
    assert load(root, engine=engine).name == report.name


def test_a_later_version_challenges_and_the_older_one_serves_on(
    artifact: Artifact, tmp_path: Path
) -> None:
    parts = (artifact.tables, artifact.calibration, artifact.model)
    first = publish(tmp_path, artifact.manifest, *parts)
    later = msgspec.structs.replace(artifact.manifest, created="2030-01-01T00:00:00Z")
    second = publish(tmp_path, later, *parts)
    roles = read_state(tmp_path).roles("click")
    assert (roles.champion, roles.challenger) == (first.name, second.name)
    assert load(tmp_path).name.endswith(first.name)
    assert load(tmp_path, second.name).name.endswith(second.name)


def test_a_whole_model_passes_the_check(root: Path) -> None:
    check(artifacts.read(root, "click"))


def test_an_empty_folder_says_to_train(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfig, match="train one first"):
        load(tmp_path)


def test_models_of_earlier_versions_say_to_train_again(tmp_path: Path) -> None:
    (tmp_path / "current").write_text("20260101T000000Z-0123456789abcdef\n")
    with pytest.raises(InvalidConfig, match="nobody signed; train again"):
        load(tmp_path)
