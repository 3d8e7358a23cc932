"""`explain`, `report`, `doctor`: questions to a server, answered for people or as JSON."""

import argparse
import importlib.util
import os
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import msgspec
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from adserver import bootstrap
from adserver.commands.terminal import FAILED, OK, command, out, print_json
from adserver.config import Loaded, load_settings
from adserver.errors import Fault, InvalidConfig, Unavailable
from adserver.processes.builder import supervising

TIMEOUT_S = 10.0
INVALID = ("invalid_impressions", "invalid_clicks", "invalid_orders")
NANOS = 1_000_000_000
LITTLE_BYTES = 64 << 20
"""With less than this left on the disk, the doctor complains."""
MOST_ROWS = 100
"""More rows of an explanation than this nobody reads; `--json` has all."""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add these commands."""
    parser = command(
        commands, "explain", explain, "Explain what the running server does with a bid request."
    )
    parser.add_argument(
        "request", type=Path, metavar="REQUEST", help="a file with one OpenRTB bid request"
    )
    parser.add_argument(
        "--exchange", default="", metavar="NAME", help="as which exchange (default: the first)"
    )
    parser.add_argument("--reveal", action="store_true", help="name the person's segments, too")
    command(commands, "report", report, "Print budget, spend and pace of every line item.")
    command(commands, "doctor", doctor, "Check that this machine and these settings can serve.")


def explain(options: argparse.Namespace) -> int:
    """Print the walk of one request, by the server's own code path."""
    loaded = load_settings(options.config)
    if options.exchange and options.exchange not in loaded.terms:
        known = ", ".join(loaded.terms)
        raise InvalidConfig([Fault("explain", "--exchange", f"name one of: {known}")])
    try:
        body = options.request.read_bytes()
    except OSError as error:
        message = f"cannot be read: {error.strerror}"
        raise InvalidConfig([Fault(str(options.request), "$", message)]) from None
    path = f"/explain/{options.exchange}" if options.exchange else "/explain"
    asked = f"{path}?reveal=1" if options.reveal else path
    walk = ask(loaded, asked, body, whose=str(options.request))
    if options.json:
        print_json(walk)
    else:
        print_walk(walk)
        print_fallen(walk)
    return OK


def report(options: argparse.Namespace) -> int:
    """Print the owner's books, line item by line item."""
    answer = ask(load_settings(options.config), "/report")
    if options.json:
        print_json(answer)
    else:
        out.print(money_table(answer["lines"]))
        apart = [line for line in answer["lines"] if any(line[name] for name in INVALID)]
        if apart:
            out.print(invalid_table(apart))
    return OK


def doctor(options: argparse.Namespace) -> int:
    """Look for everything that keeps a server from serving."""
    findings = _findings(options.config)
    good = all(not problem for _, problem in findings)
    if options.json:
        print_json({"ok": good, "checks": [{"what": w, "problem": p} for w, p in findings]})
    else:
        for what, problem in findings:
            mark = "[red]no [/]" if problem else "[green]yes[/]"
            out.print(f"{mark} {what}" + (f": {escape(problem)}" if problem else ""))
    return OK if good else FAILED


def ask(loaded: Loaded, path: str, body: bytes | None = None, whose: str = "") -> Any:
    """Ask the first worker's private port; what it refuses is laid at the door of `whose` file the body is. Raises `Unavailable` and `InvalidConfig`, both telling what to do."""
    if supervising(loaded) is None:  # another server may listen there: it must not answer for ours
        raise Unavailable(f"no server runs on {loaded.state}; start one with `serve`")
    http = loaded.settings.http
    url = f"http://{http.host}:{http.private_port}{path}"
    try:
        with urllib.request.urlopen(
            urllib.request.Request(url, body), timeout=TIMEOUT_S
        ) as response:
            return msgspec.json.decode(response.read())
    except urllib.error.HTTPError as error:
        raise InvalidConfig([Fault(whose or url, "$", _refusal(error))]) from None
    except OSError as error:
        raise Unavailable(f"no server answers at {url} ({error}); start one with `serve`") from None


def _refusal(error: urllib.error.HTTPError) -> str:
    """Return what a server says that refuses: its own sentence, if it wrote one."""
    text = error.read().decode("utf-8", "replace")
    try:
        said = msgspec.json.decode(text, type=dict[str, Any]).get("detail")
    except msgspec.DecodeError:
        said = None
    return f"{error.code}: {said or text or error.reason}"


def print_walk(walk: dict[str, Any]) -> None:
    """Print an explanation for people."""
    if "bids" not in walk:
        out.print(f"Request {escape(str(walk['request']))}: no bid, [bold]{walk['no_bid']}[/].")
        return
    out.print(
        f"Request [bold]{escape(walk['request'])}[/] from {walk['exchange']}: "
        f"{walk['candidates']} candidates, permission by {walk['permission']['basis']}, "
        f"person {walk['person']}, {walk['segments']} segments."
    )
    if "segment_names" in walk:
        out.print(
            f"  segments: {escape(', '.join(walk['segment_names']) or 'none that anybody asks for')}"
        )
    fallen = ", ".join(f"{reason} {count}" for reason, count in walk["fallen"].items())
    out.print(f"  fell: {fallen or 'nobody'}")
    for each in walk["valued"]:
        out.print(
            f"  {escape(each['line_item'])} with {escape(each['creative'])} on imp {escape(each['imp'])}: "
            f"{each['goal']}, click {each['click_probability']:.4%}, worth {each['value_cpm']:.3f} CPM, "
            f"paced {each['paced_cpm']:.3f}, floor {each['floor_cpm']:.3f}",
            highlight=False,
        )
    for bid in walk["bids"]:
        out.print(
            f"  [bold green]bid[/] {bid['price_cpm']:.3f} CPM for imp {escape(bid['imp'])}: "
            f"{escape(bid['line_item'])} with {escape(bid['creative'])}"
            + (f" in {_deal(bid)}" if bid["deal"] else "")
            + (
                f", wins {bid['win_chance']:.0%} by {escape(bid['price_from'])}"
                if bid["price_from"]
                else ""
            )
        )
    if walk["no_bid"]:
        out.print(f"  [bold]no bid[/]: {walk['no_bid']}")


