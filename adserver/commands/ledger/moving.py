"""`ledger move`: the ledger of one server becomes the beginning of one that several share."""

import argparse
import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.markup import escape

from adapters.ledger import journal, postgres
from adserver import bootstrap
from adserver.commands.ledger.reading import Step, apply, state_hash, totals
from adserver.commands.ledger.sums import exact
from adserver.commands.terminal import OK, command, counted, out, print_json
from adserver.config import Loaded, load_settings
from adserver.domain.checkpoints import checkpoint
from adserver.domain.entries import AnyEntry, Closed
from adserver.domain.ledger import OPEN, Ledger
from adserver.durable import sync_folder
from adserver.errors import Fault, InvalidConfig


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add this command."""
    command(
        commands, "move", move,
        "Take the ledger from the file of this server into the empty database that the settings name now, with all that it "
        "knows; the server must be stopped. The file is kept under another name. If it is interrupted, run it again.",
    )  # fmt: skip


def move(options: argparse.Namespace) -> int:
    """Move it, and print what was moved."""
    loaded = load_settings(options.config)
    database = loaded.settings.ledger
    file = bootstrap.places(loaded).journal
    if not isinstance(database, postgres.Config):
        raise _fault(str(loaded.file), "$.ledger", "names no database: say `kind: postgres` first")
    if not file.exists():
        raise _fault(str(file), "$", "is not there: there is nothing to move, or it was moved")
    ledger = _moved(database, loaded, file)
    kept = _put_aside(file)
    found = {"hash": state_hash(ledger), "totals": totals(ledger), "kept": str(kept)}
    if options.json:
        print_json(found)
    else:
        _print(found)
    return OK


def _moved(database: postgres.Config, loaded: Loaded, file: Path) -> Ledger:
    store = journal.Config().build(
        file
    )  # it is locked from here on: no owner runs, and none begins
    try:
        ledger = _read(file, store.replay())
        # What a start would say first. It is said in the file, so that who is interrupted says the same again.
        closed: list[AnyEntry] = [
            Closed(lease, int(time.time())) for lease, at_s in ledger.leases.items() if at_s == OPEN
        ]
        for entry in closed:
            ledger.apply(entry)
        store.append(closed)
        asyncio.run(store.commit())
        database.within(loaded.file.parent).begin_with(checkpoint(ledger))
    finally:
        store.close()
    return ledger


def _read(file: Path, entries: Iterator[AnyEntry]) -> Ledger:
    read = apply(Step(f"entry {number}", (entry,)) for number, entry in enumerate(entries))
    if read.refused:
        raise _fault(
            str(file),
            "$",
            f"{read.refused}; run `adserver ledger verify` with the settings from before",
        )
    return read.ledger


def _put_aside(file: Path) -> Path:
    """Keep the file under a name that nobody takes for the ledger, nor for that of an earlier move."""
    kept = file.with_name(f"{file.name}.moved-{time.time_ns()}")
    file.rename(kept)
    sync_folder(file.parent)
    return kept


def _print(found: dict[str, Any]) -> None:
    sums = found["totals"]
    amounts = ", ".join(
        f"{name} {exact(sums[name])}" for name in ("settled", "late", "outstanding", "adjusted")
    )
    out.print(
        f"Moved: {amounts}; {counted(sums['quarantined'], 'notice')} quarantined.", highlight=False
    )
    out.print(f"state {found['hash']}", highlight=False)
    out.print(f"The file is kept as {escape(found['kept'])}.", highlight=False, soft_wrap=True)
    out.print(
        "Start this server, then the others: `adserver ledger verify` compares what they say."
    )


def _fault(place: str, path: str, message: str) -> InvalidConfig:
    return InvalidConfig([Fault(place, path, message)])
