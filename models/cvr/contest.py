"""A round for the conversion model: train a challenger, and judge it beside the champion on the latest clicks."""

from pathlib import Path

import numpy as np

from adserver.errors import InvalidConfig
from models.ctr.dataset import Floats, Progress
from models.ctr.judging import probabilities
from models.cvr.artifact import KIND, MODEL, parsed
from models.cvr.train import Trained, learn_from, publish_trained
from models.registry import artifacts
from models.registry.comparing import difference
from models.registry.rounds import Verdict
from models.registry.state import read_state

MARGIN = 0.01
"""By so much of the champion's log loss the challenger's may at most be higher, at the upper end of the interval, unless it is
lower on the average: fresh counts are worth that."""
_LEAST = 1e-9


def retrain(events: Path, root: Path, on_progress: Progress) -> Verdict:
    """Train on the log, publish, and say whether the new model should serve.

    Raises `InvalidConfig` if the log has nothing to learn from or is unreadable, `Unavailable` if LightGBM cannot run here.
    """
    trained = learn_from(events, on_progress=on_progress)
    name = publish_trained(root, trained).name
    champion = read_state(root).roles(KIND).champion
    if champion == name:
        return Verdict(name, better=False, why="the first of its kind: it serves")
    if trained.learned is None or trained.rates is None:
        return Verdict(name, better=True, why="fresh counts; trees are no better than rates")
    on_progress("comparing with the champion", 0.0)
    try:
        before = _predicted(trained, artifacts.read(root, KIND, champion))
    except (InvalidConfig, ValueError) as error:
        return Verdict(name, better=True, why=f"the champion cannot be used: {error}")
    if before is None:
        return Verdict(name, better=True, why="trees are better than the champion's rates")
    return judge(trained, name, before)


def judge(trained: Trained, name: str, before: Floats) -> Verdict:
    """Return which of two with trees is to serve, by the clicks after those that the challenger was tuned on.

    `before` are the champion's orders per click, of all rows.
    """
    learned = trained.learned
    if learned is None:
        raise ValueError("nothing was learned")
    rows = np.arange(learned.parts.second, len(before))
    ordered = trained.clicked.data.clicked[rows]
    come = trained.curve.share(trained.clicked.ages_s[rows])
    now = np.array(learned.calibration.probabilities(learned.log_odds[rows].tolist()))
    new, old = (np.clip(each * come, _LEAST, 1 - _LEAST) for each in (now, before[rows]))
    worse_by = difference(new, old, ordered)
    loss = float(-np.log(np.where(ordered, old, 1.0 - old)).mean())
    side = "lower" if worse_by.value < 0 else "higher"
    why = (
        f"log loss {side} by {abs(worse_by.value):.6f} ({-worse_by.high:+.6f} to {-worse_by.low:+.6f} better) "
        f"on {len(rows):,} clicks with {int(ordered.sum()):,} orders so far"
    )
    better = worse_by.value <= 0 or worse_by.high <= MARGIN * loss
    return Verdict(name, better=better, why=why)


def _predicted(trained: Trained, champion: artifacts.Artifact) -> Floats | None:
    """Return the champion's orders per click by its trees; nothing if it has none."""
    whole = parsed(champion)
    if whole.tables is None or whole.calibration is None:
        return None
    text = champion.files[MODEL].decode("ascii")
    return probabilities(trained.clicked.data, whole.tables, whole.calibration, text)
