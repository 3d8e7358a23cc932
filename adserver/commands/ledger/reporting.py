"""`ledger report`: budgets and what became of them, level by level and day by day, from the log alone."""

import argparse
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from adserver import bootstrap
from adserver.commands.ledger.exposed import exposed
from adserver.commands.ledger.reading import fold, open_log
from adserver.commands.ledger.sums import exact, whole
from adserver.commands.terminal import OK, command, out, print_json
from adserver.config import Loaded, load_settings
from adserver.domain.book_rows import Row
from adserver.domain.books import Line
from adserver.domain.budget import chains
from adserver.domain.campaign import Budget
from adserver.domain.ledger import LIFETIME, Ledger
from adserver.domain.money import Nanos
from adserver.errors import InvalidConfig

PARTS = ("settled", "outstanding", "exposed", "late", "adjusted", "invalid")
NO_LIMIT = Budget()


class Node(NamedTuple):
    """An advertiser, campaign, insertion order or line item."""

    name: str
    """As accounts begin: `campaign/summer`."""
    depth: int


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add this command."""
    parser = command(
        commands, "report", report,
        "Print budgets and what became of them, by level and by day, from the log; no server need run.",
    )  # fmt: skip
    parser.add_argument("--advertiser", default="", metavar="ID", help="only this one")
    parser.add_argument(
        "--days", type=int, default=14, metavar="N", help="so many days with money (default: 14)"
    )


def report(options: argparse.Namespace) -> int:
    """Print the books."""
    loaded = load_settings(options.config)
    ledger = fold(open_log(loaded), quiet=options.json)
    levels = [row for row in _levels(loaded, ledger) if _wanted(row, options.advertiser)]
    days = _days(ledger, options.advertiser)
    claims = _claims(ledger, loaded)
    outstanding, loose = (
        sum(row[name] for row in levels if row["depth"] == 0) for name in ("outstanding", "exposed")
    )
    if options.json:
        print_json(
            {"ok": True, "currency": loaded.rates.house, "levels": levels, "days": days, "quarantined": claims,
             "outstanding": outstanding, "exposed": loose}
        )  # fmt: skip
        return OK
    out.print(_level_table(levels, loaded.rates.house))
    if days:
        out.print(_day_table(days, options.days))
    if claims:
        out.print(_claim_table(claims))
    out.print(
        f"Still to come: at most {exact(outstanding)} of what leases hold, and beside that at most {exact(loose)} of bids that "
        "hold nothing any more.",
        highlight=False,
    )
    return OK


def _wanted(row: dict[str, Any], advertiser: str) -> bool:
    return not advertiser or row["advertiser"] == advertiser


def _levels(loaded: Loaded, ledger: Ledger) -> list[dict[str, Any]]:
    """Return a row for everybody who has a budget or paid anything, each below who is above it."""
    above: dict[str, str] = {}
    budgets: dict[str, Budget] = {}
    numbers: dict[int, str] = {}
    # The books first: who is in campaigns now stands where these say, whoever paid before stands where the books do.
    for payers in ledger.books.payers:
        above |= dict(zip(payers.names, (*payers.names[1:], ""), strict=True))
        if payers.names:
            numbers[payers.line_item] = payers.names[0]
    for chain in _chains(loaded):
        names = [level.name for level in chain.levels]
        above |= dict(zip(names, (*names[1:], ""), strict=True))
        budgets |= {level.name: level.budget for level in chain.levels}
        numbers[chain.line_item.number] = names[0]
    loose = exposed(loaded, ledger, numbers)
    for name in +loose:  # whose campaign is gone, and never paid
        above.setdefault(name, "")
    adjusted, invalid = _sums(ledger, above)
    still = _with_those_above(loose, above)
    rows = []
    for node, advertiser in _tree(above):
        account = ledger.accounts.get(f"{node.name}{LIFETIME}")
        budget = budgets.get(node.name, NO_LIMIT)
        shifted = ledger.shifted.get(f"{node.name}{LIFETIME}", 0)
        lifetime = None if budget.lifetime is None else budget.lifetime + shifted
        level, _, identifier = node.name.partition("/")
        rows.append(
            {
                "level": level,
                "id": identifier,
                "depth": node.depth,
                "advertiser": advertiser.partition("/")[2],
                "budget_lifetime": lifetime,
                "budget_daily": budget.daily,
                "settled": account.settled if account else 0,
                "outstanding": account.outstanding if account else 0,
                "exposed": still[node.name],
                "late": account.late if account else 0,
                "adjusted": adjusted[node.name],
                "invalid": invalid[node.name],
            }
        )
    return rows


def _chains(loaded: Loaded) -> Iterator[Any]:
    try:
        yield from chains(bootstrap.SnapshotSource(bootstrap.places(loaded).snapshot).load())
    except InvalidConfig:  # never compiled: the books tell who paid, and nobody's budget is known
        return


def _sums(ledger: Ledger, above: dict[str, str]) -> tuple[Counter[str], Counter[str]]:
    """Return what corrections changed, and what was spent on invalid traffic, by name."""
    adjusted: Counter[str] = Counter()
    invalid: Counter[str] = Counter()
    for payers, _, row in ledger.books:
        for name in payers.names:
            adjusted[name] += row.adjusted
    own = {payers.line_item: payers.names[0] for payers in ledger.books.payers if payers.names}
    for key, flaw in ledger.books.invalid_spend.invalid.items():
        invalid[own.get(key.line_item, "")] += flaw.spend
    return adjusted, _with_those_above(invalid, above)


def _with_those_above(sums: Counter[str], above: dict[str, str]) -> Counter[str]:
    """Return the sums of line items, and of everybody above them."""
    found: Counter[str] = Counter()
    for own, amount in sums.items():
        name = own
        while name:
            found[name] += amount
            name = above.get(name, "")
    return found


def _tree(above: dict[str, str]) -> Iterator[tuple[Node, str]]:
    """Yield everybody with the advertiser, each right after who is above."""
    below: dict[str, list[str]] = defaultdict(list)
    for name, upper in above.items():
        below[upper].append(name)

    def walk(name: str, depth: int, advertiser: str) -> Iterator[tuple[Node, str]]:
        yield Node(name, depth), advertiser
        for each in sorted(below[name]):
            yield from walk(each, depth + 1, advertiser)

    for advertiser in sorted(below[""]):
        yield from walk(advertiser, 0, advertiser)


def _days(ledger: Ledger, advertiser: str) -> list[dict[str, Any]]:
    """Return a row per advertiser, line item and day of the advertiser's calendar, the latest first."""
    found: dict[tuple[str, str, str], Row] = {}
    for line in ledger.books:
        whose = _name(line, -1)
        if not advertiser or whose == advertiser:
            row = found.setdefault((line.key.day, whose, _name(line, 0)), Row())
            row.add(line.row)
    return [
        {
            "day": day, "advertiser": whose, "line_item": line_item,
            "impressions_ppm": row.impressions_ppm + row.adjusted_ppm, "media": row.media, "data": row.data,
            "tech": row.tech, "margin": row.margin, "late": row.late, "adjusted": row.adjusted, "total": row.total,
        }
        for (day, whose, line_item), row in sorted(found.items(), key=lambda each: each[0], reverse=True)
    ]  # fmt: skip


