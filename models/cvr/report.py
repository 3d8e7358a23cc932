"""What a training run of the conversion model found, for the person who started it."""

from pathlib import Path
from typing import NamedTuple

import msgspec

from models.ctr.probability import Calibration
from models.events import Tally


class Metrics(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Measured on the latest clicks, which neither training nor calibration saw, by the orders that have come so far."""

    clicks: int
    orders: int
    auc: float
    """How often a click with an order is ranked above one without; 0.5 is chance."""
    log_loss: float
    """Mean, in nats, of having seen an order by now."""
    rates_log_loss: float
    """The same of smoothed rates per line item."""
    constant_log_loss: float
    """The same of the training part's rate as a constant."""
    calibration: float
    """Orders predicted to have come by now, per order that has."""
    naive_calibration: float
    """Orders predicted in the end, per order that has come by now: more than 1 where orders are late."""


class Left(NamedTuple):
    """What was not learned from, and why."""

    without_bid: int
    """Clicks whose bid event is missing."""
    unjoined: int
    """Orders that do not lead to a click of the log; they count for the line item."""
    invalid: int
    """Clicks and orders that a rule calls invalid."""
    backwards: int
    """Orders from before their click: taken to have come at once."""
    cut: int
    """Orders of an absurd worth, taken for the most that is believed."""


class Report(NamedTuple):
    """`str()` of it is meant for the terminal."""

    folder: Path
    name: str
    clicks: int
    orders: int
    rates: str
    """How orders per click are told, and why so."""
    metrics: Metrics | None
    """Nothing where there was too little to try trees."""
    calibration: Calibration
    half_s: float
    """By then half of the orders have come."""
    most_s: float
    """By then nine in ten have."""
    worth: str
    """How the worth of orders is told."""
    tally: Tally
    left: Left
    seconds: float

    def __str__(self) -> str:
        tally, left = self.tally, self.left
        return (
            f"learned from {self.clicks} clicks with {self.orders} orders in {self.seconds:.1f} s: {self.folder.name}\n"
            f"log: {tally.lines} lines, {tally.damaged} unreadable, {tally.torn} torn; clicks without their bid"
            f" {left.without_bid}, orders without their click {left.unjoined}, before it {left.backwards},"
            f" of absurd worth {left.cut}; invalid clicks and orders {left.invalid}\n"
            f"half of the orders come within {_duration(self.half_s)}, nine in ten within {_duration(self.most_s)}\n"
            f"orders per click: {self.rates}\n"
            f"{self._judged()}"
            f"worth of orders: {self.worth}"
        )

    def _judged(self) -> str:
        metrics = self.metrics
        if metrics is None:
            return ""
        return (
            f"calibrated on later clicks: slope {self.calibration.slope:.3f},"
            f" intercept {self.calibration.intercept:+.3f}\n"
            f"trees judged on the {metrics.clicks} latest clicks with {metrics.orders} orders so far:\n"
            f"  AUC {metrics.auc:.4f}\n"
            f"  log loss {metrics.log_loss:.5f}, of rates per line item {metrics.rates_log_loss:.5f},"
            f" of a constant {metrics.constant_log_loss:.5f}\n"
            f"  predicted / actual orders {metrics.calibration:.3f};"
            f" {metrics.naive_calibration:.3f} with those to come\n"
        )


def _duration(seconds: float) -> str:
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} s"
