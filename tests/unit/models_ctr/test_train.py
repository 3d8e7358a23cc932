"""Training end to end on a market whose truth is known."""

from pathlib import Path

import msgspec
import numpy as np
import pytest

from adserver.errors import InvalidConfig
from models.ctr.artifact import Artifact, load, read
from models.ctr.evaluate import auc, log_loss
from models.ctr.report import Report
from models.ctr.train import train
from tests.unit.models_ctr.world import Shown, shown, write_log


def test_the_model_beats_a_constant_and_says_so(report: Report) -> None:
    metrics = report.metrics
    assert metrics.auc > 0.6
    assert metrics.normalised_entropy < 1
    assert 0.8 < metrics.calibration < 1.25
    assert metrics.log_loss < metrics.constant_log_loss
    printed = str(report)
    assert f"AUC {metrics.auc:.4f}" in printed
    assert "calibrated on later data" in printed
    assert "no better" not in printed


def test_the_served_model_orders_unseen_impressions_as_the_truth_does(report: Report) -> None:
    """Against the oracle that knows every probability: much of it is learned from 600 clicks."""
    model = load(report.folder)
    fresh = list(shown(3_000, seed=9))
    served = np.array(
        [
            model.click_probabilities(seen.auction, seen.opportunity, [seen.candidate], seen.now_s)
            for seen in fresh
        ]
    ).ravel()
    truth = np.array([seen.probability for seen in fresh])
    clicked = np.random.default_rng(1).random(len(truth)) < truth
    best, ours = log_loss(truth, clicked), log_loss(served, clicked)
    constant = log_loss(np.full(len(truth), truth.mean()), clicked)
    assert (constant - ours) / (constant - best) > 0.4
    assert auc(truth, clicked) - auc(served, clicked) < 0.08


def test_the_manifest_says_what_the_report_says(report: Report, artifact: Artifact) -> None:
    manifest = artifact.manifest
    assert manifest.metrics == msgspec.structs.asdict(report.metrics)
    assert (manifest.rows, manifest.positives) == (report.impressions, report.clicks)
    assert manifest.learned_from == "2026-09-28T00:00:00Z"
    assert manifest.learned_from < manifest.learned_until < manifest.created
    assert manifest.parameters["grown"] == report.trees


def test_the_same_log_and_seed_grow_the_same_trees(
    log: Path, tmp_path: Path, artifact: Artifact
) -> None:
    told: list[tuple[str, float]] = []
    again = train(log, tmp_path, on_progress=lambda stage, done: told.append((stage, done)))
    assert read(again.folder).model == artifact.model
    assert {"reading bids", "growing trees", "done"} <= {stage for stage, _ in told}
    assert all(0 <= done <= 1 for _, done in told)


def test_too_little_to_learn_from_says_how_much_there_is(
    tmp_path: Path, impressions: list[Shown]
) -> None:
    few = impressions[:100]
    clicks = write_log(tmp_path / "log", few)
    message = f"{len(few)} measured impressions with {clicks} clicks; at least 2000 and 50"
    with pytest.raises(InvalidConfig, match=message):
        train(tmp_path / "log", tmp_path / "models", mature_s=0.0)
    assert not (tmp_path / "models").exists()


def test_clicks_that_stop_before_the_end_cannot_be_judged_by(
    tmp_path: Path, impressions: list[Shown]
) -> None:
    """A broken click tracker, say: nothing is trained on what it left out."""
    (tmp_path / "log").mkdir()
    write_log(tmp_path / "log", impressions[:1_800])
    quiet = [seen._replace(probability=0.0) for seen in impressions[1_800:4_000]]
    write_log(tmp_path / "log" / "later", quiet)
    with pytest.raises(InvalidConfig, match="latest parts"):
        train(tmp_path / "log", tmp_path / "models")
