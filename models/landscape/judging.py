"""How well a landscape foretells which bids win, on rows that it did not learn from."""

from typing import NamedTuple

import numpy as np

from models.landscape.estimate import Floats
from models.landscape.evidence import Evidence
from models.landscape.keys import OF_AUCTIONS
from models.landscape.serving import LearnedLandscape
from models.measures import losses

_SURE = 1e-4
"""No chance is taken for nearer to 0 or 1."""


class Loss(NamedTuple):
    """What was foretold, and what came."""

    rows: int
    """Those at exchanges that the landscape knows."""
    log_loss: float
    """Per bid; 0 without rows."""
    plain_log_loss: float
    """Of a landscape that knows the exchanges alone."""
    calibration: float
    """Wins foretold for each that came; 1 where none came."""


def loss(landscape: LearnedLandscape, evidence: Evidence) -> Loss:
    """Judge by the prices that were offered."""
    chances, plain = foretold(landscape, evidence)
    known = ~np.isnan(chances)
    won = evidence.won[known]
    if not len(won):
        return Loss(0, 0.0, 0.0, 1.0)
    calibration = float(chances[known].sum() / won.sum()) if won.any() else 1.0
    return Loss(
        len(won),
        float(losses(doubt(chances[known]), won).mean()),
        float(losses(doubt(plain[known]), won).mean()),
        calibration,
    )


def foretold(landscape: LearnedLandscape, evidence: Evidence) -> tuple[Floats, Floats]:
    """Return the chance that each bid had by its narrowest key, and by its exchange; NaN where the auctions are unknown."""
    words = [
        [vocabulary[code] for code in column.tolist()]
        for column, vocabulary in zip(evidence.words, evidence.vocabularies, strict=True)
    ]
    found = np.full((len(evidence.at), 2), np.nan)
    for row, (chain, price) in enumerate(
        zip(zip(*words, strict=True), evidence.price.tolist(), strict=True)
    ):
        curves = landscape.curves(chain)
        if len(curves) >= OF_AUCTIONS:
            found[row] = curves[-1].chance(int(price)), curves[0].chance(int(price))
    return found[:, 0], found[:, 1]


def doubt(chances: Floats) -> Floats:
    """Return chances of which none is sure."""
    return np.clip(chances, _SURE, 1 - _SURE)
