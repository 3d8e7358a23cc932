"""One log and one model for all tests here, trained once."""

from pathlib import Path

import lightgbm
import numpy as np
import pytest

from models.ctr.artifact import Artifact, read
from models.ctr.report import Report
from models.ctr.train import train
from tests.unit.models_ctr.world import Shown, shown, write_log


@pytest.fixture(scope="session")
def impressions() -> list[Shown]:
    """A week of impressions with known probabilities."""
    return list(shown(8_000))


@pytest.fixture(scope="session")
def log(tmp_path_factory: pytest.TempPathFactory, impressions: list[Shown]) -> Path:
    """Their event segments."""
    folder = tmp_path_factory.mktemp("log")
    write_log(folder, impressions)
    return folder


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory, log: Path) -> Report:
    """What training on the log found."""
    return train(log, tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="session")
def artifact(report: Report) -> Artifact:
    """The trained model as it lies on disk."""
    return read(report.folder)


@pytest.fixture(scope="session")
def oracle(artifact: Artifact) -> lightgbm.Booster:
    """LightGBM's own package with the same trees."""
    return lightgbm.Booster(model_str=artifact.model.decode())


@pytest.fixture(scope="session")
def rows(artifact: Artifact) -> list[list[float]]:
    """Random rows: known and unknown codes, negative ones, missing values, huge numbers."""
    dice = np.random.default_rng(5)
    shape = (300, len(artifact.manifest.columns))
    values = np.where(
        dice.random(shape) < 0.6, dice.integers(0, 25, shape), dice.random(shape) * 0.2
    ).astype(np.float64)
    values[dice.random(shape) < 0.05] = np.nan
    values[dice.random(shape) < 0.05] = -1.0
    values[dice.random(shape) < 0.02] = 1e6
    whole: list[list[float]] = values.tolist()
    return whole
