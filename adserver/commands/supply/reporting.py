"""`supply report`: bids by path and relation, with what the hops keep by the fees that the operator stated."""

import argparse
from collections.abc import Mapping
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from adapters.events.segment_files import read_events
from adserver import bootstrap
from adserver.commands.asking import NANOS
from adserver.commands.terminal import OK, out, print_json
from adserver.config import Loaded
from adserver.errors import Fault, InvalidConfig
from adserver.settings.supply import Supply
from adserver.supply.fees import hop_fees

Row = dict[str, Any]
_SHOWN = frozenset({"impression", "billing"})


def report(loaded: Loaded, settings: Supply, options: argparse.Namespace) -> int:
    """Print a row per exchange, path and relation, the most paid for first."""
    rows = by_path(loaded, settings.fees_ppm)
    if options.json:
        print_json({"ok": True, "paths": rows})
    elif rows:
        out.print(_table(rows))
    else:
        out.print("The event log has no bids yet.")
    return OK


def by_path(loaded: Loaded, fees_ppm: Mapping[str, int]) -> list[Row]:
    """Return the rows. Amounts in house nanos: what was offered for the impressions that came, at most what was paid.

    Raises `InvalidConfig` if the event log is damaged.
    """
    folder = bootstrap.places(loaded).events
    found: dict[tuple[str, str, str], Row] = {}
    try:
        shown = {
            str(event.get("bid")) for event in read_events(folder) if event.get("event") in _SHOWN
        }
        for event in read_events(folder):
            if event.get("event") == "bid":
                _count(found, event, is_shown=event.get("bid") in shown)
    except ValueError as error:
        raise InvalidConfig([Fault(str(folder), "$", str(error))]) from None
    for row in found.values():
        row["fees"] = hop_fees(row["spend"], row["path"], fees_ppm)
        row["working"] = row["spend"] - sum(row["fees"].values())
    return sorted(found.values(), key=lambda row: (-row["spend"], -row["bids"]))


def _count(
    found: dict[tuple[str, str, str], Row], event: Mapping[str, Any], *, is_shown: bool
) -> None:
    key = tuple(str(event.get(name, "")) for name in ("exchange", "path", "relation"))
    exchange, path, relation = key
    empty = {
        "exchange": exchange, "path": path, "relation": relation, "bids": 0, "impressions": 0, "spend": 0,
    }  # fmt: skip
    row = found.setdefault((exchange, path, relation), empty)
    row["bids"] += 1
    if is_shown:
        row["impressions"] += 1
        row["spend"] += int(event.get("price", 0) * event.get("impressions", 1))


def _table(rows: list[Row]) -> Table:
    table = Table(header_style="bold", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for name, width in (("exchange", 4), ("path", 20), ("relation", 8)):
        table.add_column(name, overflow="fold", min_width=width)
    for name in ("bids", "impr.", "spend", "est. fees", "est. to owner"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        table.add_row(
            escape(row["exchange"]),
            escape(row["path"].replace(">", ">\n") or "(not said)"),
            row["relation"],
            f"{row['bids']:,}",
            f"{row['impressions']:,}",
            f"{row['spend'] / NANOS:.3f}",
            f"{sum(row['fees'].values()) / NANOS:.3f}",
            f"{row['working'] / NANOS:.3f}",
        )
    return table
