"""Versions on disk: whole or not at all, and pruned by count."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import msgspec
import pytest

from adserver.errors import InvalidConfig
from models.registry import artifacts, roles, signing, state
from models.registry.keeping import KEPT, keep, kept
from models.registry.manifest import Kind, Manifest

MANIFEST = Manifest(
    kind="landscape",
    created="2026-01-01T00:00:00Z",
    columns=("hour",),
    learned_from="2025-01-01T00:00:00Z",
    learned_until="2025-12-01T00:00:00Z",
    rows=10,
    positives=3,
    metrics={"log_loss": 0.1},
    parameters={"knots": 5, "rate": 0.5, "name": "isotonic", "shared": True},
)
FILES: Mapping[str, bytes] = {"curves.json": b"{}", "notes.txt": b"none"}


def published(root: Path, number: int = 0, kind: Kind = "landscape") -> str:
    """Publish a version of its own and return its name."""
    created = f"2026-01-01T00:{number:02}:00Z"
    manifest = msgspec.structs.replace(MANIFEST, kind=kind, created=created)
    return artifacts.publish(root, manifest, FILES).name


def test_what_is_published_is_read_again(tmp_path: Path) -> None:
    name = published(tmp_path)
    found = artifacts.read(tmp_path, "landscape")
    assert (found.name, found.files) == (name, FILES)
    expected = msgspec.structs.replace(MANIFEST, files=found.manifest.files, key=found.manifest.key)
    assert found.manifest == expected
    assert found.manifest.key in signing.trusted(tmp_path)
    assert not list(tmp_path.rglob(".*"))


def test_publishing_the_same_again_changes_nothing(tmp_path: Path) -> None:
    published(tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    published(tmp_path)
    assert {
        path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()
    } == before


def test_each_kind_has_a_champion_of_its_own(tmp_path: Path) -> None:
    one, two = published(tmp_path, 1), published(tmp_path, 2, "conversion")
    held = state.read_state(tmp_path)
    assert (held.roles("landscape").champion, held.roles("conversion").champion) == (one, two)
    with pytest.raises(InvalidConfig, match="holds no click model; train one first"):
        artifacts.read(tmp_path, "click")


@pytest.mark.parametrize("file", ["x.pkl", "../x.txt", "manifest.json", "X.txt", "x", ".txt"])
def test_what_would_be_refused_is_not_published(tmp_path: Path, file: str) -> None:
    with pytest.raises(ValueError, match="only text and JSON"):
        artifacts.publish(tmp_path, MANIFEST, {file: b""})
    assert artifacts.names(tmp_path, "landscape") == []


def test_a_figure_that_is_no_number_is_not_published(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="metrics"):
        artifacts.publish(
            tmp_path, msgspec.structs.replace(MANIFEST, metrics={"auc": float("nan")}), FILES
        )


def test_a_folder_that_cannot_be_written_is_the_operators_fault(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InvalidConfig, match="cannot be written"):
        published(tmp_path / "file")


def test_old_versions_go_and_what_is_needed_stays(tmp_path: Path) -> None:
    names = [published(tmp_path, number) for number in range(20)]
    for name in names[1:8]:
        state.change(tmp_path, "landscape", partial(roles.promoted, model=name, at="", why=""))
    gone = artifacts.prune(tmp_path, "landscape")
    stays = {
        *names[7:8],
        *names[4:7],
        *names[10:],
    }  # it serves, they may return, they are the newest
    assert set(artifacts.names(tmp_path, "landscape")) == stays
    assert set(gone) == set(names) - stays


def test_a_model_of_another_machine_serves_once_its_key_is_trusted(tmp_path: Path) -> None:
    there, here = tmp_path / "there", tmp_path / "here"
    name = published(there, 1)
    published(here, 2)
    (here / "landscape" / name).symlink_to(there / "landscape" / name)
    with pytest.raises(InvalidConfig, match="no folder of a model"):
        artifacts.read(here, "landscape", name)
    (here / "landscape" / name).unlink()
    (there / "landscape" / name).rename(here / "landscape" / name)
    with pytest.raises(InvalidConfig, match="models trust"):
        artifacts.read(here, "landscape", name)
    signing.trust(here, signing.public(signing.signing_key(there)), "there")
    assert artifacts.read(here, "landscape", name).name == name


def test_many_may_change_the_registry_at_once(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        names = list(pool.map(lambda number: published(tmp_path, number), range(24)))
    held = state.read_state(tmp_path).roles("landscape")
    assert {held.champion, held.challenger} <= set(names)
    assert artifacts.names(tmp_path, "landscape") == sorted(names)


def test_one_copy_is_kept_of_what_served_last(tmp_path: Path) -> None:
    assert kept(tmp_path, "landscape") is None
    one, two = published(tmp_path, 1), published(tmp_path, 2)
    keep(tmp_path, "landscape", one)
    keep(tmp_path, "landscape", two)
    assert [path.name for path in (tmp_path / KEPT / "landscape").iterdir()] == [two]
    with pytest.raises(InvalidConfig, match="is no folder"):
        keep(tmp_path, "landscape", "20260101T000000Z-0123456789abcdef")
    found = kept(tmp_path, "landscape")
    assert found is not None
    assert (found.name, found.files) == (two, FILES)
