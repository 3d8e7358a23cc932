"""Models compared by what became of their bids, each figure with a 95 % interval by the bootstrap.

The bootstrap draws how often each impression counts from a Poisson law of mean 1 (Chamandy et al., 2012), with the same
draws for two models that were asked about the same impressions.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from models.measures import Floats, Ranked, losses
from models.registry.outcomes import Outcomes

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


class Standing(NamedTuple):
    """How a challenger's log loss stands to the champion's."""

    as_good: bool
    """Whether it may take the champion's place, as far as that goes."""
    said: str
    """`log loss lower by 0.002000 (+0.001000 to +0.003000 better)`"""


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
    above = losses(first, clicked) - losses(second, clicked)
    return _interval(np.array([float((above * w).sum() / w.sum()) for w in _weights(len(above))]))


def stand(
    challenger: Floats, champion: Floats, clicked: NDArray[np.bool_], margin: float
) -> Standing:
    """Return how two stand on the same rows, by what each foretold; none of that may be 0 or 1.

    By `margin` of the champion's log loss the challenger's may at most be higher, at the upper end of the interval, unless it is
    lower on the average.
    """
    worse_by = difference(challenger, champion, clicked)
    most = margin * float(losses(champion, clicked).mean())
    side = "lower" if worse_by.value < 0 else "higher"
    said = (
        f"log loss {side} by {abs(worse_by.value):.6f} "
        f"({-worse_by.high:+.6f} to {-worse_by.low:+.6f} better)"
    )
    return Standing(worse_by.value <= 0 or worse_by.high <= most, said)


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
    surprise, ranked = losses(predicted, clicked), Ranked(predicted, clicked)
    found = []
    for weights in _weights(len(surprise)):
        clicks = max(float(weights[clicked].sum()), 0.5)  # none in a draw: half of one
        ratio = float((weights * predicted).sum()) / clicks
        loss = float((weights * surprise).sum() / weights.sum())
        found.append((ratio, loss, ranked.area(weights)))
    ratios, log_losses, areas = np.array(found).T
    return _Drawn(ratios, log_losses, np.nan_to_num(areas, nan=0.5))  # of one kind: by chance


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
