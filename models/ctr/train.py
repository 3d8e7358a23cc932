"""Train the click model from the event log, publish it, and say what was found."""

import time
from collections.abc import Callable
from pathlib import Path

import msgspec
from msgspec.structs import replace

from adserver.domain.moment import rfc3339
from adserver.errors import Fault, InvalidConfig
from models.ctr.artifact import CALIBRATION, KIND, MODEL, TABLES, publish
from models.ctr.booster import library
from models.ctr.boosting import MAX_TREES, prove
from models.ctr.compiled import CompiledModel
from models.ctr.counters import Counters
from models.ctr.dataset import MAX_ROWS, Dataset, read
from models.ctr.encoder import Encoder
from models.ctr.features import COLUMNS, SERVED
from models.ctr.learner import Learned, lacking, learn
from models.ctr.report import Report
from models.ctr.spread import spread
from models.ctr.trees import read_trees
from models.progress import Progress, silent
from models.registry.manifest import Manifest
from models.registry.state import now_text

Teller = Callable[[Dataset, Learned, Path], None]
"""Called with what was learned from what, and the folder in which it lies now."""


def train(
    events: Path,
    out: Path,
    *,
    seed: int = 1,
    on_progress: Progress = silent,
    max_rows: int = MAX_ROWS,
    mature_s: float = 60.0,
    trees: int = MAX_TREES,
    searched: int = 0,
    tell: Teller | None = None,
) -> Report:
    """Train on a folder of event segments and publish the model into the registry `out`.

    The same log and seed give the same trees. Raises `InvalidConfig` if the log is unreadable or
    holds too little, `Unavailable` if LightGBM cannot run here.
    """
    library()  # before an hour of reading
    data = read(events, max_rows=max_rows, mature_s=mature_s, on_progress=on_progress)
    return train_rows(
        data,
        out,
        str(events),
        seed=seed,
        on_progress=on_progress,
        trees=trees,
        searched=searched,
        tell=tell,
    )


def train_rows(
    data: Dataset,
    out: Path,
    origin: str,
    *,
    seed: int = 1,
    on_progress: Progress = silent,
    trees: int = MAX_TREES,
    searched: int = 0,
    tell: Teller | None = None,
    plain: bool = False,
) -> Report:
    """Train on rows from wherever and publish into the registry `out`, or only write into that folder if `plain`.

    Raises as `train`; also `InvalidConfig` for rows of another schema than `SERVED`, unless `plain`.
    """
    started = time.monotonic()
    check_enough(data, origin)
    if data.schema != SERVED and not plain:
        message = "has columns that serving cannot fill: write the model elsewhere (--out)"
        raise InvalidConfig([Fault(origin, "$", message)])
    learned = learn(data, seed=seed, on_progress=on_progress, trees=trees, searched=searched)
    folder = _written(out, learned) if plain else _published(out, data, learned)
    if tell is not None:
        tell(data, learned, folder)
    on_progress("done", 1.0)
    first = learned.parts.first
    return Report(
        folder=folder,
        name=f"lightgbm/{folder.name}",
        trees=learned.trees,
        impressions=first,
        clicks=int(data.clicked[:first].sum()),
        metrics=learned.metrics,
        calibration=learned.calibration,
        tally=data.tally,
        without_bid=data.without_bid,
        immature=data.immature,
        invalid=data.invalid,
        seconds=time.monotonic() - started,
    )


def _published(out: Path, data: Dataset, learned: Learned) -> Path:
    """Prove that it serves what it learned, and publish."""
    counters = Counters(read_trees(learned.model, COLUMNS), len(COLUMNS))
    compiled = CompiledModel("trained", counters, Encoder(learned.tables), learned.calibration)
    prove(compiled, learned.matrix, learned.log_odds)
    tables = replace(
        learned.tables,
        spread=learned.calibration.slope * spread(compiled.log_odds, data, learned.tables),
    )
    return publish(
        out, manifest(data, learned), tables, learned.calibration, learned.model.encode()
    )


def _written(out: Path, learned: Learned) -> Path:
    """Write the parts of a model that nobody will serve."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / MODEL).write_text(learned.model, "utf-8")
        (out / TABLES).write_bytes(msgspec.json.encode(learned.tables))
        (out / CALIBRATION).write_bytes(msgspec.json.encode(learned.calibration))
    except OSError as error:
        raise InvalidConfig([Fault(str(out), "$", f"cannot be written to: {error}")]) from error
    return out


def manifest(data: Dataset, learned: Learned) -> Manifest:
    """Return what the registry is told of a model."""
    first = learned.parts.first
    return Manifest(
        kind=KIND,
        created=now_text(),
        columns=learned.tables.schema.columns,
        learned_from=rfc3339(data.at[0]),
        learned_until=rfc3339(data.at[first - 1]),
        rows=first,
        positives=int(data.clicked[:first].sum()),
        metrics={
            name: float(value) for name, value in msgspec.structs.asdict(learned.metrics).items()
        },
        parameters={
            **msgspec.structs.asdict(learned.parameters),
            "unclicked_share": learned.share,
            "grown": learned.trees,
        },
    )


def check_enough(data: Dataset, origin: str) -> None:
    """Raise `InvalidConfig`, with everything that was left out, if the rows cannot teach."""
    if not (found := lacking(data.clicked)):
        return
    left_out = (
        f"left out: {data.without_bid} impressions without their bid, {data.immature} too recent,"
        f" {data.invalid} invalid impressions and clicks,"
        f" {data.tally.damaged} unreadable and {data.tally.torn} torn lines of {data.tally.lines}"
    )
    raise InvalidConfig([Fault(origin, "$", f"holds {found} ({left_out})")])
