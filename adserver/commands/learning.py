"""`train`: the click model, from the event log."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from rich.progress import Progress

from adserver import bootstrap
from adserver.commands.terminal import OK, command, err, out, print_json
from adserver.config import Loaded, load_settings

if TYPE_CHECKING:
    from models.ctr.report import Report


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add this command."""
    parser = command(commands, "train", train, "Train the click model from the event log.")
    parser.add_argument("what", choices=("ctr",))
    parser.add_argument("--events", type=Path, help="another folder of event segments, or one file")
    parser.add_argument("--seed", type=int, default=1, help="same log and seed: same model")


def train(options: argparse.Namespace) -> int:
    """Train, judge on later events, publish; workers take it up when they are replaced."""
    loaded = load_settings(options.config)
    with Progress(console=err, disable=options.json) as progress:
        task = progress.add_task("training", total=1.0)
        report = train_clicks(
            loaded,
            events=options.events,
            seed=options.seed,
            on_progress=lambda stage, done: progress.update(
                task, description=stage, completed=done
            ),
        )
    if options.json:
        print_json({"ok": True, "model": report.name, "metrics": report.metrics})
    else:
        out.print(str(report), markup=False, highlight=False)
    return OK


def train_clicks(
    loaded: Loaded,
    *,
    events: Path | None = None,
    seed: int = 1,
    on_progress: Callable[[str, float], None] = lambda *_: None,
) -> "Report":
    """Train the click model of this configuration. Raises `InvalidConfig`, `Unavailable`."""
    from models.ctr.train import train  # noqa: PLC0415 - LightGBM costs 40 MB
    from models.cvr.baseline import outcomes, write_outcomes  # noqa: PLC0415 - ditto
    from models.events import Tally  # noqa: PLC0415 - ditto

    where = bootstrap.places(loaded)
    log = events or where.events
    write_outcomes(where.orders, outcomes(log, Tally()))
    return train(log, where.models, seed=seed, on_progress=on_progress)
