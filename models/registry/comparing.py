"""Models compared by what became of their bids, each figure with a 95 % interval by the bootstrap.

The bootstrap draws how often each impression counts from a Poisson law of mean 1 (Chamandy et al., 2012), with the same
draws for two models that were asked about the same impressions.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from models.registry.outcomes import Floats, Outcomes

DRAWS = 200
_SEED = 7
_ENDS = (2.5, 97.5)
FEWEST_CLICKS = 5
"""With fewer nothing is said of how good a model is."""


class Interval(msgspec.Struct, frozen=True):
    """A figure, and between which two it lies in 95 of 100 draws."""

    value: float
    low: float
    high: float


class Arm(msgspec.Struct, frozen=True, kw_only=True):
    """How a model did, or would have done: a shadow decides nothing, so it has no bids, value or spend."""

    model: str
    role: str
    bids: int
    impressions: int
    clicks: int
    predicted: float
    """Clicks that it expected."""
    calibration: Interval | None = None
    """Clicks expected for each that came; nothing here where there were too few clicks."""
    log_loss: Interval | None = None
    auc: Interval | None = None
    worse_by: Interval | None = None
    """Its log loss above the champion's: of a shadow on the same impressions, of a canary on others of the same time."""
    value: float = 0.0
    """What its impressions were worth as it saw them, house nanos."""
    price: float = 0.0
    """What was offered for them."""

    @property
    def worse(self) -> bool:
        """Whether it is worse than the champion beyond chance."""
        return self.worse_by is not None and self.worse_by.low > 0


class _Drawn(NamedTuple):
    """Figures of the rows as they are, first, and of each draw."""

    calibration: Floats
    log_loss: Floats
    auc: Floats


def compare(outcomes: Outcomes, roles: dict[str, str], champion: str) -> list[Arm]:
    """Return an arm for each model that decided or was asked, the champion first.

    `roles` says what each is now, by its name in events.
    """
    arms = []
    base = None
    order = sorted(outcomes.models, key=lambda name: (name != champion, name))
    for name in order:
        index = outcomes.models.index(name)
        decided = outcomes.model == index
        if decided.any():
            drawn = _drawn(outcomes.predicted[decided], outcomes.clicked[decided])
            if name == champion:
                base = drawn
            arms.append(
                _arm(outcomes, decided, name, roles.get(name, "served before"), drawn, base)
            )
        asked = outcomes.shadow == index
        if asked.any():
            arms.append(_shadow(outcomes, asked, name, roles.get(name, "shadow before")))
    return arms


def difference(first: Floats, second: Floats, clicked: NDArray[np.bool_]) -> Interval:
    """Return by how much the log loss of `first` is above that of `second`, on the same rows."""
    losses = _losses(first, clicked) - _losses(second, clicked)
    return _interval(np.array([float((losses * w).sum() / w.sum()) for w in _weights(len(losses))]))


def _arm(
    outcomes: Outcomes,
    rows: NDArray[np.bool_],
    name: str,
    role: str,
    drawn: "_Drawn | None",
    base: "_Drawn | None",
) -> Arm:
    worse = None
    if drawn is not None and base is not None and base is not drawn:
        worse = _interval(drawn.log_loss - base.log_loss)
    return Arm(
        model=name,
        role=role,
        bids=outcomes.bids.get(name, 0),
        impressions=int(rows.sum()),
        clicks=int(outcomes.clicked[rows].sum()),
        predicted=float(outcomes.predicted[rows].sum()),
        **_figures(drawn),
        worse_by=worse,
        value=float(outcomes.value[rows].sum()),
        price=float(outcomes.price[rows].sum()),
    )


def _shadow(outcomes: Outcomes, rows: NDArray[np.bool_], name: str, role: str) -> Arm:
    clicked = outcomes.clicked[rows]
    drawn = _drawn(outcomes.shadow_predicted[rows], clicked)
    worse = None
    if drawn is not None:
        worse = difference(outcomes.shadow_predicted[rows], outcomes.predicted[rows], clicked)
    return Arm(
        model=name,
        role=role,
        bids=0,
        impressions=int(rows.sum()),
        clicks=int(clicked.sum()),
        predicted=float(outcomes.shadow_predicted[rows].sum()),
        **_figures(drawn),
        worse_by=worse,
    )


def _figures(drawn: "_Drawn | None") -> dict[str, Any]:
    if drawn is None:
        return {}
    return {name: _interval(getattr(drawn, name)) for name in _Drawn._fields}


def _drawn(predicted: Floats, clicked: NDArray[np.bool_]) -> "_Drawn | None":
    if not FEWEST_CLICKS <= clicked.sum() <= len(clicked) - FEWEST_CLICKS:
        return None
    losses = _losses(predicted, clicked)
    order = np.argsort(predicted, kind="stable")
    _, starts = np.unique(predicted[order], return_index=True)
    found = []
    for weights in _weights(len(losses)):
        clicks = max(float(weights[clicked].sum()), 0.5)  # none in a draw: half of one
        ratio = float((weights * predicted).sum()) / clicks
        loss = float((weights * losses).sum() / weights.sum())
        found.append((ratio, loss, _auc(weights[order], clicked[order], starts)))
    return _Drawn(*np.array(found).T)


def _auc(weights: Floats, clicked: NDArray[np.bool_], starts: NDArray[np.intp]) -> float:
    """Return the area under the ROC curve of rows in order of their predictions, ties counted half."""
    clicks = np.add.reduceat(np.where(clicked, weights, 0.0), starts)
    others = np.add.reduceat(np.where(clicked, 0.0, weights), starts)
    below = np.cumsum(others) - others / 2
    pairs = clicks.sum() * others.sum()
    return float((clicks * below).sum() / pairs) if pairs else 0.5


def _losses(predicted: Floats, clicked: NDArray[np.bool_]) -> Floats:
    found: Floats = -np.log(np.where(clicked, predicted, 1.0 - predicted))
    return found


def _weights(rows: int) -> Iterator[Floats]:
    """Yield how often each row counts: once each, then as drawn, the same for the same number of rows."""
    dice = np.random.default_rng(_SEED)
    yield np.ones(rows)
    for _ in range(DRAWS):
        drawn = dice.poisson(1.0, rows).astype(np.float64)
        yield drawn if drawn.any() else np.ones(rows)


def _interval(drawn: Floats) -> Interval:
    low, high = np.percentile(drawn[1:], _ENDS)
    return Interval(float(drawn[0]), float(low), float(high))
