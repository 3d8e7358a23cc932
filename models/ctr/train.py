"""Train the click model from the event log: learn on the past, tune on what followed, judge on the rest."""

import time
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from adserver.errors import Fault, InvalidConfig
from models.ctr import calibration
from models.ctr.artifact import FORMAT, Manifest, publish
from models.ctr.booster import library
from models.ctr.compiled import CompiledModel
from models.ctr.dataset import MAX_ROWS, Dataset, Floats, Progress, read
from models.ctr.encoding import encode
from models.ctr.evaluate import evaluate
from models.ctr.features import COLUMNS, CONTEXT, WORDS, Encoder
from models.ctr.forest import MAX_LEAVES, Forest
from models.ctr.report import Report
from models.ctr.trees import read_trees

if TYPE_CHECKING:
    import lightgbm

MIN_IMPRESSIONS, MIN_CLICKS = 2_000, 50
MIN_CLICKS_TO_JUDGE = 3
"""In each of the two later parts."""
_TRAIN, _TUNE = 0.70, 0.85  # by time: train before the first, tune before the second, judge after
MAX_TREES = 200
_PATIENCE = 20
_CLICKS_PER_LEAF, _FEWEST_LEAVES = 50, 7
_PARAMETERS = {
    "objective": "binary",
    "learning_rate": 0.05,
    "min_data_in_leaf": 50,
    "min_sum_hessian_in_leaf": 10.0,  # about ten expected clicks in each leaf
    "feature_fraction": 0.8,
    "lambda_l2": 5.0,
    "min_data_per_group": 50,
    "deterministic": True,
    "force_row_wise": True,  # without it LightGBM times both ways, which is not repeatable
    "num_threads": 2,
    "verbosity": -1,
}
_PROVEN_ROWS = 256
_PROVEN_WITHIN = 1e-9


def _silent(stage: str, done: float) -> None:
    """Report progress to nobody."""


def train(
    events: Path,
    out: Path,
    *,
    seed: int = 1,
    on_progress: Progress = _silent,
    max_rows: int = MAX_ROWS,
    mature_s: float = 60.0,
) -> Report:
    """Train on a folder of event segments and publish the model into `out`.

    The same log and seed give the same trees. Raises `InvalidConfig` if the log is unreadable or
    holds too little, `Unavailable` if LightGBM cannot run here.
    """
    started = time.monotonic()
    library()  # says what to install, where importing the package would only fail
    data = read(events, max_rows=max_rows, mature_s=mature_s, on_progress=on_progress)
    clicked = data.clicked
    first, second = int(len(clicked) * _TRAIN), int(len(clicked) * _TUNE)
    _check_enough(events, data, clicked[first:second], clicked[second:])
    on_progress("encoding", 0.0)
    tables, matrix = encode(data, first)
    booster = _boost(matrix, clicked, first, second, seed, on_progress)
    text = booster.model_to_string(num_iteration=booster.best_iteration)
    trees = read_trees(text, COLUMNS)
    log_odds = np.asarray(
        booster.predict(matrix, raw_score=True, num_iteration=booster.best_iteration)
    )
    line = calibration.fit(log_odds[first:second], clicked[first:second])
    model = CompiledModel("trained", Forest(trees, len(COLUMNS)), Encoder(tables), line)
    _prove(model, matrix[:_PROVEN_ROWS], log_odds)
    on_progress("judging", 0.0)
    predicted = np.array(line.probabilities(log_odds[second:].tolist()))
    metrics = evaluate(predicted, clicked[second:], float(clicked[:first].mean()))
    manifest = Manifest(
        format=FORMAT,
        created=_rfc3339(time.time()),
        model_sha256=sha256(text.encode()).hexdigest(),
        columns=COLUMNS,
        trees=len(trees),
        tables=tables,
        calibration=line,
        trained_from=_rfc3339(data.at[0]),
        trained_until=_rfc3339(data.at[first - 1]),
        impressions=first,
        clicks=int(clicked[:first].sum()),
        metrics=metrics,
    )
    folder = publish(out, manifest, text.encode())
    on_progress("done", 1.0)
    return Report(
        folder,
        f"lightgbm/{folder.name}",
        len(trees),
        manifest.impressions,
        manifest.clicks,
        metrics,
        line,
        data.tally,
        data.without_bid,
        data.immature,
        data.invalid,
        time.monotonic() - started,
    )


def _check_enough(
    events: Path, data: Dataset, tuning: NDArray[np.bool_], judging: NDArray[np.bool_]
) -> None:
    impressions, clicks = len(data.at), int(data.clicked.sum())
    if impressions >= MIN_IMPRESSIONS and clicks >= MIN_CLICKS:
        if min(tuning.sum(), judging.sum()) >= MIN_CLICKS_TO_JUDGE:
            return
        found = f"{tuning.sum()} and {judging.sum()} clicks in its two latest sevenths"
        needed = f"{MIN_CLICKS_TO_JUDGE} in each"
    else:
        found = f"{impressions} measured impressions with {clicks} clicks"
        needed = f"{MIN_IMPRESSIONS} and {MIN_CLICKS}"
    left_out = (
        f"left out: {data.without_bid} impressions without their bid, {data.immature} too recent,"
        f" {data.invalid} invalid impressions and clicks,"
        f" {data.tally.damaged} unreadable and {data.tally.torn} torn lines of {data.tally.lines}"
    )
    raise InvalidConfig(
        [Fault(str(events), "$", f"holds {found}; at least {needed} are needed ({left_out})")]
    )


def _boost(
    matrix: Floats,
    clicked: NDArray[np.bool_],
    first: int,
    second: int,
    seed: int,
    on_progress: Progress,
) -> "lightgbm.Booster":
    """Return trees learned from the rows before `first`, as many as served `first` to `second` best."""
    import lightgbm  # noqa: PLC0415 - a second, 40 MB, and fatal at import where libgomp is missing

    past = lightgbm.Dataset(
        matrix[:first],
        clicked[:first],
        feature_name=list(COLUMNS),
        categorical_feature=list(WORDS),
    )
    after = past.create_valid(matrix[first:second], clicked[first:second])

    def tell(state: "lightgbm.callback.CallbackEnv") -> None:
        on_progress("growing trees", (state.iteration + 1) / MAX_TREES)

    # Few clicks cannot fill many leaves: large trees would only learn them by heart.
    leaves = min(max(int(clicked[:first].sum()) // _CLICKS_PER_LEAF, _FEWEST_LEAVES), MAX_LEAVES)
    return lightgbm.train(
        {**_PARAMETERS, "num_leaves": leaves, "seed": seed},
        past,
        MAX_TREES,
        valid_sets=[after],
        callbacks=[lightgbm.early_stopping(_PATIENCE, verbose=False), tell],
    )


def _prove(model: CompiledModel, rows: Floats, expected: Floats) -> None:
    """Publish nothing that serves other numbers than LightGBM predicts."""
    for row, log_odds in zip(rows.tolist(), expected.tolist(), strict=False):
        (served,) = model.log_odds(row[: len(CONTEXT)], [row[len(CONTEXT) :]])
        if abs(served - log_odds) > _PROVEN_WITHIN:
            raise RuntimeError(f"compiled trees say {served}, LightGBM {log_odds}: a bug of ours")


def _rfc3339(at_s: float) -> str:
    return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
