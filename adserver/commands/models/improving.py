"""`models retrain` and `models recalibrate`: by hand what the server does by itself with `learning.retrain_every_minutes`."""

import argparse

from rich.progress import Progress

from adserver import bootstrap
from adserver.commands.terminal import FAILED, OK, command, err, out, print_json
from adserver.config import load_settings


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add these commands."""
    command(
        commands, "retrain", retrain,
        "Train challengers, judge them beside the champions on the latest events, promote those that are no worse.",
    )  # fmt: skip
    parser = command(
        commands, "recalibrate", recalibrate,
        "Correct the click models by exchange and media, where later clicks are evidence enough.",
    )  # fmt: skip
    parser.add_argument(
        "--mature", type=float, metavar="SECONDS",
        help="leave out impressions younger than that: they may still be clicked (default: 600)",
    )  # fmt: skip


def retrain(options: argparse.Namespace) -> int:
    """Go through one round; fails if nothing could be trained."""
    loaded = load_settings(options.config)
    with Progress(console=err, disable=options.json) as progress:
        task = progress.add_task("learning", total=1.0)
        last = bootstrap.learn(
            loaded, lambda stage, done: progress.update(task, description=stage, completed=done)
        )
    code = OK if any(each.model for each in last.judged) else FAILED
    if options.json:
        print_json({"ok": code == OK, "round": last})
        return code
    for each in last.judged:
        what = "not trained" if not each.model else "promoted" if each.promoted else "not promoted"
        told = f"{each.kind} {each.model}".rstrip()
        out.print(f"{told}: {what}; {each.why}", markup=False, highlight=False)
    if last.uncorrected:
        err.print(last.uncorrected, markup=False, soft_wrap=True)
    return code


def recalibrate(options: argparse.Namespace) -> int:
    """Write the corrections anew, and show them."""
    found = bootstrap.recalibrate(load_settings(options.config), mature_s=options.mature)
    if options.json:
        print_json({"ok": True, "models": found.models})
        return OK
    for model, exchanges in found.models.items():
        for exchange, medias in exchanges.items():
            for media, each in medias.items():
                out.print(
                    f"{model} at {exchange}, {media}: odds x {each.factor:.3f} ({each.predicted:.1f} clicks predicted, "
                    f"{each.clicks:.1f} came)",
                    markup=False, highlight=False,
                )  # fmt: skip
    if not found.models:
        out.print(
            "No impressions of the models that decide, of the last week: nothing is corrected."
        )
    return OK
