"""A round for the click model: train a challenger, and judge it beside the champion on the latest impressions."""

from pathlib import Path

import numpy as np

from adserver.errors import InvalidConfig
from models.ctr import judging
from models.ctr.artifact import KIND, Artifact
from models.ctr.artifact import read as read_artifact
from models.ctr.dataset import Dataset, Floats, Progress, read
from models.ctr.learner import split
from models.ctr.train import train_rows
from models.registry.comparing import difference
from models.registry.rounds import Verdict
from models.registry.state import read_state

FEWEST_CLICKS = 20
"""With fewer clicks in the latest part nothing is promoted: chance would decide."""
MARGIN = 0.005
"""By so much of the champion's log loss the challenger's may at most be higher, at the upper end of the interval, unless it is
lower on the average: fresh tables are worth that."""
CALIBRATED = (0.67, 1.5)
"""Clicks predicted for each that came: outside, nothing is promoted."""
_MATURE_S = 60.0


def retrain(events: Path, root: Path, on_progress: Progress) -> Verdict:
    """Train on the log, publish, and say whether the new model should serve.

    Raises `InvalidConfig` if the log holds too little or is unreadable, `Unavailable` if LightGBM cannot run here.
    """
    data = read(events, mature_s=_MATURE_S, on_progress=on_progress)
    report = train_rows(data, root, str(events), on_progress=on_progress)
    name = report.folder.name
    champion = read_state(root).roles(KIND).champion
    if champion == name:
        return Verdict(name, better=False, why="the first of its kind: it serves")
    on_progress("comparing with the champion", 0.0)
    try:
        before = read_artifact(root, champion)
    except InvalidConfig as error:
        return Verdict(name, better=True, why=f"the champion cannot be used: {error}")
    after = read_artifact(root, name)
    if after.manifest.files == before.manifest.files:
        return Verdict(name, better=False, why="it learned the same as the champion")
    return judge(data, before, after)


def judge(data: Dataset, champion: Artifact, challenger: Artifact) -> Verdict:
    """Return which of two is to serve, by the part of the rows that the challenger was judged on."""
    rows = np.arange(split(data.clicked).second, len(data.at))
    clicked = data.clicked[rows]
    clicks = int(clicked.sum())
    about = f"on {len(rows):,} impressions with {clicks:,} clicks"
    if clicks < FEWEST_CLICKS:
        return Verdict(challenger.name, better=False, why=f"too little to judge: {about}")
    new, old = _predicted(data, challenger)[rows], _predicted(data, champion)[rows]
    worse_by = difference(new, old, clicked)
    ratio = float(new.sum()) / clicks
    side = "lower" if worse_by.value < 0 else "higher"
    why = (
        f"log loss {side} by {abs(worse_by.value):.6f} ({-worse_by.high:+.6f} to {-worse_by.low:+.6f} better), "
        f"{ratio:.2f} clicks predicted for each, {about}"
    )
    loss = float(-np.log(np.where(clicked, old, 1.0 - old)).mean())
    as_good = worse_by.value <= 0 or worse_by.high <= MARGIN * loss
    calibrated = CALIBRATED[0] <= ratio <= CALIBRATED[1]
    return Verdict(challenger.name, better=as_good and calibrated, why=why)


def _predicted(data: Dataset, artifact: Artifact) -> Floats:
    return judging.probabilities(
        data, artifact.tables, artifact.calibration, artifact.model.decode()
    )
