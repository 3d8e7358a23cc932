"""`ledger reconcile`: an exchange's report beside our books, and corrections where they differ."""

import argparse
import csv
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from pathlib import Path
from typing import Any

import msgspec
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from adapters.events.segment_files import read_events
from adserver import bootstrap
from adserver.commands.ledger.booking import book, must_be_bookable
from adserver.commands.ledger.comparing import Compared, Verdict, compare
from adserver.commands.ledger.exchange_file import By, Manner, Report, read_report
from adserver.commands.ledger.reading import Look, fold, open_log
from adserver.commands.ledger.sold import Bids, from_books, from_events, name_of
from adserver.commands.ledger.sums import exact, whole
from adserver.commands.terminal import FAILED, OK, command, counted, err, out, print_json
from adserver.config import Loaded, load_settings
from adserver.domain.ledger import Ledger
from adserver.errors import Fault, InvalidConfig
from adserver.settings.file import read_struct

FLAGS = ("delimiter", "currency", "unit", "date_format", "decimal_comma")
"""Options that say the same as a mapping file."""
MOST_BAD = 50
MOST_ROWS = 200


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add this command."""
    parser = command(
        commands, "reconcile", reconcile,
        "Compare an exchange's report with our books, by day (UTC); 1 if they differ by more than is tolerated, or a row "
        "cannot be read.",
    )  # fmt: skip
    parser.add_argument("report", type=Path, metavar="FILE", help="the report, a table as text")
    parser.add_argument("--exchange", required=True, metavar="NAME", help="whose it is")
    parser.add_argument(
        "--day", type=_day, metavar="DAY",
        help="only this day; needed where the rows do not say which they are of",
    )  # fmt: skip
    parser.add_argument(
        "--tolerance-percent", type=_percent, default=Fraction(1, 100), metavar="PERCENT",
        help="a difference of so much of ours is no matter (default: 1)",
    )  # fmt: skip
    parser.add_argument(
        "--mapping",
        type=Path,
        metavar="FILE",
        help="a YAML file that says how the report is written",
    )
    parser.add_argument(
        "--columns", default="", metavar="NAMES",
        help="how columns are called, if not as usual: `day=Date,campaign=Buyer ID,spend=Total`",
    )  # fmt: skip
    parser.add_argument("--delimiter", metavar="CHARACTER", help="between columns (found out)")
    parser.add_argument("--decimal-comma", action="store_true", default=None, help="1.234,56")
    parser.add_argument("--currency", metavar="CODE", help="of rows that do not say (the house's)")
    parser.add_argument(
        "--unit", choices=("units", "cpm", "micros"), help="of `spend` (default: units)"
    )
    parser.add_argument("--date-format", metavar="FORMAT", help="of days, as strptime has it")
    parser.add_argument("--csv", action="store_true", help="print the table as CSV")
    parser.add_argument(
        "--book", action="store_true",
        help="book the differences as corrections, through the running owner; without it nothing is changed",
    )  # fmt: skip


def reconcile(options: argparse.Namespace) -> int:
    """Print the table of differences, and book them if asked to."""
    loaded = load_settings(options.config)
    if options.exchange not in loaded.terms:
        known = ", ".join(loaded.terms) or "none is configured"
        raise InvalidConfig([Fault("reconcile", "--exchange", f"name one of: {known}")])
    content = options.report.read_bytes()
    report = read_report(options.report, content, _manner(options), options.day, loaded.rates.house)
    rows = _compared(loaded, report, options)
    differ = [row for row in rows if row.verdict is not Verdict.WITHIN]
    booked: list[dict[str, Any]] = []
    if options.book:
        must_be_bookable(report)
        booked = book(loaded, options.exchange, options.report.name, content, differ)
    ok = not report.bad and (not differ or bool(options.book))
    if options.json:
        print_json(
            {"ok": ok, "exchange": options.exchange, "by": report.by, "currency": loaded.rates.house,
             "rows": [_plain(row, loaded) for row in rows], "bad_rows": [vars(bad) for bad in report.bad],
             "left_out": report.left_out, "booked": booked}
        )  # fmt: skip
        return OK if ok else FAILED
    if options.csv:
        _write_csv([_plain(row, loaded) for row in rows])
    else:
        _print(rows, report, loaded)
    for bad in report.bad[:MOST_BAD]:
        err.print(f"  {bad}", markup=False, highlight=False, soft_wrap=True)
    if len(report.bad) > MOST_BAD:
        err.print(f"  ... and {len(report.bad) - MOST_BAD:,} bad rows more; --json names all.")
    for each in booked:
        err.print(
            f"  {each['outcome']}: {each['line_item']} {exact(each['media'])}", highlight=False
        )
    if differ and not options.book and not options.csv:
        out.print("Nothing was changed; --book books these differences as corrections.")
    return OK if ok else FAILED


def _compared(loaded: Loaded, report: Report, options: argparse.Namespace) -> list[Compared]:
    days = {row.day_s for row in report.rows}
    if options.day is not None:
        days.add(options.day)
    bids = Bids(options.exchange)
    by_event = report.by in {"creative", "deal"}
    nothing: Look = lambda *_: None  # noqa: E731 - what the books tell need not be looked for
    look = bids.look if by_event else nothing
    ledger = fold(open_log(loaded), quiet=options.json, look=look)
    by: By = "line_item" if by_event else report.by
    sold = from_books(ledger.books, options.exchange, days, by)
    if by_event:
        folder = bootstrap.places(loaded).events
        try:
            sold = from_events(bids, sold, days, report.by, read_events(folder))
        except ValueError as error:
            raise InvalidConfig([Fault(str(folder), "$", str(error))]) from None
    known = frozenset(_known(loaded, ledger, report.by))
    return compare(report, sold, known, loaded.rates, options.tolerance_percent)


def _known(loaded: Loaded, ledger: Ledger, by: By) -> Iterator[str]:
    """Yield the keys that are ours, whether anything was billed or not."""
    if by not in {"creative", "deal"}:
        yield from (name_of(payers, by) for payers in ledger.books.payers)
    try:
        catalog = bootstrap.SnapshotSource(bootstrap.places(loaded).snapshot).load()
    except InvalidConfig:  # nothing was compiled yet; what was billed is known all the same
        return
    if by == "deal":
        yield from (deal.id for deal in catalog.deals)
    for advertiser in catalog.advertisers:
        if by == "creative":
            yield from (creative.id for creative in advertiser.creatives)
        for campaign in advertiser.campaigns:
            if by == "campaign":
                yield campaign.id
            elif by == "line_item":
                yield from (item.id for o in campaign.insertion_orders for item in o.line_items)


def _manner(options: argparse.Namespace) -> Manner:
    """Return how the report is written: the mapping file, and options over it."""
    manner = Manner() if options.mapping is None else read_struct(options.mapping, Manner)
    said = {name: value for name in FLAGS if (value := getattr(options, name)) is not None}
    columns = dict(manner.columns)
    for pair in filter(None, options.columns.split(",")):
        word, equals, name = pair.partition("=")
        if not equals or not name.strip():
            message = f"'{pair[:40]}' is no column: write day=Date"
            raise InvalidConfig([Fault("reconcile", "--columns", message)])
        columns[word.strip()] = name
    manner = msgspec.structs.replace(manner, columns=columns, **said)
    if len(manner.delimiter) > 1 or manner.delimiter in {'"', "\n", "\r"}:
        raise InvalidConfig([Fault("reconcile", "--delimiter", "is one character")])
    return manner


def _plain(row: Compared, loaded: Loaded) -> dict[str, Any]:
    """Return a row as plain values; amounts in nanos."""
    difference = row.difference
    return {
        "day": datetime.fromtimestamp(row.day_s, UTC).date().isoformat(),
        "key": row.key,
        "verdict": row.verdict.value,
        "impressions_theirs": whole(row.theirs_ppm).replace(",", ""),
        "impressions_ours": whole(row.ours_ppm).replace(",", ""),
        "media_theirs_nanos": row.theirs,
        "media_ours_nanos": row.ours,
        "difference_nanos": difference.media,
        "currency": row.currency or loaded.rates.house,
        "wire_theirs_nanos": row.theirs_wire,
        "wire_ours_nanos": row.ours_wire,
        "difference_percent": None if row.percent is None else str(row.percent),
    }


def _write_csv(rows: Sequence[dict[str, Any]]) -> None:
    writer = csv.writer(sys.stdout)
    if rows:
        writer.writerow(rows[0])
    for row in rows:
        writer.writerow("" if value is None else value for value in row.values())


def _print(rows: Sequence[Compared], report: Report, loaded: Loaded) -> None:
    table = Table(header_style="bold", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("day", no_wrap=True)
    table.add_column(report.by.replace("_", " "), overflow="fold")
    house = loaded.rates.house
    for name in (
        "impr. theirs",
        "ours",
        f"media {house} theirs",
        "ours",
        "difference",
        "%",
        "in their currency",
    ):
        table.add_column(name, justify="right")
    table.add_column("verdict")
    for row in rows[:MOST_ROWS]:
        ours = "" if row.ours_wire is None else f" / {exact(row.ours_wire)}"
        table.add_row(
            datetime.fromtimestamp(row.day_s, UTC).date().isoformat(),
            escape(row.key),
            whole(row.theirs_ppm),
            whole(row.ours_ppm),
            exact(row.theirs),
            exact(row.ours),
            exact(row.difference.media),
            "" if row.percent is None else f"{row.percent:.2f}",
            f"{row.currency} {exact(row.theirs_wire)}{ours}" if row.currency else "",
            row.verdict.value,
        )
    out.print(table)
    if len(rows) > MOST_ROWS:
        out.print(f"... and {len(rows) - MOST_ROWS:,} rows more; --csv and --json have all.")
    within = sum(row.verdict is Verdict.WITHIN for row in rows)
    out.print(
        f"{counted(len(rows), 'row')}, {within:,} within tolerance; {counted(len(report.bad), 'bad row')}, "
        f"{report.left_out:,} left out (totals, other days).",
    )


def _day(text: str) -> int:
    day = date.fromisoformat(text)
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


def _percent(text: str) -> Fraction:
    try:
        percent = Decimal(text)
    except InvalidOperation:
        raise ValueError(text) from None
    if not percent.is_finite() or not 0 <= percent <= 100:  # noqa: PLR2004 - a percentage
        raise ValueError(text)
    return Fraction(percent) / 100
