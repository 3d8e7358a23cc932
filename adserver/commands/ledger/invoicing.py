"""`ledger invoice`: what an advertiser owes for a span of days of their own calendar."""

import argparse
import csv
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from adserver import bootstrap
from adserver.commands.ledger.invoice import Invoice, InvoiceLine, make
from adserver.commands.ledger.invoice_page import page
from adserver.commands.ledger.reading import fold, open_log
from adserver.commands.ledger.sums import exact, rounded, whole
from adserver.commands.terminal import OK, command, out, print_json
from adserver.config import load_settings
from adserver.durable import replacing
from adserver.errors import InvalidConfig

AMOUNTS = ("media", "data", "tech", "margin", "adjusted", "invalid", "total")


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add this command."""
    parser = command(
        commands, "invoice", invoice,
        "Print what an advertiser owes for some days of their own calendar, exactly and rounded once.",
    )  # fmt: skip
    parser.add_argument("--advertiser", required=True, metavar="ID", help="whose invoice")
    parser.add_argument(
        "--from", dest="first", required=True, type=date.fromisoformat, metavar="DAY",
        help="the first day, such as 2026-11-01, in the advertiser's time zone",
    )  # fmt: skip
    parser.add_argument(
        "--until", dest="last", required=True, type=date.fromisoformat, metavar="DAY",
        help="the last day, which is part of it",
    )  # fmt: skip
    parser.add_argument("--csv", action="store_true", help="print the lines as CSV")
    parser.add_argument("--html", type=Path, metavar="FILE", help="also write a page to print")


def invoice(options: argparse.Namespace) -> int:
    """Print the invoice."""
    loaded = load_settings(options.config)
    ledger = fold(open_log(loaded), quiet=options.json)
    try:
        catalog = bootstrap.SnapshotSource(bootstrap.places(loaded).snapshot).load()
    except InvalidConfig:  # never compiled; whoever paid is in the books
        catalog = None
    made = make(ledger, catalog, options.advertiser, options.first, options.last)
    currency = loaded.rates.house
    if options.html is not None:
        with replacing(options.html) as file:
            file.write(page(made, currency).encode())
    if options.json:
        print_json({"ok": True, **_plain(made, currency)})
    elif options.csv:
        _write_csv(made.lines, currency)
    else:
        _print(made, currency)
    return OK


def _plain(made: Invoice, currency: str) -> dict[str, Any]:
    """Return an invoice as plain values; amounts in nanos."""
    due = rounded(made.total, currency)
    return {
        "advertiser": made.advertiser,
        "name": made.name,
        "timezone": made.timezone,
        "from": made.first,
        "until": made.last,
        "currency": currency,
        "lines": [_line(line) for line in made.lines],
        "total_nanos": made.total,
        "late_nanos": made.late,
        "due": due.paid,
        "rounded_by": due.by,
    }


def _line(line: InvoiceLine) -> dict[str, Any]:
    return {
        "campaign": line.campaign, "insertion_order": line.insertion_order, "line_item": line.line_item,
        "impressions": whole(line.impressions_ppm).replace(",", ""),
        "invalid_impressions": line.invalid_impressions,
        **{f"{name}_nanos": getattr(line, name) for name in (*AMOUNTS, "late")},
    }  # fmt: skip


def _write_csv(lines: Sequence[InvoiceLine], currency: str) -> None:
    writer = csv.writer(sys.stdout)
    names = ("media", "data", "tech", "margin", "adjusted", "invalid", "total", "late")
    writer.writerow(
        (
            "campaign",
            "insertion_order",
            "line_item",
            "impressions",
            "invalid_impressions",
            *names,
            "currency",
        )
    )
    for line in lines:
        writer.writerow(
            (
                line.campaign, line.insertion_order, line.line_item, whole(line.impressions_ppm).replace(",", ""),
                line.invalid_impressions, *(exact(getattr(line, name)) for name in names), currency,
            )
        )  # fmt: skip


def _print(made: Invoice, currency: str) -> None:
    title = f"{made.name or made.advertiser}, {made.first} until {made.last} ({made.timezone or 'their days'}), {currency}"
    table = Table(title=escape(title), header_style="bold", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("for", overflow="fold", min_width=10)
    for name in ("impr.", *AMOUNTS):
        table.add_column(name, justify="right", no_wrap=True)
    for line in made.lines:
        table.add_row(
            escape(f"{line.campaign}\n{line.insertion_order}\n{line.line_item}"),
            whole(line.impressions_ppm),
            *(exact(getattr(line, name)) for name in AMOUNTS),
        )
    out.print(table)
    due = rounded(made.total, currency)
    if made.late:
        out.print(f"Of this {exact(made.late)} was billed late.", highlight=False)
    out.print(
        f"Exactly {exact(made.total)}; due {currency} [bold]{due.paid}[/] (rounded by {due.by}).",
        highlight=False,
    )
