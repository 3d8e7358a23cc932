"""One log and one model for all tests here, trained once."""

from pathlib import Path

import pytest

from models.cvr import artifact
from models.cvr.report import Report
from models.cvr.train import Trained, learn_from, publish_trained, report
from models.registry import artifacts
from tests.unit.models_cvr.world import Bought, bought, write_log


@pytest.fixture(scope="session")
def clicks() -> list[Bought]:
    """A week of clicks with known probabilities."""
    return list(bought(5_000, seed=3))


@pytest.fixture(scope="session")
def log(tmp_path_factory: pytest.TempPathFactory, clicks: list[Bought]) -> Path:
    """Their event segments; of the last days many orders are still to come."""
    return write_log(tmp_path_factory.mktemp("log"), clicks)


@pytest.fixture(scope="session")
def trained(log: Path) -> Trained:
    """What was learned."""
    return learn_from(log)


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory, trained: Trained) -> Report:
    """What is told of it, once it is published."""
    return report(trained, publish_trained(tmp_path_factory.mktemp("models"), trained), 1.0)


@pytest.fixture(scope="session")
def version(told: Report) -> artifacts.Artifact:
    """The trained model as it lies on disk."""
    return artifacts.read(told.folder.parents[1], artifact.KIND, told.folder.name)
