"""`ledger verify`: whether the log is whole, its entries can follow each other, and all totals agree."""

import argparse
import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import Any

from rich.markup import escape

from adserver import bootstrap
from adserver.background.owner_query import ask_owner
from adserver.background.protocol import Report
from adserver.commands.ledger.reading import Log, Step, apply, open_log, shown, state_hash, totals
from adserver.commands.ledger.sums import exact
from adserver.commands.terminal import FAILED, OK, command, counted, out, print_json
from adserver.config import Loaded, load_settings
from adserver.domain.balance import faults, lease_fault
from adserver.domain.entries import AnyEntry
from adserver.domain.ledger import LIFETIME, Ledger
from adserver.domain.money import Nanos
from adserver.errors import InvalidConfig, Unavailable

MOST_FAULTS = 100

PATIENCE_S = 1.0


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add this command."""
    command(
        commands, "verify", verify,
        "Check that the log is whole, that its entries follow each other and that all totals agree; 1 if not. An owner "
        "may run meanwhile: then what it reports is compared, too.",
    )  # fmt: skip


def verify(options: argparse.Namespace) -> int:
    """Print what was found."""
    loaded = load_settings(options.config)
    log = open_log(loaded)
    found = _with_owner(loaded, log, quiet=options.json)
    if found["owner"] == "disagrees":  # what it had just said may not have been in the log yet
        time.sleep(PATIENCE_S)
        found = _with_owner(loaded, log, quiet=options.json)
    found["ok"] = not found["faults"]
    if options.json:
        print_json(found)
    else:
        _print(found)
    return OK if found["ok"] else FAILED


def _with_owner(loaded: Loaded, log: Log, *, quiet: bool) -> dict[str, Any]:
    """Return what the log says, and how it compares with what a running owner says before and after."""
    before = _owner(loaded)
    found, ledger = _checked(log, quiet=quiet)
    after = _owner(loaded)
    if before is None or after is None or ledger is None:
        return found
    if before.failing or after.failing:
        found["owner"] = "cannot write, so that the log lacks what it knows"
        return found
    wrong = _compared(ledger, before, after, shared=log.shared)
    found["owner"] = "disagrees" if wrong else "agrees"
    found["faults"] += wrong
    return found


def _checked(log: Log, *, quiet: bool) -> tuple[dict[str, Any], Ledger | None]:
    """Return what the log alone says, and the ledger if it can be believed."""
    counts: Counter[str] = Counter()
    wrong: list[str] = []

    def look(ledger: Ledger, entry: AnyEntry, place: str) -> None:
        counts[type(entry).__name__] += 1
        fault = lease_fault(ledger, entry)
        if fault:
            wrong.append(f"{place}: {fault}")

    found: dict[str, Any] = {
        "ok": False, "log": log.name, "faults": wrong, "owner": "does not run",
    }  # fmt: skip
    try:
        read = apply(shown(log, "first reading", quiet=quiet), look)
    except InvalidConfig as damage:
        found["faults"] = [f"{fault.path}: {fault.message}" for fault in damage.faults]
        return found, None
    ledger = read.ledger
    found |= {
        "entries": dict(sorted(counts.items())),
        "unfinished_bytes": log.unfinished_bytes,
        "hash": state_hash(ledger),
        "totals": totals(ledger),
    }
    if read.refused:
        wrong.append(
            f"{read.refused}: an entry cannot follow those before it; the rest was not read"
        )
        return found, None
    again = apply(_first(log, read.entries, quiet=quiet))
    if state_hash(again.ledger) != found["hash"]:
        wrong.append("a second reading of the same entries gives other totals")
    wrong += islice(faults(ledger), MOST_FAULTS)
    return found, ledger


def _first(log: Log, entries: int, *, quiet: bool) -> Iterator[Step]:
    """Yield so many entries of a log that may have grown."""
    for step in shown(log, "second reading", quiet=quiet):
        if entries <= 0:
            return
        yield step._replace(entries=step.entries[:entries])
        entries -= len(step.entries)


def _owner(loaded: Loaded) -> Report | None:
    """Return what a running owner says; `None` without one."""
    try:
        return asyncio.run(ask_owner(bootstrap.places(loaded).socket))
    except Unavailable:  # none runs, or it begins just now
        return None


def _compared(ledger: Ledger, before: Report, after: Report, *, shared: bool) -> list[str]:
    """Return where the log lies outside of what the owner said before and after it was read.

    In a shared log there may be more than one owner knows.
    """
    wrong = []
    later = {line.line_item: line for line in after.lines}
    for line in before.lines:
        account = ledger.accounts.get(f"line_item/{line.line_item}{LIFETIME}")
        for what in ("settled", "late"):
            ours: Nanos = getattr(account, what, 0)
            said = (getattr(line, what), getattr(later.get(line.line_item, line), what))
            if ours < min(said) or (ours > max(said) and not shared):
                wrong.append(
                    f"line_item/{line.line_item}: {what} is {ours} nanos in the log, the owner says {said[0]} to {said[1]}"
                )
    return wrong


def _print(found: dict[str, Any]) -> None:
    out.print(f"Log: {escape(found['log'])}")
    if "entries" in found:
        total = sum(found["entries"].values())
        kinds = ", ".join(f"{kind} {count:,}" for kind, count in found["entries"].items())
        out.print(f"{total:,} entries: {kinds or 'none'}", highlight=False)
        sums = found["totals"]
        amounts = ", ".join(
            f"{name} {exact(sums[name])}" for name in ("settled", "late", "outstanding", "adjusted")
        )
        out.print(
            f"{amounts}; {counted(sums['quarantined'], 'notice')} quarantined, {counted(sums['leases'], 'lease')} open",
            highlight=False,
        )
        out.print(f"state {found['hash']}", highlight=False)
        if found["unfinished_bytes"]:
            out.print(
                f"{found['unfinished_bytes']:,} bytes at the end are no whole frame: being written, or the last write was "
                "interrupted. Nothing in them was acknowledged."
            )
    out.print(f"The owner {found['owner']}.")
    for fault in found["faults"]:
        out.print(f"[red]wrong:[/] {escape(fault)}", highlight=False, soft_wrap=True)
    out.print("[green]All totals agree.[/]" if found["ok"] else "[bold red]Something is wrong.[/]")
