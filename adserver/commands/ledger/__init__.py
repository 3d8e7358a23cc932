"""`ledger`: whether the books agree, what they say, how they compare with an exchange's, what to invoice; and their move."""

import argparse

from adserver.commands.ledger.invoicing import add as add_invoice
from adserver.commands.ledger.moving import add as add_move
from adserver.commands.ledger.reconciling import add as add_reconcile
from adserver.commands.ledger.reporting import add as add_report
from adserver.commands.ledger.verifying import add as add_verify


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add this group."""
    summary = (
        "Check, read, reconcile and invoice the books, or move them to a database. All but `reconcile --book` and `move` "
        "only read."
    )
    parser = commands.add_parser("ledger", help=summary, description=summary)
    group = parser.add_subparsers(metavar="WHAT", required=True)
    for add_part in (add_verify, add_report, add_reconcile, add_invoice, add_move):
        add_part(group)
