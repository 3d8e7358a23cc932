"""Everything that is found out about a trained model, for its report and its card."""

from typing import NamedTuple

import numpy as np

from models.ctr.affinity import parts
from models.ctr.dataset import Dataset, Floats
from models.ctr.evaluate import Metrics, evaluate
from models.ctr.judging import booster
from models.ctr.learner import Learned
from models.evaluation import reasons
from models.evaluation.baselines import chances, coded, tuned_linear, tuned_machine
from models.evaluation.bootstrap import Paired, paired
from models.evaluation.drift import drift
from models.evaluation.slices import Slice, Step, reliability, slices
from models.progress import Progress

MAX_ROWS = 50_000
"""Linear and factorised models are compared on the latest rows, so many at most: all three learn from these alone then."""
_ROUNDS = 500
_EXPLAINED = 3


class Rival(NamedTuple):
    """Another model on the same rows."""

    name: str
    metrics: Metrics
    ours: Paired
    """How our model does beside it."""


class Study(NamedTuple):
    """What was found out."""

    metrics: Metrics
    learned_rows: int
    learned_clicks: int
    rivals: list[Rival]
    rivals_rows: int
    """How many rows the linear and the factorised model have learned from."""
    slices: list[Slice]
    steps: list[Step]
    drift: dict[str, float]
    importances: dict[str, float]
    weights: dict[str, float]
    """Of the linear stage: how far each of its parts moves log odds among the judged rows."""
    explained: list[tuple[float, dict[str, float]]]
    """Some of the judged decisions: what was predicted, and what each column added to the log odds."""


def study(
    data: Dataset, learned: Learned, *, compared: bool, seed: int, on_progress: Progress
) -> Study:
    """Find out everything; `compared` with others too, which takes longer than training where rows are many."""
    on_progress("writing the report", 0.0)
    schema = data.schema
    first, second = learned.parts
    clicked, predicted = data.clicked, np.clip(learned.predicted, 1e-9, 1 - 1e-9)
    judged = np.arange(second, len(clicked))
    trees = booster(learned.model)
    base = float(clicked[:first].mean())
    constant = np.full(len(judged), min(max(base, 1e-9), 1 - 1e-9))
    rivals = [_rival("a constant", constant, predicted, data, second, base, seed)]
    rows = min(first, MAX_ROWS)
    if compared:
        rivals += _others(data, learned, predicted, base, seed, on_progress)
    order = np.argsort(predicted, kind="stable")
    shown = order[np.linspace(len(order) - 1, 0, _EXPLAINED).astype(int)]
    affinity = learned.tables.affinity
    stage = {} if affinity is None else parts(affinity, data.take(judged))
    begins = 0.0 if affinity is None else affinity.base
    return Study(
        metrics=learned.metrics,
        learned_rows=first,
        learned_clicks=int(clicked[:first].sum()),
        rivals=rivals,
        rivals_rows=rows,
        slices=slices(data, judged, predicted),
        steps=reliability(predicted, clicked[second:]),
        drift=drift(learned.matrix, schema, first, second),
        importances=reasons.importances(trees, schema),
        weights=reasons.weights(stage),
        explained=[
            (
                float(predicted[row]),
                reasons.contributions(
                    trees,
                    learned.matrix[second + row],
                    schema,
                    {"everything else": begins}
                    | {name: float(part[row]) for name, part in stage.items()},
                ),
            )
            for row in shown.tolist()
        ],
    )


def _others(
    data: Dataset,
    learned: Learned,
    predicted: Floats,
    base: float,
    seed: int,
    on_progress: Progress,
) -> list[Rival]:
    """Return the linear and the factorised model, each tuned on the part that our model was tuned on."""
    first, second = learned.parts
    start = max(0, first - MAX_ROWS)
    table = data.take(np.arange(start, len(data.at)))
    clicked = table.clicked
    codes = coded(table, first - start)
    found = []
    for name, fit in (
        ("logistic regression", tuned_linear(codes, clicked, first - start, second - start)),
        (
            "factorisation machine",
            tuned_machine(codes, clicked, first - start, second - start, seed),
        ),
    ):
        on_progress("comparing with others", 0.5)
        found.append(
            _rival(name, chances(fit[second - start :]), predicted, data, second, base, seed)
        )
    return found


def _rival(
    name: str,
    theirs: Floats,
    ours: Floats,
    data: Dataset,
    second: int,
    base: float,
    seed: int,
) -> Rival:
    clicked = data.clicked[second:]
    return Rival(
        name, evaluate(theirs, clicked, base), paired(ours, theirs, clicked, seed, _ROUNDS)
    )
