"""`events`: closed segments of the event log as Parquet, for warehouses and for training."""

import argparse
from pathlib import Path

from rich.progress import Progress

from adserver import bootstrap
from adserver.commands.terminal import OK, command, counted, err, out, print_json
from adserver.config import load_settings


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add this command."""
    parser = command(
        commands, "events", events, "Pack closed segments of the event log as Parquet."
    )
    parser.add_argument("what", choices=("pack",))
    parser.add_argument("--events", type=Path, help="another folder of event segments")
    parser.add_argument("--out", type=Path, help="where to (default: packed/ beside the events)")


def events(options: argparse.Namespace) -> int:
    """Pack what is closed and not packed yet; the segments themselves stay."""
    from models import packing  # noqa: PLC0415 - training's dependencies

    where = bootstrap.places(load_settings(options.config))
    source = options.events or where.events
    target = options.out or source.parent / "packed"
    waiting = [
        each for each in packing.closed(source) if not (target / f"{each.stem}.parquet").exists()
    ]
    with Progress(console=err, disable=options.json) as progress:
        done = [
            packing.pack(segment, target)
            for segment in progress.track(waiting, description="packing")
        ]
    lines = sum(each.lines for each in done)
    before, after = sum(each.bytes_before for each in done), sum(each.bytes_after for each in done)
    if options.json:
        print_json(
            {"ok": True, "segments": len(done), "lines": lines, "bytes_before": before, "bytes_after": after,
             "folder": str(target)}
        )  # fmt: skip
    else:
        share = f", {after / before:.0%} of their size" if before else ""
        out.print(
            f"packed {counted(len(done), 'segment')} with {counted(lines, 'line')} into {target}{share};"
            " each was read back and found equal",
            markup=False,
            highlight=False,
        )
    return OK
