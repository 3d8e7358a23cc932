"""The load test's command line: `python -m loadtest exchange|history|segments|fit-laws|openloop|traffic|slo`."""

import argparse
import sys
from collections.abc import Sequence
from typing import Protocol

from loadtest import exchange, history, openloop, segments, slo, traffic
from loadtest.market import fitting
from loadtest.wire import NotHere


class _Command(Protocol):
    """What every module that is a command offers."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare its options."""

    def command(self, arguments: argparse.Namespace) -> int:
        """Do it; return the exit code."""


_COMMANDS: dict[str, _Command] = {
    "exchange": exchange,
    "history": history,
    "segments": segments,
    "fit-laws": fitting,
    "openloop": openloop,
    "traffic": traffic,
    "slo": slo,
}


def main(words: Sequence[str] | None = None) -> int:
    """Run one command; exit code 2 with a sentence when it was given something unusable."""
    parser = argparse.ArgumentParser(prog="loadtest", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, module in _COMMANDS.items():
        command = commands.add_parser(name, help=module.__doc__, description=module.__doc__)
        command.add_argument("--json", action="store_true", help="print one JSON object, no more")
        module.add_arguments(command)
    arguments = parser.parse_args(words)
    try:
        return _COMMANDS[arguments.command].command(arguments)
    except (NotHere, ValueError, OSError) as error:
        print(f"loadtest {arguments.command}: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
