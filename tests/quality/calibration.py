"""M2: probabilities on real logs, recalibrated on the first half of the time: do they come true in the second.

Nothing is chosen on these rows: the line is the one that training fits (`models.ctr.calibration`), and the parts are put right as
the server does it online (`models.ctr.recalibration`). The logged predictions, untouched, stand beside.
"""

import lzma
import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.ctr import calibration
from models.ctr.dataset import Floats
from models.ctr.recalibration import factors
from models.evaluation.baselines import chances
from models.evaluation.slices import poisson
from tests.quality.auctions import FOLDER, load
from tests.quality.clicks import LATE, entropy_of, judged
from tests.torture.figures import Figure, Missing, Scale


def run(scale: Scale) -> list[Figure]:
    """Measure both logs. Raises `Missing` without them."""
    figures = []
    for name in ("test", "train"):
        log = load(name)
        log_odds = _log_odds(log.chances)
        exchanges = _exchanges(name)
        figures += halves(
            f"ipinyou 1458, {name} file, the bidder's own pCTR", log_odds, log.clicked, exchanges
        )
    found, clicked = judged(LATE if scale.full else range(25, 26))
    figures += halves("avazu, our model", found["ours"], clicked)
    return figures


def halves(
    what: str,
    log_odds: Floats,
    clicked: NDArray[np.bool_],
    parts: NDArray[np.int64] | None = None,
) -> list[Figure]:
    """Recalibrate rows in the order of time on their first half, and judge the second."""
    half = len(clicked) // 2
    line = calibration.fit(log_odds[:half], clicked[:half])
    predicted = chances(line.slope * log_odds + line.intercept)
    later = clicked[half:]
    figures = [
        _figure(f"{what}: as logged", chances(log_odds[half:]), later, barred=False),
        _figure(f"{what}: recalibrated", predicted[half:], later, barred=True),
    ]
    if parts is not None:
        figures.append(
            _figure(
                f"{what}: and per exchange",
                _by_part(predicted, clicked, parts, half),
                later,
                barred=True,
            )
        )
    return figures


def _by_part(
    predicted: Floats, clicked: NDArray[np.bool_], parts: NDArray[np.int64], half: int
) -> Floats:
    """Return the second half's probabilities with the odds factors that the first half's counts give."""
    counts = {
        part: (
            float(predicted[:half][parts[:half] == part].sum()),
            float(clicked[:half][parts[:half] == part].sum()),
        )
        for part in np.unique(parts).tolist()
    }
    found = factors(counts)
    moved = np.log([found[part] for part in parts[half:].tolist()])
    return chances(_log_odds(predicted[half:]) + moved)


def _figure(what: str, predicted: Floats, clicked: NDArray[np.bool_], *, barred: bool) -> Figure:
    clicks, expected = int(clicked.sum()), float(predicted.sum())
    low, high = poisson(clicks)
    entropy = entropy_of(predicted, clicked)
    inside = low <= expected <= high
    return Figure(
        "M2",
        what,
        f"predicted / actual {expected / clicks:.3f} (95 % by chance {low / clicks:.3f} to {high / clicks:.3f}; {clicks:,} clicks); "
        f"normalised entropy {entropy:.4f}",
        "inside, entropy < 1" if barred else "told, no bar",
        not barred or (inside and entropy < 1),
    )


def _log_odds(probabilities: Floats) -> Floats:
    held = np.clip(probabilities, 1e-7, 1 - 1e-7)
    found: Floats = np.log(held / (1 - held))
    return found


def _exchanges(name: str) -> NDArray[np.int64]:
    root = os.environ.get("ADSERVER_CORPUS")
    path = Path(root or "", FOLDER, f"{name}.txt.xz")
    if not path.exists():
        raise Missing("ADSERVER_CORPUS names no folder with the logged auctions")
    with lzma.open(path, "rt") as lines:
        return np.array([line.split("\t")[3] for line in lines], np.int64)
