"""`supply check` and `supply show`: what the copies say, and what is wrong with them."""

import argparse
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from adapters.supply.copies import Copies, Copy
from adserver import bootstrap
from adserver.bootstrap.supply import TABLE
from adserver.commands.supply.table import SELLERS, is_expired, open_copies
from adserver.commands.terminal import FAILED, OK, out, print_json
from adserver.config import Loaded
from adserver.domain.hosts import host_name
from adserver.errors import Fault, InvalidConfig
from adserver.settings.supply import Supply
from adserver.supply import ads_txt, sellers
from adserver.supply.index import KINDS

MOST_ROWS = 200
Row = dict[str, Any]


def check(loaded: Loaded, settings: Supply, options: argparse.Namespace) -> int:
    """Tell the state of each copy; 1 if there is no table, or an exchange's own sellers.json is not known."""
    with open_copies(loaded) as copies:
        rows = [_state(copies, copy, settings) for copy in copies]
        faults = list(_lacking(loaded, settings, copies))
    if options.json:
        print_json({"ok": not faults, "faults": faults, "files": rows})
    else:
        wrong = [row for row in rows if row["problem"] or row["faults"] or row["expired"]]
        out.print(f"{len(rows):,} files, {len(wrong):,} with something to say.")
        if wrong:
            out.print(_table(wrong[:MOST_ROWS]))
        for fault in faults:
            out.print(f"[red]missing:[/] {escape(fault)}", highlight=False, soft_wrap=True)
    return FAILED if faults else OK


def show(loaded: Loaded, settings: Supply, options: argparse.Namespace) -> int:
    """Tell what a domain's files say; 1 if nothing is kept of it."""
    domain = host_name(options.domain)
    if not domain:
        message = "name a domain: `supply show publisher.example`"
        raise InvalidConfig([Fault("command line", "supply", message)])
    with open_copies(loaded) as copies:
        states = [
            _state(copies, copy, settings)
            for copy in (copies.find(kind, domain) for kind in KINDS)
            if copy.tried_s
        ]
        accounts = list(_accounts(copies, domain))
        paid = _paid(copies, domain)
        whose = _whose(copies, domain)
    if options.json:
        said = {"files": states, "inventory": whose, "accounts": accounts, "sellers": paid}
        print_json({"ok": bool(states), "domain": domain, **said})
    elif not states:
        out.print(
            f"No file of {domain} has been fetched: run `adserver supply refresh`, with --domains if nobody was bid to there.",
            markup=False,
        )
    else:
        out.print(_table(states))
        for rows in (whose, accounts, paid):
            if rows:
                out.print(_table(rows[:MOST_ROWS]))
            if len(rows) > MOST_ROWS:
                out.print(f"... and {len(rows) - MOST_ROWS:,} more; --json has all.")
    return OK if states else FAILED


def _lacking(loaded: Loaded, settings: Supply, copies: Copies) -> Iterator[str]:
    if not (bootstrap.places(loaded).supply / TABLE).exists():
        yield "the table of supply paths, by which requests are judged; run `adserver supply refresh`"
    for seat in settings.exchanges:
        for domain in seat.domains:
            if copies.find(SELLERS, host_name(domain)).state != "present":
                yield f"the sellers.json of {domain}, by which {seat.exchange} tells whom it pays"


def _state(copies: Copies, copy: Copy, settings: Supply) -> Row:
    faults: list[str] = []
    count = 0
    content = copies.content(copy.kind, copy.domain)
    if content is not None and copy.kind == SELLERS:
        paid = sellers.parse(content)
        count = paid.fault_count
        faults = [f"entry {each.entry}: {each.message}" for each in paid.faults]
    elif content is not None:
        found = ads_txt.parse(content)
        count = found.fault_count
        faults = [f"line {each.line}: {each.message}" for each in found.faults]
    return {
        "domain": copy.domain,
        "kind": copy.kind,
        "state": copy.state,
        "seen": _day(copy.seen_s),
        "expired": copy.state != "unknown" and is_expired(copy, settings, time.time()),
        "problem": copy.problem,
        "faults": count,
        "examples": faults[:3],
    }


def _accounts(copies: Copies, domain: str) -> Iterator[Row]:
    """Yield the accounts of a publisher's files, beside what their systems say of them."""
    known: dict[str, Mapping[str, sellers.Seller] | None] = {}
    for kind in KINDS[:2]:
        content = copies.content(kind, domain)
        for record in ads_txt.parse(content).records if content is not None else ():
            if record.domain not in known:
                theirs = copies.content(SELLERS, record.domain)
                known[record.domain] = None if theirs is None else sellers.parse(theirs).sellers
            listed = known[record.domain]
            seller = None if listed is None else listed.get(record.account)
            yield {
                "file": kind,
                "system": record.domain,
                "account": record.account,
                "relation": "direct" if record.direct else "reseller",
                "seller": "" if seller is None else seller.domain or "(confidential)",
                "type": "" if seller is None else seller.type.lower(),
                "note": _note(record, listed, seller),
            }


def _note(
    record: ads_txt.Record,
    listed: Mapping[str, sellers.Seller] | None,
    seller: sellers.Seller | None,
) -> str:
    if listed is None:
        return "its sellers.json is not known"
    if seller is None:
        return "not in its sellers.json"
    if record.direct and seller.type == "INTERMEDIARY":
        return "called direct, but the system calls it an intermediary"
    return ""


def _whose(copies: Copies, domain: str) -> list[Row]:
    """Return whose inventory the publisher's files say it is, and who sells it."""
    rows = []
    for kind in KINDS[:2]:
        content = copies.content(kind, domain)
        if content is None:
            continue
        found = ads_txt.parse(content)
        said = [("owner", found.owner)] if found.owner else []
        said += [(f"manager {country}".strip(), name) for name, country in found.managers]
        said += [("partner", name) for name in found.partners]
        said += [("subdomain", name) for name in found.subdomains]
        rows += [{"file": kind, "as": role, "domain": name} for role, name in said]
    return rows


def _paid(copies: Copies, domain: str) -> list[Row]:
    content = copies.content(SELLERS, domain)
    found = {} if content is None else sellers.parse(content).sellers
    return [
        {"account": each.id, "type": each.type.lower(), "seller": each.domain, "name": each.name}
        for each in found.values()
    ]


def _table(rows: list[Row]) -> Table:
    table = Table(header_style="bold", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for name in rows[0]:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(escape(_cell(each)) for each in row.values()))
    return table


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else ""
    return "; ".join(value) if isinstance(value, list) else str(value)


def _day(at_s: float) -> str:
    return datetime.fromtimestamp(at_s, UTC).date().isoformat() if at_s else ""