def _deal(bid: dict[str, Any]) -> str:
    return f"{'guaranteed ' if bid['guaranteed'] else ''}deal {escape(bid['deal'])}"


def print_fallen(walk: dict[str, Any]) -> None:
    """Print who fell and why: a row per line item and reason, its creatives together."""
    rows: dict[tuple[str, ...], list[str]] = {}
    for fall in walk.get("fallen_candidates", ()):
        key = tuple(
            str(fall[name] or "") for name in ("line_item", "imp", "reason", "wanted", "got")
        )
        rows.setdefault(key, []).append(fall["creative"])
    table = Table(header_style="bold", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for name in ("line item", "imp", "reason", "wanted", "got", "creatives"):
        table.add_column(name, overflow="fold")
    for key, creatives in list(rows.items())[:MOST_ROWS]:
        table.add_row(*(escape(each) for each in key), escape(" ".join(creatives)))
    if rows:
        out.print(table)
    if len(rows) > MOST_ROWS:
        out.print(f"... and {len(rows) - MOST_ROWS} rows more; --json has all of them.")


def money_table(lines: list[dict[str, Any]], title: str = "") -> Table:
    """Return the books of all line items as a table; amounts in currency units."""
    table = Table(title=title or None, header_style="bold", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("line item", no_wrap=True)
    installs = any(line["installs"] for line in lines)  # few advertise applications
    counts = ("clicks", "orders", "installs") if installs else ("clicks", "orders")
    risks = [name for name in ("late", "exposed") if any(line[name] for line in lines)]
    for name in ("budget", "spent", *risks, "by now", "pace", "impr.", *counts):
        table.add_column(name, justify="right", no_wrap=True)
    for line in lines:
        daily, lifetime = line["budget_daily"], line["budget_lifetime"]
        budget = daily if daily is not None else lifetime
        spent = line["settled_today"] if daily is not None else line["settled"]
        table.add_row(
            escape(line["line_item"]),
            "none"
            if budget is None
            else f"{budget / NANOS:.2f}" + ("/day" if daily is not None else ""),
            f"{spent / NANOS:.3f}",
            *(f"{line[name] / NANOS:.3f}" for name in risks),
            "-" if line["planned"] is None else f"{line['planned'] / NANOS:.2f}",
            f"{line['pace']:.2f}",
            str(line["impressions"]),
            *(str(line[name]) for name in counts),
        )
    return table


def invalid_table(lines: list[dict[str, Any]]) -> Table:
    """Return what rules called invalid, and what is left to bill; amounts in currency units."""
    table = Table(title="invalid traffic, not counted above", header_style="bold", box=SIMPLE_HEAD)
    table.add_column("line item", no_wrap=True)
    for name in ("impr.", "clicks", "orders", "spent on it", "billable"):
        table.add_column(name, justify="right", no_wrap=True)
    for line in lines:
        table.add_row(
            escape(line["line_item"]),
            *(str(line[name]) for name in INVALID),
            f"{line['invalid_spend'] / NANOS:.3f}",
            f"{line['billable'] / NANOS:.3f}",
        )
    return table


def _findings(file: Path) -> list[tuple[str, str]]:
    found = [("LightGBM's library can be loaded", _lightgbm())]
    try:
        loaded = load_settings(file)
    except InvalidConfig as error:
        return [*found, ("the settings can be used", str(error))]
    found.append(("the settings can be used", ""))
    where = bootstrap.places(loaded)
    try:
        bootstrap.SnapshotSource(where.snapshot).load()
        found.append(("there is a snapshot to serve", ""))
    except InvalidConfig as error:
        found.append(("there is a snapshot to serve", f"{error}; run `check`"))
    try:
        books = ask(loaded, "/report")
        found.append(("a server runs and its owner answers", ""))
        found.append(("the owner can write what must not be lost", books["failing"]))
    except (Unavailable, InvalidConfig) as error:
        found.append(("a server runs and its owner answers", str(error)))
    found.append(("the disk of the state folder has room", _room(where.state)))
    return found


def _room(state: Path) -> str:
    """Return what is wrong with the space that is left; a folder that is not there yet has nothing."""
    if not state.exists():
        return ""
    disk = os.statvfs(state)
    left = disk.f_bavail * disk.f_frsize
    if left >= LITTLE_BYTES and (disk.f_favail or not disk.f_files):
        return ""
    return f"{left >> 20} MiB and {disk.f_favail} files are left at {state}; free some before notices get 503"


def _lightgbm() -> str:
    if importlib.util.find_spec("lightgbm") is None:
        return "the package is not installed; run `make setup`"
    from models.ctr.booster import library  # noqa: PLC0415 - loads numpy

    try:
        library()
    except Unavailable as error:
        return str(error)
    return ""