def _name(line: Line, place: int) -> str:
    names = line.payers.names
    return names[place].partition("/")[2] if names else str(line.payers.line_item)


def _claims(ledger: Ledger, loaded: Loaded) -> list[dict[str, Any]]:
    """Return what exchanges wanted above our bids, the latest first."""
    return [
        {
            "exchange": key.exchange,
            "day": datetime.fromtimestamp(key.utc_day_s, UTC).date().isoformat(),
            "notices": claim.notices,
            "currency": key.currency or loaded.rates.house,
            "claimed": claim.wire,
            "claimed_house": claim.house,
        }
        for key, claim in sorted(
            ledger.books.claims.items(), key=lambda each: (-each[0].utc_day_s, each[0])
        )
    ]


def _level_table(rows: list[dict[str, Any]], house: str) -> Table:
    table = Table(
        title=f"for life, {house}", header_style="bold", box=SIMPLE_HEAD, padding=(0, 1, 0, 0)
    )
    table.add_column("who", overflow="fold", min_width=16)
    parts = [name for name in PARTS if name != "exposed" or any(row[name] for row in rows)]
    for name in ("budget", *parts):
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        lifetime, daily = row["budget_lifetime"], row["budget_daily"]
        budgets = [exact(lifetime)] if lifetime is not None else []
        budgets += [f"{exact(daily)}/day"] if daily is not None else []
        table.add_row(
            f"{'  ' * row['depth']}{row['level'].replace('_', ' ')} {escape(row['id'])}",
            " ".join(budgets) or "none",
            *(_or_nothing(row[name]) for name in parts),
        )
    return table


def _day_table(rows: list[dict[str, Any]], most: int) -> Table:
    table = Table(
        title="by day of the advertiser's calendar", header_style="bold", box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
    )  # fmt: skip
    table.add_column("day", no_wrap=True)
    table.add_column("line item", overflow="fold", min_width=9)
    for name in ("impr.", "media", "fees", "late", "adjusted", "total"):
        table.add_column(name, justify="right", no_wrap=True)
    days = sorted({row["day"] for row in rows}, reverse=True)[: max(0, most)]
    for row in rows:
        if row["day"] in days:
            fees = row["data"] + row["tech"] + row["margin"]
            amounts = (row["media"], fees, row["late"], row["adjusted"], row["total"])
            table.add_row(
                row["day"],
                escape(row["line_item"]),
                whole(row["impressions_ppm"]),
                *map(_or_nothing, amounts),
            )
    return table


def _claim_table(rows: list[dict[str, Any]]) -> Table:
    table = Table(
        title="quarantined: prices above our bids, not charged",
        header_style="bold",
        box=SIMPLE_HEAD,
    )
    for name in ("day", "exchange"):
        table.add_column(name)
    for name in ("notices", "claimed", "in house money"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        table.add_row(
            row["day"],
            escape(row["exchange"]),
            f"{row['notices']:,}",
            f"{row['currency']} {exact(row['claimed'])}",
            exact(row["claimed_house"]),
        )
    return table


def _or_nothing(amount: Nanos) -> str:
    return exact(amount) if amount else ""
