"""What every command has in common: where the settings are, how results are printed, how faults are told."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table

from adserver.errors import InvalidConfig

OK, FAILED, UNUSABLE, INTERRUPTED = 0, 1, 2, 130
"""Exit codes: done; it did not work out; the input or a setting cannot be used; Ctrl-C."""

SETTINGS = "server.yaml"
_WIDE = 200

out = Console(soft_wrap=not sys.stdout.isatty())
err = Console(stderr=True)

Action = Callable[[argparse.Namespace], int]


def command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    action: Action,
    summary: str,
    *,
    settings: bool = True,
    json: bool = True,
) -> argparse.ArgumentParser:
    """Add a command with the options that all have."""
    parser = commands.add_parser(name, help=summary, description=summary)
    parser.set_defaults(action=action)
    parser.set_defaults(json=False)
    if json:
        parser.add_argument("--json", action="store_true", help="print one JSON object, no more")
    if settings:
        parser.add_argument(
            "-c", "--config", type=Path, default=Path(SETTINGS), metavar="FILE",
            help=f"the settings (default: {SETTINGS})",
        )  # fmt: skip
    return parser


def print_json(value: object) -> None:
    """Print a value as one indented JSON object."""
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n")


def print_table(table: Table) -> None:
    """Print a table, as wide as it likes where nobody's window is in the way."""
    (out if sys.stdout.isatty() else Console(width=_WIDE)).print(table)


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, in the plural where it is one that takes an s."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def tell_failure(text: str, *, as_json: bool) -> int:
    """Print why it did not work out and return the exit code for that."""
    if as_json:
        print_json({"ok": False, "error": text})
    else:
        err.print(text, markup=False, soft_wrap=True)
    return FAILED


def tell_faults(error: InvalidConfig, *, as_json: bool) -> int:
    """Print every fault and return the exit code for them."""
    if as_json:
        print_json({"ok": False, "faults": [vars(fault) for fault in error.faults]})
        return UNUSABLE
    err.print(f"[bold red]{counted(len(error.faults), 'fault')}[/] to mend:")
    for fault in error.faults:
        err.print("  ", end="")
        err.print(str(fault), markup=False, highlight=False, soft_wrap=True)
    return UNUSABLE
