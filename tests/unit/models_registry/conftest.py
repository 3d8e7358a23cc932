"""One trained model for all tests here; each test gets a copy of its registry to damage."""

import shutil
from pathlib import Path

import pytest

from models.ctr.train import train
from tests.unit.models_ctr.world import shown, write_log


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A registry with one click model."""
    log = tmp_path_factory.mktemp("log")
    write_log(log, list(shown(2_500)))
    root = tmp_path_factory.mktemp("registry")
    train(log, root, trees=5)
    return root


@pytest.fixture
def root(trained: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(trained, tmp_path / "models"))
