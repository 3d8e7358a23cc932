"""`customers`: an advertiser's own customers, with what they agreed to."""

import argparse
import time
from pathlib import Path

from rich.progress import Progress

from adapters.crm.customer_files import CustomerFiles
from adapters.crm.loading import load_customers
from adserver import bootstrap
from adserver.commands.audiences import MAX_FAULTS, count_after_loading
from adserver.commands.terminal import OK, command, err, out, print_json
from adserver.config import load_settings
from adserver.domain.week import DAY_S
from adserver.errors import Fault, InvalidConfig
from adserver.processes import builder


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add this command."""
    parser = command(
        commands, "customers", customers, "Load lists of customers: their segments, and who agreed to what."
    )  # fmt: skip
    parser.add_argument("what", choices=("load",), help="load them into the profiles")
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="CSV, plain or gzip")
    parser.add_argument(
        "--calling-code", default="", metavar="DIGITS",
        help="the country of telephone numbers that name none: 49",
    )  # fmt: skip
    parser.add_argument(
        "--source", action="append", default=[], metavar="NAME",
        help="a source of the privacy rules that the files speak for: who is in a file without an opt-in leaves its segments",
    )  # fmt: skip


def customers(options: argparse.Namespace) -> int:
    """Load what the files say; bad rows are told, by number alone, and skipped."""
    loaded = load_settings(options.config)
    if options.calling_code and not (
        options.calling_code.isascii() and options.calling_code.isdigit()
    ):
        raise InvalidConfig([Fault("command line", "--calling-code", "must be digits, like 49")])
    policy, now_s = loaded.policy, time.time()
    known = {source.grant.source for source in policy.sources}
    for name in options.source:
        if name not in known:
            told = f"there is no source '{name}' in the privacy rules"
            raise InvalidConfig([Fault("command line", "--source", told)])
    speaks_for = [each.grant for each in policy.sources if each.grant.source in options.source]
    builder.prepare_state(loaded)
    loader = CustomerFiles(options.files, policy.grant_of, now_s, options.calling_code)
    store = bootstrap.people_writer(loaded)
    try:
        with Progress(console=err, disable=options.json) as progress:
            task = progress.add_task("customers", total=None)
            counts = load_customers(
                loader,
                bootstrap.pseudonym(loaded),
                store,
                int(now_s) // DAY_S,
                lambda name: None if policy.is_refused(name) else policy.grant_of(name),
                lambda done, total: progress.update(task, completed=done, total=total),
                speaks_for,
            )
    finally:
        store.close()
    if uncounted := count_after_loading(loaded):
        err.print(f"Nobody was counted: {uncounted}", markup=False)
    for fault in loader.faults[:MAX_FAULTS]:
        err.print(f"  skipped: {fault}", markup=False)
    if options.json:
        print_json({"ok": True, **counts._asdict()})
    else:
        out.print(
            f"{counts.customers:,} customers loaded: {counts.consents:,} new opt-ins, {counts.withdrawals:,} taken "
            f"back, {counts.linked:,} ids linked, {counts.withheld:,} without the opt-in that their segments need, "
            f"{counts.rows_skipped:,} rows skipped."
        )
    return OK
