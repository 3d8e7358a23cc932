"""A round for the landscape: learn anew, and judge that beside the champion on the latest bids."""

from pathlib import Path

import numpy as np

from adserver.errors import InvalidConfig
from models.landscape.artifact import KIND, read, served
from models.landscape.evidence import Evidence
from models.landscape.evidence import read as read_log
from models.landscape.hierarchy import STRENGTH
from models.landscape.judging import doubt, foretold
from models.landscape.serving import LearnedLandscape
from models.landscape.train import learn, parts, train_rows
from models.progress import Progress
from models.registry.comparing import stand
from models.registry.rounds import Verdict
from models.registry.state import read_state

FEWEST_WINS = 20
"""With fewer wins in the latest part nothing is promoted: chance would decide."""
MARGIN = 0.01
"""Of the champion's log loss: fresh curves are worth that; see `stand`."""


def retrain(events: Path, root: Path, on_progress: Progress) -> Verdict:
    """Learn from the log, publish, and say whether the new landscape should serve.

    What is compared with the champion on the latest bids learned from those before them; what is published learned from
    all, in the same way. Raises `InvalidConfig` if the log holds too little or is unreadable.
    """
    evidence = read_log(events, on_progress=on_progress)
    report = train_rows(evidence, root, str(events), on_progress=on_progress)
    champion = read_state(root).roles(KIND).champion
    if champion == report.name:
        return Verdict.first(report.name)
    try:
        before = read(root, champion)
    except InvalidConfig as error:
        return Verdict.unopposed(report.name, error)
    early, late = parts(evidence)
    return judge(late, before, served(learn(early, STRENGTH)), report.name)


def judge(
    late: Evidence, champion: LearnedLandscape, challenger: LearnedLandscape, name: str
) -> Verdict:
    """Return which is to serve, by which foretells better what became of the latest bids."""
    old, _ = foretold(champion, late)
    new, _ = foretold(challenger, late)
    both = ~np.isnan(old) & ~np.isnan(new)
    won = late.won[both]
    about = f"on {len(won):,} bids with {int(won.sum()):,} wins"
    if int((~np.isnan(new)).sum()) > int((~np.isnan(old)).sum()):
        return Verdict(
            name, better=True, why=f"it knows exchanges that the champion does not, {about}"
        )
    if int(won.sum()) < FEWEST_WINS:
        return Verdict(name, better=False, why=f"too little to judge: {about}")
    standing = stand(doubt(new[both]), doubt(old[both]), won, MARGIN)
    return Verdict(name, better=standing.as_good, why=f"{standing.said}, {about}")
