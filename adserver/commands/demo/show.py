"""The demo from beginning to end, and its verdict."""

import argparse
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from rich.live import Live
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from adserver.commands.asking import ask, print_walk
from adserver.commands.audiences import load_people
from adserver.commands.demo import world
from adserver.commands.demo.programs import ROOT, Program, run_quietly, wait_until
from adserver.commands.demo.traces import REFUSERS, Traces, traces
from adserver.commands.demo.watching import Watch
from adserver.commands.feeds import load_one
from adserver.commands.learning import train_clicks
from adserver.commands.terminal import FAILED, OK, command, err, out, print_json
from adserver.config import Loaded
from adserver.errors import InvalidConfig, Unavailable
from adserver.processes import builder

PEOPLE = 10_000
KNOWN_SHARE = 0.8
"""How many of the people the demo's DMP knows."""
PAST_IMPRESSIONS = 60_000
EXPLAIN_AFTER_S = 3.0
RETRAINED_AFTER_S = 90.0
"""Who looks on for so long has seen a model trained while another served."""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add this command."""
    parser = command(
        commands, "demo", demo, "Show the server at work: a small world, an exchange, a live table.",
        settings=False,
    )  # fmt: skip
    parser.add_argument("--seconds", type=float, help="end after so long (default: Ctrl-C)")
    parser.add_argument("--rate", type=float, default=200, help="bid requests per second")
    parser.add_argument("--folder", type=Path, default=ROOT / ".demo", help="where the world lives")
    parser.add_argument("--port", type=int, help="public port (default: 8080, or a free one)")
    parser.add_argument("--seed", type=int, default=1, help="same seed: same people, same past")


def demo(options: argparse.Namespace) -> int:
    """Make the world, serve, watch, end, judge."""
    loaded, model = _make_world(options)
    server = Program(
        ["adserver", "serve", "-c", str(loaded.file)], loaded.file.parent / "server.log"
    )
    exchange = None
    status = loaded.file.parent / "exchange.json"
    watch = Watch(loaded, status)
    watch.model = model
    try:
        wait_until(lambda: _answers(loaded), server, 30)
        _print_addresses(options, loaded)
        exchange = Program(_exchange(options, loaded, status), loaded.file.parent / "exchange.log")
        with _interruptible() as interrupted:
            _watch(options, loaded, server, watch, interrupted)
        exchange.end()
        time.sleep(0.5)  # the last notices become durable and reach the books
        watch.look()
        left = traces(loaded)
    finally:
        for program in (exchange, server):
            if program is not None:
                program.end()
    code = server.end()
    return _verdict(options, watch, left, code)


def _make_world(options: argparse.Namespace) -> tuple[Loaded, str]:
    folder: Path = options.folder.resolve()
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=err, disable=options.json) as progress:
        with _step(progress, "making a folder for the demo world"):
            world.make_folder(folder)
            loaded = world.write_settings(folder, options.port)
            builder.prepare_state(loaded)
        with _step(progress, "compiling the campaigns of four advertisers"):
            catalog = builder.build(loaded)
        with _step(progress, "loading the products of a shop"):
            _load_products(loaded)
        with _step(progress, f"loading {PEOPLE:,} people as a DMP knows them"):
            people = ["--people", str(PEOPLE), "--seed", str(options.seed)]
            file = str(folder / "segments.csv")
            run_quietly(
                [
                    "loadtest",
                    "segments",
                    "--refusers",
                    str(folder / REFUSERS),
                    "--out",
                    file,
                    "--share",
                    str(KNOWN_SHARE),
                    *people,
                    "--json",
                ]
            )
            load_people(loaded)
        with _step(progress, f"making up a past of {PAST_IMPRESSIONS:,} impressions"):
            world.write_creatives(catalog, folder / "creatives.json")
            run_quietly(
                [
                    "loadtest", "history", "--out", str(world.past_events(loaded)),
                    "--creatives", str(folder / "creatives.json"), "--json",
                    "--impressions", str(PAST_IMPRESSIONS), "--people", str(PEOPLE),
                    "--seed", str(options.seed),
                ]
            )  # fmt: skip
        with _step(progress, "training the click model on it"):
            report = train_clicks(loaded)
    if not options.json:
        out.print(str(report), markup=False, highlight=False)
    return loaded, report.name


def _load_products(loaded: Loaded) -> None:
    for feed in loaded.settings.feeds:
        outcome = load_one(loaded, feed)
        if outcome.faults:
            raise InvalidConfig(outcome.faults)


@contextmanager
def _step(progress: Progress, text: str) -> Iterator[None]:
    task = progress.add_task(text, total=1)
    yield
    progress.update(task, completed=1)


def _exchange(options: argparse.Namespace, loaded: Loaded, status: Path) -> list[str]:
    base = loaded.settings.http.base_url
    return [
        "loadtest", "exchange", "--url", f"{base}/openrtb2/demo", "--rate", str(options.rate),
        "--people", str(PEOPLE), "--seed", str(options.seed), "--status", str(status), "--json",
        "--vendor", str(loaded.settings.vendor_id),
    ]  # fmt: skip


def _answers(loaded: Loaded) -> bool:
    try:
        ask(loaded, "/report")
    except (Unavailable, InvalidConfig):
        return False
    return True


def _print_addresses(options: argparse.Namespace, loaded: Loaded) -> None:
    if options.json:
        return
    http = loaded.settings.http
    private = f"http://{http.host}:{http.private_port}"
    out.print(f"bid requests   {http.base_url}/openrtb2/demo", highlight=False)
    out.print(f"people's pages {http.base_url}/r/", highlight=False)
    out.print(f"metrics        {private}/metrics (one port per worker, upwards)", highlight=False)
    out.print(f"explain        {private}/explain", highlight=False)
    out.print(f"settings       {loaded.file}", highlight=False, soft_wrap=True)


@contextmanager
def _interruptible() -> Iterator[list[int]]:
    """Collect Ctrl-C and SIGTERM in place of being torn away by them."""
    arrived: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        arrived.append(number)

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield arrived
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _watch(
    options: argparse.Namespace,
    loaded: Loaded,
    server: Program,
    watch: Watch,
    interrupted: list[int],
) -> None:
    started = time.monotonic()
    explained = False
    title = f"ad decision server, model {watch.model}"
    live = Live(console=out, auto_refresh=False, screen=False)
    with live if not options.json else _nothing():
        while not interrupted and server.alive:
            running = time.monotonic() - started
            if options.seconds is not None and running >= options.seconds:
                return
            watch.look()
            watch.seconds = running
            if not options.json:
                if not explained and running > EXPLAIN_AFTER_S:
                    explained = True
                    live.console.print("[bold]One decision explained[/] (POST /explain):")
                    print_walk(_explained(loaded))
                live.update(watch.table(title), refresh=True)
            time.sleep(1.0)


@contextmanager
def _nothing() -> Iterator[None]:
    yield


def _explained(loaded: Loaded) -> dict[str, Any]:
    """Explain the first of some exemplary requests that leads to a bid, or else the last."""
    file = loaded.file.parent / "requests.jsonl"
    run_quietly(["loadtest", "traffic", "--out", str(file), "--requests", "20", "--json"])
    walk: dict[str, Any] = {}
    for line in file.read_bytes().splitlines():
        walk = ask(loaded, "/explain", line)
        if walk.get("bids"):
            break
    return walk


def _verdict(options: argparse.Namespace, watch: Watch, left: Traces, server_code: int) -> int:
    seen = watch.exchange
    errors = dict(seen.get("errors", {}))
    timed_out = errors.pop("bid_timeout", 0)  # a busy laptop is no broken server
    checks = {
        "the server ended cleanly": server_code == 0,
        "there were bids": seen.get("bids", 0) > 0,
        "there were wins": seen.get("wins", 0) > 0,
        "money was spent": watch.spend > 0,
        "the model was in the path": watch.model.startswith("lightgbm/"),
        "no line item is over budget": not watch.over_budget(),
        "the exchange saw no errors": not errors,
        "every bid says by what it was chosen": not seen.get("untold", 1),
        "nobody who refused got a personal bid": seen.get("to_refusers", 0) > 0
        and "bid_personal_for_a_refuser" not in errors,
        f"no id in {left.files} files of state and log": left.files > 0 and not left.ids,
        f"no contact kept of {left.refusers:,} people who refused": left.refusers > 0
        and not left.contacts,
        "fewer than one request in a hundred timed out": timed_out * 100
        < max(seen.get("sent", 0), 1),
    }
    if watch.rounds or watch.seconds > RETRAINED_AFTER_S:
        learned = f"the model was trained again {watch.rounds} times while it served, {watch.learned.promotions} times for the better"
        checks[learned] = watch.rounds > 0
    good = all(checks.values())
    if options.json:
        print_json({"ok": good, "checks": checks, "spend": watch.spend, "exchange": seen})
        return OK if good else FAILED
    out.print(watch.table("summary"))
    for what, held in checks.items():
        out.print(f"{'[green]yes[/]' if held else '[red]no [/]'} {what}")
    if seen.get("errors"):
        examples = seen.get("examples") or {}
        told = (
            f"{count} {name}" + (f" ({examples[name]})" if name in examples else "")
            for name, count in seen["errors"].items()
        )
        out.print(f"errors: {', '.join(told)}", markup=False, highlight=False)
    return OK if good else FAILED
