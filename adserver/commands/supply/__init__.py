"""`supply`: fetch ads.txt and sellers.json, and tell what they say, what is wrong with them and what paths cost."""

import argparse
from pathlib import Path

from adserver.commands.supply.refreshing import refresh
from adserver.commands.supply.reporting import report
from adserver.commands.supply.showing import check, show
from adserver.commands.terminal import command
from adserver.config import load_settings
from adserver.errors import Fault, InvalidConfig

_WHAT = {"refresh": refresh, "check": check, "show": show, "report": report}


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add this command."""
    parser = command(
        commands, "supply", supply,
        "Fetch ads.txt, app-ads.txt and sellers.json; check or show what they say; report bids by path.",
    )  # fmt: skip
    parser.add_argument(
        "what", choices=tuple(_WHAT),
        help="refresh: fetch what is due and make the table; check: tell what is wrong with the copies; "
        "show: tell what a domain's files say; report: bids and estimated fees by path",
    )  # fmt: skip
    parser.add_argument(
        "domain", nargs="?", default="", metavar="DOMAIN", help="whose files to show"
    )
    parser.add_argument(
        "--domains", type=Path, metavar="FILE",
        help="also fetch the files of these domains: one a line, with `,app-ads.txt` or another kind behind it if "
        "only that is wanted",
    )  # fmt: skip
    parser.add_argument("--force", action="store_true", help="fetch what is not due, too")


def supply(options: argparse.Namespace) -> int:
    """Do what is asked."""
    loaded = load_settings(options.config)
    if loaded.settings.supply is None:
        message = "is not there; see docs/how-to/supply-path.md"
        raise InvalidConfig([Fault(str(options.config), "$.supply", message)])
    return _WHAT[options.what](loaded, loaded.settings.supply, options)
