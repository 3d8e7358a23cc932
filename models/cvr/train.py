"""Train the conversion model from the event log, publish it, and say what was found."""

import time
from pathlib import Path
from typing import NamedTuple

import msgspec

from adserver.domain.moment import rfc3339
from adserver.errors import Fault, InvalidConfig
from models.ctr.boosting import prove
from models.ctr.compiled import CompiledModel
from models.ctr.counters import Counters
from models.ctr.encoder import Encoder
from models.ctr.features import COLUMNS
from models.ctr.probability import Calibration
from models.ctr.trees import read_trees
from models.cvr.artifact import KIND, Trees, publish
from models.cvr.baseline import count, delays
from models.cvr.clicks import Found, find
from models.cvr.dataset import Clicked, read
from models.cvr.delays import Delays
from models.cvr.learner import Learned, lacking, learn
from models.cvr.report import Left, Report
from models.cvr.worth import Worth, learn_worth
from models.events import Tally
from models.progress import Progress, silent
from models.registry.manifest import Manifest
from models.registry.state import now_text


class Trained(NamedTuple):
    """All of a training run."""

    found: Found
    clicked: Clicked
    curve: Delays
    lacking: str
    """Why no trees were tried; nothing if they were."""
    learned: Learned | None
    worth: Worth

    @property
    def rates(self) -> Trees | None:
        """Return the trees for orders per click, where they are better than rates."""
        learned = self.learned
        return Trees(learned.model, learned.calibration) if learned and learned.better else None

    @property
    def factors(self) -> Trees | None:
        """Return the trees for the worth of an order, where they are better than means."""
        worth = self.worth
        return Trees(worth.model, worth.factors) if worth.model is not None else None


def train(events: Path, out: Path, *, seed: int = 1, on_progress: Progress = silent) -> Report:
    """Train on a folder of event segments and publish into the registry `out`: trees where they are better, rates else.

    The same log and seed give the same trees. Raises `InvalidConfig` if the log is unreadable or has no click to learn from,
    `Unavailable` if LightGBM cannot run here though there is enough for it.
    """
    started = time.monotonic()
    trained = learn_from(events, seed=seed, on_progress=on_progress)
    folder = publish_trained(out, trained)
    on_progress("done", 1.0)
    return report(trained, folder, time.monotonic() - started)


def learn_from(events: Path, *, seed: int = 1, on_progress: Progress = silent) -> Trained:
    """Train as `train` does and publish nothing."""
    found = find(events, Tally(), on_progress)
    if not found.clicks:
        tally = found.tally
        raise InvalidConfig([Fault(
            str(events), "$",
            f"holds no click to learn from ({found.invalid} invalid clicks and orders,"
            f" {tally.damaged} unreadable and {tally.torn} torn lines of {tally.lines}); serve some traffic first",
        )])  # fmt: skip
    clicked = read(events, found, on_progress)
    curve = delays(found)
    if problem := lacking(clicked):
        return Trained(found, clicked, curve, problem, None, Worth(0))
    learned = learn(clicked, curve, seed=seed, on_progress=on_progress)
    return Trained(found, clicked, curve, "", learned, learn_worth(clicked, learned, seed=seed))


def publish_trained(out: Path, trained: Trained) -> Path:
    """Publish what was learned; return its folder. Raises `InvalidConfig` if it cannot be written."""
    learned, rates, factors = trained.learned, trained.rates, trained.factors
    if learned is not None and rates is not None:
        counters = Counters(read_trees(learned.model, COLUMNS), len(COLUMNS))
        compiled = CompiledModel("tried", counters, Encoder(learned.tables), learned.calibration)
        prove(compiled, learned.matrix, learned.log_odds)
    tables = learned.tables if learned is not None and (rates or factors) else None
    outcomes = count(trained.found, trained.curve)
    return publish(out, _manifest(trained), outcomes, tables, rates, factors)


def report(trained: Trained, folder: Path, seconds: float) -> Report:
    """Return what to tell of a run."""
    found, curve, learned = trained.found, trained.curve, trained.learned
    if learned is None:
        how = f"smoothed rates per line item: the log holds {trained.lacking}"
    elif learned.better:
        how = f"{learned.trees} trees"
    else:
        how = f"smoothed rates per line item: {learned.trees} trees were no better beyond doubt"
    return Report(
        folder=folder,
        name=f"{KIND}/{folder.name}",
        clicks=len(found.clicks),
        orders=len(found.orders),
        rates=how,
        metrics=learned.metrics if learned is not None else None,
        calibration=learned.calibration if learned is not None else Calibration(1.0, 0.0),
        half_s=curve.by(0.5),
        most_s=curve.by(0.9),
        worth=str(trained.worth),
        tally=found.tally,
        left=Left(
            trained.clicked.data.without_bid,
            found.unjoined,
            found.invalid,
            found.backwards,
            found.cut,
        ),
        seconds=seconds,
    )


def _manifest(trained: Trained) -> Manifest:
    found, learned, worth = trained.found, trained.learned, trained.worth
    times = [click.at for click in found.clicks.values()]
    metrics: dict[str, float] = {}
    if learned is not None:
        metrics = {name: float(x) for name, x in msgspec.structs.asdict(learned.metrics).items()}
        metrics |= {"worth_deviance": worth.deviance, "worth_means_deviance": worth.means_deviance}
    return Manifest(
        kind=KIND,
        created=now_text(),
        columns=COLUMNS,
        learned_from=rfc3339(min(times)),
        learned_until=rfc3339(max(times)),
        rows=len(found.clicks),
        positives=len(found.orders),
        metrics=metrics,
        parameters={
            "grown": learned.trees if learned is not None else 0,
            "rounds": learned.rounds if learned is not None else 0,
            "worth_orders": worth.orders,
        },
    )
