"""`identities`: which ids are the same person's."""

import argparse
from pathlib import Path

from rich.progress import Progress

from adapters.identity.link_files import LinkFiles
from adserver import bootstrap
from adserver.commands.audiences import MAX_FAULTS
from adserver.commands.terminal import OK, command, err, out, print_json
from adserver.config import load_settings
from adserver.processes import builder

STEP = 10_000
"""Pairs between two signs of progress."""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add this command."""
    parser = command(
        commands, "identities", identities, "Join ids of the same person, as files say; nothing is guessed."
    )  # fmt: skip
    parser.add_argument("what", choices=("link",), help="join them in the profiles")
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="CSV, plain or gzip")


def identities(options: argparse.Namespace) -> int:
    """Link what the files say; bad rows are told and skipped."""
    loaded = load_settings(options.config)
    builder.prepare_state(loaded)
    loader = LinkFiles(options.files)
    pairs = loader.pairs()
    pseudonym = bootstrap.pseudonym(loaded)
    store = bootstrap.people_writer(loaded)
    linked = 0
    try:
        with Progress(console=err, disable=options.json) as progress:
            task = progress.add_task("ids", total=len(pairs))
            for start in range(0, len(pairs), STEP):
                step = pairs[start : start + STEP]
                linked += store.link(
                    (pseudonym(*person), pseudonym(*each)) for person, each in step
                )
                progress.update(task, completed=start + len(step))
    finally:
        store.close()
    for fault in loader.faults[:MAX_FAULTS]:
        err.print(f"  skipped: {fault}", markup=False)
    if options.json:
        print_json(
            {"ok": True, "pairs": len(pairs), "linked": linked, "rows_skipped": loader.skipped}
        )
    else:
        out.print(
            f"{linked:,} of {len(pairs):,} ids newly linked, {loader.skipped:,} rows skipped."
        )
    return OK
