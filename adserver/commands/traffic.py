"""`traffic`: what rules called invalid, and corrections of it."""

import argparse
import asyncio
from datetime import UTC, date, datetime
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from adserver import bootstrap
from adserver.background.owner_query import correct
from adserver.commands.asking import NANOS, ask
from adserver.commands.terminal import OK, command, out, print_json, tell_failure
from adserver.config import Loaded, load_settings
from adserver.domain.marks import FOLDED, SPEND
from adserver.domain.week import DAY_S
from adserver.errors import Fault, InvalidConfig

Row = dict[str, Any]


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add this command."""
    parser = command(
        commands, "traffic", traffic,
        "Show what rules called invalid, let it count again, or call it invalid again.",
    )  # fmt: skip
    parser.add_argument("what", choices=("show", "restore", "remark"))
    parser.add_argument("--rule", default="", help="what a rule said, as `show` names it")
    parser.add_argument(
        "--from", dest="first", type=_day, metavar="DAY",
        help="the first day, such as 2026-11-22; days are those of UTC",
    )  # fmt: skip
    parser.add_argument(
        "--to", dest="last", type=_day, metavar="DAY", help="the last day (default: today)"
    )


def traffic(options: argparse.Namespace) -> int:
    """Print what each rule marked on each day, or correct what one marked in a period."""
    loaded = load_settings(options.config)
    if options.what == "show":
        rows = _chosen(_rows(loaded), options)
        if options.json:
            print_json({"ok": True, "rows": rows})
        else:
            out.print(_table(rows))
        return OK
    if not options.rule or options.first is None:
        message = (
            f"name the rule and the first day: `traffic {options.what} --rule NAME --from DAY`"
        )
        raise InvalidConfig([Fault("command line", "traffic", message)])
    return _correct(loaded, options)


def _correct(loaded: Loaded, options: argparse.Namespace) -> int:
    marked = _rows(loaded)
    if not _chosen(marked, options):
        known = ", ".join(sorted({row["rule"] for row in marked})) or "none has"
        text = f"{options.rule} marked nothing in that period; rules that have: {known}."
        return tell_failure(text, as_json=options.json)
    answer = asyncio.run(
        correct(
            bootstrap.places(loaded).socket, options.rule, options.first, _end(options),
            valid=options.what == "restore",
        )
    )  # fmt: skip
    rows = [{name: getattr(row, name) for name in row.__struct_fields__} for row in answer]
    if options.json:
        print_json({"ok": True, "rows": rows})
    else:
        out.print("Recorded. Reports count so from now on, training from its next run.")
        out.print(_table(rows))
    return OK


def _rows(loaded: Loaded) -> list[Row]:
    found: list[Row] = ask(loaded, "/report")["invalid"]
    return found


def _chosen(rows: list[Row], options: argparse.Namespace) -> list[Row]:
    return [
        row
        for row in rows
        if (not options.rule or row["rule"] == options.rule)
        and (options.first is None or options.first <= row["day_s"] < _end(options))
    ]


def _end(options: argparse.Namespace) -> int:
    """Return the end of the period's last day."""
    today: int = int(datetime.now(UTC).timestamp()) // DAY_S * DAY_S
    last: int = today if options.last is None else options.last
    return last + DAY_S


def _table(rows: list[Row]) -> Table:
    table = Table(header_style="bold", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("day")
    table.add_column("rule", overflow="fold")
    for name in ("what", "invalid", "restored"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        day = row["day_s"]
        table.add_row(
            "before" if day == FOLDED else datetime.fromtimestamp(day, UTC).date().isoformat(),
            escape(row["rule"]),
            row["kind"],
            _amount(row, "invalid"),
            _amount(row, "restored"),
        )
    return table


def _amount(row: Row, side: str) -> str:
    return f"{row[side] / NANOS:.3f}" if row["kind"] == SPEND else str(row[side])


def _day(text: str) -> int:
    """Return the beginning of a day, seconds since the epoch. Raises `ValueError`."""
    day = date.fromisoformat(text)
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
