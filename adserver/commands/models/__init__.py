"""`models`: who serves, who is tried and how they do; and whose models are accepted."""

import argparse

from adserver.commands.models.changing import add as add_changing
from adserver.commands.models.comparing import add as add_compare
from adserver.commands.models.improving import add as add_improving
from adserver.commands.models.listing import add as add_listing
from adserver.commands.models.trusting import add as add_trusting


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add this group."""
    summary = "List, compare and exchange the models that serve; workers follow within seconds, without a reload."
    parser = commands.add_parser("models", help=summary, description=summary)
    group = parser.add_subparsers(metavar="WHAT", required=True)
    for add_part in (add_listing, add_changing, add_compare, add_improving, add_trusting):
        add_part(group)
