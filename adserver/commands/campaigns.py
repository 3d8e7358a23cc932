"""`check` and `segments`: what goes in before anything is bid."""

import argparse
from collections.abc import Callable
from typing import NamedTuple

from rich.progress import Progress

from adapters.dmp.loading import load_segments
from adserver import bootstrap
from adserver.catalog.compiler import active_line_items
from adserver.commands.terminal import OK, command, err, out, print_json
from adserver.config import Loaded, load_settings
from adserver.errors import Fault, InvalidConfig
from adserver.processes import builder

MAX_FAULTS = 20
"""More bad rows than this are counted, not told."""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add these commands."""
    command(commands, "check", check, "Check settings and campaigns, and write the snapshot.")
    command(commands, "segments", segments, "Load audiences from the configured files.")


def check(options: argparse.Namespace) -> int:
    """Compile the campaigns into the snapshot that servers load; all faults are told at once."""
    loaded = load_settings(options.config)
    builder.prepare_state(loaded)
    refused = builder.check_lists(loaded)
    if refused:  # a server could go on without; who asks wants to know
        raise InvalidConfig([fault for error in refused.values() for fault in error.faults])
    catalog = builder.build(loaded)
    active = sum(1 for _ in active_line_items(catalog))
    creatives = sum(len(advertiser.creatives) for advertiser in catalog.advertisers)
    counts = {
        "ok": True,
        "advertisers": len(catalog.advertisers),
        "active_line_items": active,
        "creatives": creatives,
        "deals": len(catalog.deals),
    }
    if options.json:
        print_json(counts)
    else:
        out.print(
            f"All good: {len(catalog.advertisers)} advertisers, {active} active line items, "
            f"{creatives} creatives, {len(catalog.deals)} deals. The snapshot is written."
        )
    return OK


def segments(options: argparse.Namespace) -> int:
    """Load who is in which segment; bad rows are told and skipped."""
    loaded = load_settings(options.config)
    if not loaded.settings.segments:
        message = "names no source of audiences; see docs/how-to/load-audiences.md"
        raise InvalidConfig([Fault(str(options.config), "$.segments", message)])
    builder.prepare_state(loaded)
    with Progress(console=err, disable=options.json) as progress:
        task = progress.add_task("people", total=None)
        result = load_people(
            loaded, lambda done, total: progress.update(task, completed=done, total=total)
        )
    for fault in result.faults:
        err.print(f"  skipped: {fault}", markup=False)
    if options.json:
        print_json({"ok": True, "people": result.people, "rows_skipped": result.rows_skipped})
    else:
        out.print(f"{result.people:,} people loaded, {result.rows_skipped:,} rows skipped.")
    return OK


class LoadedPeople(NamedTuple):
    """What became of all configured files."""

    people: int
    rows_skipped: int
    faults: list[Fault]


def load_people(
    loaded: Loaded, on_progress: Callable[[int, int], None] = lambda *_: None
) -> LoadedPeople:
    """Load every configured source into the profiles; no owner needs to run."""
    pseudonym = bootstrap.pseudonym(loaded)
    result = LoadedPeople(0, 0, [])
    for source in loaded.settings.segments:
        paths = tuple(str(loaded.path(path)) for path in source.paths)
        loader = type(source)(paths=paths, adobe_kinds=source.adobe_kinds).build()
        writer = bootstrap.profiles_config(loaded).build_writer()
        counts = load_segments(loader, pseudonym, writer, on_progress)
        writer.close()
        result = LoadedPeople(
            result.people + counts.people,
            result.rows_skipped + counts.skipped_rows,
            [*result.faults, *loader.faults][:MAX_FAULTS],
        )
    return result
