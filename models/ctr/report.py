"""What a training run found, for the person who started it."""

from pathlib import Path
from typing import NamedTuple

from models.ctr.evaluate import Metrics
from models.ctr.probability import Calibration
from models.events import Tally


class Report(NamedTuple):
    """`str()` of it is meant for the terminal."""

    folder: Path
    name: str
    trees: int
    impressions: int
    clicks: int
    metrics: Metrics
    calibration: Calibration
    tally: Tally
    without_bid: int
    """Impressions whose bid event is missing."""
    immature: int
    """Impressions too recent to know their clicks."""
    invalid: int
    """Impressions and clicks that a rule calls invalid."""
    seconds: float

    def __str__(self) -> str:
        metrics, tally = self.metrics, self.tally
        verdict = "" if metrics.normalised_entropy < 1 else " (no better than a constant)"
        return (
            f"trained {self.trees} trees on {self.impressions} impressions with {self.clicks} clicks"
            f" in {self.seconds:.1f} s: {self.folder.name}\n"
            f"log: {tally.lines} lines, {tally.damaged} unreadable, {tally.torn} torn;"
            f" impressions without their bid {self.without_bid}, too recent {self.immature},"
            f" invalid impressions and clicks {self.invalid}\n"
            f"calibrated on later data: slope {self.calibration.slope:.3f},"
            f" intercept {self.calibration.intercept:+.3f}\n"
            f"judged on the {metrics.impressions} latest impressions with {metrics.clicks} clicks:\n"
            f"  AUC {metrics.auc:.4f}\n"
            f"  log loss {metrics.log_loss:.5f}, a constant's {metrics.constant_log_loss:.5f}\n"
            f"  normalised entropy {metrics.normalised_entropy:.4f}{verdict}\n"
            f"  predicted / actual clicks {metrics.calibration:.3f},"
            f" a constant's {metrics.constant_calibration:.3f}"
        )
