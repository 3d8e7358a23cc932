"""A challenger takes the champion's place only if it is no worse on the latest impressions."""

from functools import partial
from pathlib import Path

import msgspec
import numpy as np
import pytest

from models.ctr import contest
from models.ctr.artifact import Artifact, publish
from models.ctr.contest import judge, retrain
from models.ctr.dataset import Dataset, read
from models.ctr.probability import Calibration
from models.ctr.train import train_rows
from models.registry.state import read_state


@pytest.fixture(scope="module")
def data(log: Path) -> Dataset:
    """The log that the model was trained on."""
    return read(log, on_progress=lambda *_: None)


def off_by(artifact: Artifact, log_odds: float, slope: float = 1.0) -> Artifact:
    """The model with a calibration that is wrong by so much."""
    line = artifact.calibration
    wrong = Calibration(line.slope * slope, line.intercept * slope + log_odds)
    return artifact._replace(calibration=wrong)


def test_who_is_worse_is_not_promoted_and_says_by_how_much(
    data: Dataset, artifact: Artifact
) -> None:
    verdict = judge(data, artifact, off_by(artifact, 0.7))
    assert not verdict.better
    assert "log loss higher by 0.0" in verdict.why


def test_who_is_better_is_promoted(data: Dataset, artifact: Artifact) -> None:
    verdict = judge(data, off_by(artifact, 0.7), artifact)
    assert verdict.better
    assert "log loss lower by 0.0" in verdict.why


def test_who_is_as_good_within_the_margin_is_promoted(data: Dataset, artifact: Artifact) -> None:
    assert judge(data, artifact, off_by(artifact, 0.001)).better


def test_who_is_far_off_in_sum_is_never_promoted(data: Dataset, artifact: Artifact) -> None:
    """Even if the champion is further off still."""
    verdict = judge(data, off_by(artifact, 3.0), off_by(artifact, 1.0))
    assert "log loss lower" in verdict.why
    assert not verdict.better


def test_few_clicks_judge_nobody(
    data: Dataset, artifact: Artifact, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contest, "FEWEST_CLICKS", 100_000)
    verdict = judge(data, off_by(artifact, 1.0), artifact)
    assert not verdict.better
    assert "too little to judge" in verdict.why


def test_only_rows_that_training_did_not_learn_from_are_judged(
    data: Dataset, artifact: Artifact
) -> None:
    said = judge(data, artifact, artifact).why
    share = float(said.rpartition("on ")[2].partition(" impressions")[0].replace(",", "")) / len(
        data.at
    )
    assert share == pytest.approx(0.15, abs=0.01)
    assert np.all(np.diff(data.at) >= 0)


def test_a_round_trains_a_challenger_beside_the_champion(
    log: Path, artifact: Artifact, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contest, "train_rows", partial(train_rows, trees=5))
    bad = msgspec.structs.replace(artifact.manifest, created="2020-01-01T00:00:00Z")
    worse = off_by(artifact, 0.7)
    champion = publish(tmp_path, bad, artifact.tables, worse.calibration, artifact.model)
    verdict = retrain(log, tmp_path, lambda *_: None)
    roles = read_state(tmp_path).roles("click")
    assert verdict.better
    assert (roles.champion, roles.challenger) == (champion.name, verdict.model)
    (champion / "model.txt").write_text("x")
    verdict = retrain(log, tmp_path, lambda *_: None)
    assert verdict.better, "anything is better than what cannot be used"
