"""A round for the click model: train a challenger, and judge it beside the champion on the latest impressions."""

from pathlib import Path

import numpy as np

from adserver.errors import InvalidConfig
from models.ctr import judging
from models.ctr.artifact import KIND, Artifact
from models.ctr.artifact import read as read_artifact
from models.ctr.dataset import Dataset, Floats, read
from models.ctr.learner import split
from models.ctr.train import train_rows
from models.progress import Progress
from models.registry.comparing import stand
from models.registry.rounds import Verdict
from models.registry.state import read_state

FEWEST_CLICKS = 20
"""With fewer clicks in the latest part nothing is promoted: chance would decide."""
MARGIN = 0.005
"""Of the champion's log loss: fresh tables are worth that; see `stand`."""
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
        return Verdict.first(name)
    on_progress("comparing with the champion", 0.0)
    try:
        before = read_artifact(root, champion)
    except InvalidConfig as error:
        return Verdict.unopposed(name, error)
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
    standing = stand(new, old, clicked, MARGIN)
    ratio = float(new.sum()) / clicks
    calibrated = CALIBRATED[0] <= ratio <= CALIBRATED[1]
    why = f"{standing.said}, {ratio:.2f} clicks predicted for each, {about}"
    return Verdict(challenger.name, better=standing.as_good and calibrated, why=why)


def _predicted(data: Dataset, artifact: Artifact) -> Floats:
    return judging.probabilities(
        data, artifact.tables, artifact.calibration, artifact.model.decode()
    )
