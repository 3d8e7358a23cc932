"""A round for the conversion model: train a challenger, and judge it beside the champion on the latest clicks."""

from pathlib import Path

import numpy as np

from adserver.errors import InvalidConfig
from models.ctr.dataset import Floats
from models.ctr.judging import probabilities
from models.cvr.artifact import KIND, MODEL, parsed
from models.cvr.train import Trained, learn_from, publish_trained
from models.progress import Progress
from models.registry import artifacts
from models.registry.comparing import stand
from models.registry.rounds import Verdict
from models.registry.state import read_state

MARGIN = 0.01
"""Of the champion's log loss: fresh counts are worth that; see `stand`."""
_LEAST = 1e-9


def retrain(events: Path, root: Path, on_progress: Progress) -> Verdict:
    """Train on the log, publish, and say whether the new model should serve.

    Raises `InvalidConfig` if the log has nothing to learn from or is unreadable, `Unavailable` if LightGBM cannot run here.
    """
    trained = learn_from(events, on_progress=on_progress)
    name = publish_trained(root, trained).name
    champion = read_state(root).roles(KIND).champion
    if champion == name:
        return Verdict.first(name)
    if trained.learned is None or trained.rates is None:
        return Verdict(name, better=True, why="fresh counts; trees are no better than rates")
    on_progress("comparing with the champion", 0.0)
    try:
        before = _predicted(trained, artifacts.read(root, KIND, champion))
    except (InvalidConfig, ValueError) as error:
        return Verdict.unopposed(name, error)
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
    standing = stand(new, old, ordered, MARGIN)
    about = f"on {len(rows):,} clicks with {int(ordered.sum()):,} orders so far"
    return Verdict(name, better=standing.as_good, why=f"{standing.said} {about}")


def _predicted(trained: Trained, champion: artifacts.Artifact) -> Floats | None:
    """Return the champion's orders per click by its trees; nothing if it has none."""
    whole = parsed(champion)
    if whole.tables is None or whole.calibration is None:
        return None
    text = champion.files[MODEL].decode("ascii")
    return probabilities(trained.clicked.data, whole.tables, whole.calibration, text)
