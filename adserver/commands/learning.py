"""`train`: clicks, orders and the landscape of prices, from the event log; clicks from any other table, too."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.progress import Progress

from adserver import bootstrap
from adserver.commands.terminal import OK, command, err, out, print_json
from adserver.config import Loaded, load_settings
from adserver.errors import Fault, InvalidConfig
from models.progress import Progress as Tell
from models.progress import silent

if TYPE_CHECKING:
    from models.ctr.report import Report


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add this command."""
    parser = command(commands, "train", train, "Train a model from the event log, or from a table.")
    parser.add_argument(
        "what", choices=("ctr", "cvr", "landscape"), help="clicks, orders per click, or prices"
    )
    parser.add_argument("--events", type=Path, help="another folder of event segments, or one file")
    parser.add_argument(
        "--table", type=Path, help="ctr: a table instead, .csv, .csv.gz, .csv.xz or .parquet"
    )
    parser.add_argument("--mapping", type=Path, help="which column of the table is what")
    parser.add_argument(
        "--out", type=Path, help="ctr from a table: where the model goes, if not into the registry"
    )
    parser.add_argument("--seed", type=int, default=1, help="same log and seed: same model")
    parser.add_argument(
        "--search",
        type=int,
        default=0,
        metavar="N",
        help="try N other hyper-parameters first; of the landscape: its few",
    )
    parser.add_argument(
        "--trees",
        type=int,
        default=0,
        metavar="N",
        help="ctr: at most so many trees (default: 200)",
    )
    parser.add_argument(
        "--rows",
        type=int,
        default=0,
        metavar="N",
        help="ctr: the latest N impressions (default: 2,000,000)",
    )
    parser.add_argument(
        "--alone", action="store_true", help="ctr: no comparison with linear and factorised models"
    )


def train(options: argparse.Namespace) -> int:
    """Train, judge on later events, publish."""
    loaded = load_settings(options.config)
    _check(options)
    with Progress(console=err, disable=options.json) as progress:
        task = progress.add_task("training", total=1.0)

        def tell(stage: str, done: float) -> None:
            progress.update(task, description=stage, completed=done)

        report = _train(options, loaded, tell)
    if options.json:
        folder = getattr(report, "folder", None)
        print_json(
            {
                "ok": True,
                "model": report.name,
                "metrics": report.metrics,
                "folder": str(folder or ""),
            }
        )
    else:
        out.print(str(report), markup=False, highlight=False)
    return OK


def train_clicks(
    loaded: Loaded,
    *,
    events: Path | None = None,
    seed: int = 1,
    on_progress: Tell = silent,
) -> "Report":
    """Train the click model of this configuration. Raises `InvalidConfig`, `Unavailable`."""
    from models.ctr.train import train  # noqa: PLC0415 - LightGBM costs 40 MB

    where = bootstrap.places(loaded)
    _count_outcomes(loaded, events)
    return train(events or where.events, where.models, seed=seed, on_progress=on_progress)


def _check(options: argparse.Namespace) -> None:
    """Raise `InvalidConfig` for options that do not go together."""
    if options.table and (options.what != "ctr" or options.events):
        raise InvalidConfig([Fault("--table", "$", "is for ctr, and instead of --events")])
    if bool(options.table) != bool(options.mapping):
        raise InvalidConfig([Fault("--table", "$", "and --mapping belong together")])
    if options.out and not options.table:
        raise InvalidConfig(
            [Fault("--out", "$", "is for models from a table; others go into the registry")]
        )
    if min(options.search, options.trees, options.rows) < 0:
        raise InvalidConfig([Fault("--search", "$", "and --trees and --rows are no less than 0")])
    clicks_only = options.trees or options.rows or options.alone
    if (options.what == "cvr" and options.search) or (options.what != "ctr" and clicks_only):
        raise InvalidConfig(
            [
                Fault(
                    "--search",
                    "$",
                    "is for ctr and landscape, --trees, --rows and --alone are for ctr",
                )
            ]
        )


def _train(options: argparse.Namespace, loaded: Loaded, tell: Tell) -> Any:
    """Return the report of whatever is trained; each prints as it likes."""
    where = bootstrap.places(loaded)
    log = options.events or where.events
    if options.what == "ctr":
        return _clicks(options, loaded, tell)
    if options.what == "cvr":
        from models.cvr.train import train as train_orders  # noqa: PLC0415 - LightGBM costs 40 MB

        _count_outcomes(loaded, options.events)
        return train_orders(log, where.models, seed=options.seed, on_progress=tell)
    from models.landscape.train import train as train_landscape  # noqa: PLC0415 - numpy

    return train_landscape(log, where.models, search=bool(options.search), on_progress=tell)


def _clicks(options: argparse.Namespace, loaded: Loaded, tell: Tell) -> "Report":
    from models.ctr.boosting import MAX_TREES  # noqa: PLC0415 - LightGBM costs 40 MB
    from models.ctr.dataset import MAX_ROWS, Dataset, read  # noqa: PLC0415 - ditto
    from models.ctr.learner import Learned  # noqa: PLC0415 - ditto
    from models.ctr.train import train_rows  # noqa: PLC0415 - ditto
    from models.evaluation import papers  # noqa: PLC0415 - ditto
    from models.tables import read_mapping, read_table  # noqa: PLC0415 - ditto

    where = bootstrap.places(loaded)

    def write(data: Dataset, learned: Learned, folder: Path) -> None:
        papers.write(
            folder, data, learned, compared=not options.alone, seed=options.seed, on_progress=tell
        )

    if options.table:
        tell("reading the table", 0.0)
        data = read_table(options.table, read_mapping(options.mapping))
    else:
        _count_outcomes(loaded, options.events)
        log = options.events or where.events
        data = read(log, max_rows=options.rows or MAX_ROWS, on_progress=tell)
    return train_rows(
        data,
        options.out or where.models,
        str(options.table or options.events or where.events),
        seed=options.seed,
        on_progress=tell,
        trees=options.trees or MAX_TREES,
        searched=options.search,
        tell=write,
        plain=options.out is not None,
    )


def _count_outcomes(loaded: Loaded, events: Path | None) -> None:
    """Write orders per click, which move the estimate of CPA goals."""
    from models.cvr.baseline import outcomes, write_outcomes  # noqa: PLC0415 - loads numpy
    from models.events import Tally  # noqa: PLC0415 - ditto

    where = bootstrap.places(loaded)
    write_outcomes(where.orders, outcomes(events or where.events, Tally()))
