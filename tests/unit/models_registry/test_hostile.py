"""What is damaged or hostile is refused by name, and says what to do; see `hostile`."""

import shutil
from pathlib import Path

import msgspec
import pytest

from adserver.errors import InvalidConfig
from models.ctr.artifact import check, load
from models.ctr.baseline import stand_in
from models.registry import artifacts, checking
from models.registry.keeping import keep
from models.registry.state import read_state
from tests.unit.models_registry.hostile import DAMAGED, HOSTILE, REGISTRY, strike
from tests.unit.models_registry.hostile_parts import Hostile, enthrone, prepare
from tests.unit.models_registry.hostile_signed import SIGNED


def test_there_are_enough_of_them_and_each_once() -> None:
    assert len({each.name for each in HOSTILE}) == len(HOSTILE) >= 100


def test_what_they_begin_with_is_good(root: Path) -> None:
    name = prepare(root)
    enthrone(root, name)
    assert load(root).name == f"lightgbm/{name}"


@pytest.mark.parametrize("case", HOSTILE, ids=lambda case: case.name)
def test_it_is_refused_with_what_is_wrong(root: Path, case: Hostile) -> None:
    strike(root, case)
    with pytest.raises((InvalidConfig, ValueError)) as told:
        check(
            artifacts.read(root, "click")
        )  # in this process: that what is meant to refuse it does, and no crash
    said = str(told.value)
    assert case.says in said
    assert len(said) < 2_000
    if isinstance(told.value, InvalidConfig):
        assert all(str(root) in fault.file for fault in told.value.faults)


@pytest.mark.parametrize("name", ["a loop", "trees zeros", "leaves beyond reason"])
def test_a_child_process_says_the_same_of_what_must_be_tried(root: Path, name: str) -> None:
    (case,) = (each for each in HOSTILE if each.name == name)
    strike(root, case)
    with pytest.raises(InvalidConfig, match="is damaged: a child process failed on it") as told:
        load(root)
    assert case.says in str(told.value)
    assert "train again" in str(told.value)


def test_what_kills_its_reader_kills_a_child(root: Path) -> None:
    """LightGBM's own reader crashes on some texts; ours refuses them first, so one is tried without ours."""
    found = artifacts.read(root, "click")
    text = found.files["model.txt"].replace(b"num_leaves=", b"num_leaves=9999", 1)
    broken = found._replace(files={**found.files, "model.txt": text})
    with pytest.raises(ValueError, match="a child process failed on it"):
        checking.survive(
            broken._replace(manifest=msgspec.structs.replace(found.manifest, created="other"))
        )


def test_a_kept_copy_stands_in_for_every_kind_of_damage(root: Path) -> None:
    before = read_state(root).roles("click").champion
    keep(root, "click", before)
    for case in (DAMAGED[0], SIGNED[0], REGISTRY[5]):
        again = root.with_name(case.name)
        shutil.copytree(root, again)
        strike(again, case)
        assert stand_in(again).model.name == f"lightgbm/{before}"
