"""A model on disk: whole, or refused with what to do."""

import json
import shutil
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest

from adserver.errors import InvalidConfig
from models.ctr.artifact import Artifact, Engine, load, publish, read
from models.ctr.report import Report


@pytest.fixture
def models(tmp_path: Path, report: Report) -> Path:
    """A copy of the trained model, to be damaged."""
    return Path(shutil.copytree(report.folder.parent, tmp_path / "models"))


def _version(models: Path) -> Path:
    return models / (models / "current").read_text().strip()


def _resign(folder: Path, changes: dict[str, object], model: bytes | None = None) -> None:
    """Edit model and manifest with all hashes made right again, as somebody determined would."""
    if model is not None:
        (folder / "model.txt").write_bytes(model)
        changes = changes | {"model_sha256": sha256(model).hexdigest()}
    manifest = json.loads((folder / "manifest.json").read_bytes()) | changes
    encoded = json.dumps(manifest).encode()
    (folder / "manifest.json").write_bytes(encoded)
    renamed = folder.rename(folder.parent / f"edited-{sha256(encoded).hexdigest()[:16]}")
    (folder.parent / "current").write_text(renamed.name)


def test_the_current_version_and_a_version_by_its_folder_are_the_same(
    models: Path, report: Report
) -> None:
    assert read(models) == read(_version(models))
    assert load(models).name == f"lightgbm/{report.folder.name}" == report.name


def test_a_new_version_becomes_current_and_the_old_one_stays(
    models: Path, artifact: Artifact
) -> None:
    older = _version(models)
    later = msgspec.structs.replace(artifact.manifest, created="2030-01-01T00:00:00Z")
    newer = publish(models, later, artifact.model)
    assert _version(models) == newer != older
    assert load(models).name.endswith(newer.name)
    assert older.exists()
    assert not [path for path in models.iterdir() if path.name.startswith(".")]


def test_publishing_the_same_again_changes_nothing(models: Path, artifact: Artifact) -> None:
    before = sorted(models.rglob("*"))
    publish(models, artifact.manifest, artifact.model)
    assert sorted(models.rglob("*")) == before


@pytest.mark.parametrize("engine", ["compiled", "lightgbm"])
@pytest.mark.parametrize("file", ["model.txt", "manifest.json"])
@pytest.mark.parametrize("how", ["flipped", "cut", "empty", "missing", "folder"])
def test_a_damaged_file_is_refused_and_says_what_to_do(
    models: Path, engine: Engine, file: str, how: str
) -> None:
    target = _version(models) / file
    content = bytearray(target.read_bytes())
    if how == "flipped":
        content[len(content) // 2] ^= 1
        target.write_bytes(content)
    elif how == "cut":
        target.write_bytes(content[: len(content) // 2])
    elif how == "empty":
        target.write_bytes(b"")
    else:
        target.unlink()
        if how == "folder":
            target.mkdir()
    with pytest.raises(InvalidConfig, match="train again"):
        load(models, engine=engine)


@pytest.mark.parametrize(
    "changes",
    [
        {"format": 2},
        {"columns": ["exchange"]},
        {"trees": 1},
        {"tables": {"codes": {}, "rates": {}, "base_rate": 0.1}},
        {"calibration": {"slope": -1.0, "intercept": 0.0}},
        {"calibration": {"slope": "steep", "intercept": 0.0}},
        {"surprise": 1},
    ],
)
def test_a_manifest_of_another_kind_is_refused(models: Path, changes: dict[str, object]) -> None:
    _resign(_version(models), changes)
    with pytest.raises(InvalidConfig, match="train again"):
        load(models)


@pytest.mark.parametrize("engine", ["compiled", "lightgbm"])
@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"num_leaves=", b"num_leaves=9"),
        (b"tree_sizes=", b"tree_sizes=99999999999 "),
        (b"left_child=", b"left_child=0 "),
        (b"feature_names=", b"feature_names=\xff"),
        (b"split_feature=", b"split_feature=77777777 "),
    ],
)
def test_a_damaged_model_with_a_right_hash_is_refused(
    models: Path, artifact: Artifact, engine: Engine, old: bytes, new: bytes
) -> None:
    _resign(_version(models), {}, artifact.model.replace(old, new, 1))
    with pytest.raises(InvalidConfig, match="is damaged"):
        load(models, engine=engine)


def test_a_pointer_leads_nowhere_else(models: Path, tmp_path: Path) -> None:
    moved = _version(models).rename(tmp_path / _version(models).name)
    (models / "current").write_text(f"../{moved.name}\n")
    with pytest.raises(InvalidConfig, match="no model here"):
        load(models)


def test_an_empty_folder_says_to_train(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfig, match="train one first"):
        load(tmp_path)


def test_a_folder_that_cannot_be_written_is_the_operators_fault(
    tmp_path: Path, artifact: Artifact
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InvalidConfig, match="cannot be written"):
        publish(tmp_path / "file", artifact.manifest, artifact.model)
