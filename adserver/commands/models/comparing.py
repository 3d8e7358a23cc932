"""`models compare`: how the models that decided, or were asked beside them, did by the event log."""

import argparse
import time

from rich.box import SIMPLE_HEAD
from rich.table import Table

from adserver import bootstrap
from adserver.commands.terminal import OK, command, out, print_json, print_table, tell_failure
from adserver.config import load_settings
from adserver.domain.money import units
from models.registry import state

MOST_HOURS = 24 * 90


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add this command."""
    parser = command(
        commands, "compare", compare,
        "Compare the click models by what became of their bids: calibration, log loss, AUC, clicks, value, each with an interval.",
    )  # fmt: skip
    parser.add_argument("--hours", type=float, default=24.0, help="how far back (default: 24)")


def compare(options: argparse.Namespace) -> int:
    """Compare all models of the time; fails if there was nothing to compare."""
    from models.registry import comparing, outcomes  # noqa: PLC0415 - numpy

    where = bootstrap.places(load_settings(options.config))
    held = state.read_state(where.models).roles("click")
    since_s = time.time() - min(max(options.hours, 0.0), MOST_HOURS) * 3_600
    found = outcomes.read_outcomes(where.events, since_s)
    roles = {f"lightgbm/{name}": role for name, role in held.named().items()}
    arms = comparing.compare(found, roles, f"lightgbm/{held.champion}")
    if not arms:
        message = f"no impressions in the last {options.hours:g} hours that models may learn from"
        return tell_failure(message, as_json=options.json)
    if options.json:
        print_json({"ok": True, "hours": options.hours, "arms": arms})
        return OK
    table = Table(box=SIMPLE_HEAD, header_style="bold")
    for head in ("model", "role"):
        table.add_column(head, overflow="fold")
    for head in (
        "bids",
        "impr.",
        "clicks",
        "calibration",
        "log loss",
        "AUC",
        "worse than champion",
        "value",
        "offered",
    ):
        table.add_column(head, justify="right")
    for arm in arms:
        table.add_row(
            arm.model, arm.role, f"{arm.bids:,}" if arm.bids else "-", f"{arm.impressions:,}", f"{arm.clicks:,}",
            _interval(arm.calibration, 3), _interval(arm.log_loss, 5), _interval(arm.auc, 3), _interval(arm.worse_by, 5),
            f"{units(int(arm.value)):.2f}" if arm.bids else "-", f"{units(int(arm.price)):.2f}" if arm.bids else "-",
        )  # fmt: skip
    print_table(table)
    out.print(
        "calibration: clicks predicted for each that came, corrections included; intervals hold in 95 of 100 bootstrap draws. "
        "A shadow is compared on the same impressions as who decided, a canary on others of the same time.",
        highlight=False,
    )  # fmt: skip
    return OK


def _interval(found: object, digits: int) -> str:
    """Return a figure with its interval, or a dash where too little was seen."""
    value, low, high = (getattr(found, name, None) for name in ("value", "low", "high"))
    if value is None or low is None or high is None:
        return "-"
    return f"{value:.{digits}f}\n{low:.{digits}f} to {high:.{digits}f}"
