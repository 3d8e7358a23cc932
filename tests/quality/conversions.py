"""The conversion model where orders are late: a week of clicks with a mean delay of a day, the latest clicks judged by the truth.

In each world (another seed of `tests/unit/models_cvr/world.py`) the real reader, delay curve and learner see what a log knows
when the week ends. Judged is the last part, of whose orders most are still to come: predicted orders over those that will have
come in the mean, and the gap to the log loss of the truth. Beside it stand the same trees with missing orders taken for none, as
a learner has it that knows of no delays. Intervals are over worlds (bootstrap). All constants were set on other seeds.
"""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np

from models.cvr.baseline import delays
from models.cvr.clicks import find
from models.cvr.dataset import read
from models.cvr.delays import Delays
from models.cvr.learner import Learned, learn
from models.events import Tally
from models.progress import silent
from tests.quality.auctions import Floats
from tests.quality.intervals import interval
from tests.torture.figures import Figure, Scale
from tests.unit.models_cvr.world import bought, write_log

CLICKS = 10_000
WITHIN = 0.05
_DRAWS = 2_000


class Judged(NamedTuple):
    """Of one world: predicted orders over true ones, and mean Kullback-Leibler divergence from the truth, in nats."""

    ratio: float
    divergence: float


def run(scale: Scale) -> list[Figure]:
    """Return how far predictions are from the truth, with delays and without."""
    worlds = [world(scale.seed * 100 + each) for each in range(scale.count(24, 1))]
    corrected, naive = (np.array([judged[side] for judged in worlds]) for side in (0, 1))
    ratio, low, high = _interval(corrected[:, 0])
    naive_ratio, naive_low, naive_high = _interval(naive[:, 0])
    nearer, least, most = _interval(naive[:, 1] - corrected[:, 1])
    return [
        Figure(
            "conversions",
            f"orders predicted of the latest clicks / those that will have come, {len(worlds)} worlds",
            f"{ratio:.3f} ({low:.3f} to {high:.3f}); missing ones taken for none:"
            f" {naive_ratio:.3f} ({naive_low:.3f} to {naive_high:.3f})",
            f"within {WITHIN:.0%} of 1",
            abs(ratio - 1) <= WITHIN,
        ),
        Figure(
            "conversions",
            "nats nearer to the truth than without delays, per click",
            f"{nearer:.5f} ({least:.5f} to {most:.5f}) of {naive[:, 1].mean():.5f}",
            "the interval above 0",
            least > 0,
        ),
    ]


def world(seed: int) -> tuple[Judged, Judged]:
    """Return how the last part of one world was predicted: with the delays, and without."""
    clicks = list(bought(CLICKS, seed))
    with TemporaryDirectory() as folder:
        log = write_log(Path(folder), clicks, seed)
        found = find(log, Tally())
        clicked = read(log, found, silent)
    truth = np.array([each.probability for each in clicks])
    with_delays, without = (
        _judged(learn(clicked, curve, seed=1, on_progress=silent), truth)
        for curve in (delays(found), Delays())
    )
    return with_delays, without


def _judged(learned: Learned, truth: Floats) -> Judged:
    later = slice(learned.parts.second, None)
    true = truth[later]
    told = np.array(learned.calibration.probabilities(learned.log_odds[later].tolist()))
    divergence = true * np.log(true / told) + (1 - true) * np.log((1 - true) / (1 - told))
    return Judged(float(told.sum() / true.sum()), float(divergence.mean()))


def _interval(values: Floats) -> tuple[float, float, float]:
    return float(values.mean()), *interval(lambda rows: values[rows].mean(), len(values), 1, _DRAWS)
