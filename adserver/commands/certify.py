"""`certify`: the acceptance tests that exchanges usually run, on any bidder."""

import argparse
import asyncio
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from adserver.certification.check import Outcome, Verdict
from adserver.certification.checks import CHECKS
from adserver.certification.kit import certify, is_certified
from adserver.certification.report import page
from adserver.certification.wire import Bidder
from adserver.commands.terminal import FAILED, OK, command, err, out, print_json
from adserver.errors import Fault, InvalidConfig, Unavailable

_MARKS = {
    Verdict.PASSED: "[green]passed[/]",
    Verdict.FAILED: "[bold red]failed[/]",
    Verdict.NOT_SHOWN: "[yellow]not shown[/]",
}
MOST_SAID = 5
"""Faults of one check that are told on a terminal; `--json` and `--html` have all."""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add this command."""
    summary = "Run the exchanges' usual acceptance tests on a bidder and print what came out."
    parser = command(commands, "certify", certification, summary, settings=False)
    parser.add_argument("url", metavar="URL", help="where it takes bid requests: http://127.0.0.1:8080/openrtb2/demo")  # fmt: skip
    parser.add_argument(
        "--public-url", default="", metavar="URL",
        help="what the bidder's own addresses in bids begin with, if it stands behind a proxy: they are called at URL instead",
    )  # fmt: skip
    parser.add_argument("--html", type=Path, metavar="FILE", help="write the report there, too")
    parser.add_argument(
        "--only", action="append", choices=[check.name for check in CHECKS], metavar="CHECK",
        help="run this one (may be repeated); known are " + ", ".join(c.name for c in CHECKS),
    )  # fmt: skip
    parser.add_argument(
        "--live", action="store_true",
        help="send no `test: 1`: the bidder then bids, and is billed by its own notices, in earnest",
    )  # fmt: skip


def certification(options: argparse.Namespace) -> int:
    """Certify; the exit code is 0 if everything that could be shown was right."""
    _check_address(options.url)
    if (
        options.html is not None and not options.html.parent.is_dir()
    ):  # asked before, not after minutes
        raise InvalidConfig(
            [Fault("certify", "--html", f"there is no folder {options.html.parent}")]
        )
    outcomes = asyncio.run(_run(options))
    good = is_certified(outcomes)
    if options.html is not None:
        at = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
        options.html.write_text(page(options.url, at, outcomes), encoding="utf-8")
    if options.json:
        print_json({"ok": good, "url": options.url, "checks": outcomes})
        return OK if good else FAILED
    counts = {verdict: sum(1 for each in outcomes if each.verdict is verdict) for verdict in Verdict}  # fmt: skip
    out.print(
        f"{counts[Verdict.PASSED]} passed, {counts[Verdict.FAILED]} failed, "
        f"{counts[Verdict.NOT_SHOWN]} not shown: "
        + ("certified." if good else "not certified.")
        + (" Only what was named was run." if options.only else "")
    )  # fmt: skip
    return OK if good else FAILED


def _check_address(url: str) -> None:
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise InvalidConfig([Fault("certify", "URL", f"is no web address: {error}")]) from None
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise InvalidConfig([Fault("certify", "URL", "must begin with http:// or https://")])


async def _run(options: argparse.Namespace) -> list[Outcome]:
    chosen = [check for check in CHECKS if not options.only or check.name in options.only]
    found: list[Outcome] = []
    async with Bidder(options.url, public_url=options.public_url, live=options.live) as bidder:
        reached = await bidder.post(b"{}")
        if reached.trouble and not reached.status:
            raise Unavailable(f"{options.url} does not answer: {reached.trouble}")
        async for outcome in certify(bidder, chosen):
            found.append(outcome)
            if not options.json:
                _tell(outcome)
    return found


def _tell(outcome: Outcome) -> None:
    out.print(f"{_MARKS[outcome.verdict]}  {outcome.says} ({outcome.check})", highlight=False)
    for said in outcome.found[:MOST_SAID]:
        err.print(f"    {said}", markup=False, highlight=False, soft_wrap=True)
    if len(outcome.found) > MOST_SAID:
        err.print(f"    and {len(outcome.found) - MOST_SAID} more")
