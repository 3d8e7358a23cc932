"""`feeds`: products of shops come in, and what of them is there."""

import argparse
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.progress import Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from adapters.feeds.shelf import Shelf
from adapters.feeds.shelf_file import About, read_all, write
from adapters.registry import Feeds
from adserver import bootstrap
from adserver.commands.terminal import FAILED, OK, UNUSABLE, command, counted, err, out, print_json
from adserver.config import Loaded, load_settings
from adserver.errors import Fault, InvalidConfig, Unavailable
from adserver.processes import builder

MAX_FAULTS = 20
"""More bad rows than this are counted, not told."""
NANOS = 1_000_000_000
COUNTS = ("products", "shown", "sold\nout", "no\nprice", "skipped")


class Outcome(msgspec.Struct):
    """What became of one feed."""

    feed: str
    ok: bool
    about: About | None = None
    faults: list[Fault] = []
    rows_skipped: int = 0
    error: str = ""
    serving: str = ""
    """What goes on being served where it was refused."""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add this command."""
    parser = command(
        commands, "feeds", feeds, "Load the products of the configured feeds, check them, or show what is loaded."
    )  # fmt: skip
    parser.add_argument(
        "what", choices=("load", "check", "show"),
        help="load: replace what is served; check: read and tell, changing nothing; show: what is served",
    )  # fmt: skip
    parser.add_argument("name", nargs="*", metavar="FEED", help="which feeds (default: all)")


def feeds(options: argparse.Namespace) -> int:
    """Load, check or show feeds; one that is broken leaves the one before in place, and the others alone."""
    loaded = load_settings(options.config)
    chosen = _chosen(loaded, options.name)
    builder.prepare_state(loaded)
    if options.what == "show":
        return _show(loaded, chosen, as_json=options.json)
    keep = options.what == "load"
    with _progress(quiet=options.json) as progress:
        outcomes = [load_one(loaded, config, progress, keep=keep) for config in chosen]
    if options.json:
        print_json(
            {"ok": all(each.ok for each in outcomes), "feeds": [_plain(each) for each in outcomes]}
        )
    else:
        for each in outcomes:
            _tell(each, kept=keep)
    if any(each.error for each in outcomes):
        return FAILED
    return OK if all(each.ok for each in outcomes) else UNUSABLE


def load_one(
    loaded: Loaded, config: Feeds, progress: Progress | None = None, *, keep: bool = True
) -> Outcome:
    """Read one feed and, if it is to be kept, put it in the place of the one before."""
    feed = config.build(loaded.file.parent)
    path = shelf_path(loaded, config.name)
    task = None if progress is None else progress.add_task(config.name, total=None)

    def show(done: int, _total: int) -> None:
        if progress is not None and task is not None:
            progress.update(task, completed=done, description=f"{config.name}: {done:,} products")

    try:
        if keep:
            path.parent.mkdir(mode=0o700, exist_ok=True)
        about = write(feed, path, show) if keep else read_all(feed, show)
    except InvalidConfig as error:
        return Outcome(
            config.name, ok=False, faults=list(error.faults[:MAX_FAULTS]), rows_skipped=feed.skipped,
            serving=_serving(path),
        )  # fmt: skip
    except (Unavailable, OSError) as error:
        return Outcome(config.name, ok=False, error=str(error), serving=_serving(path))
    faults = list(feed.faults[:MAX_FAULTS])
    return Outcome(config.name, ok=True, about=about, faults=faults, rows_skipped=feed.skipped)


def shelf_path(loaded: Loaded, name: str) -> Path:
    """Return where a feed stands once it is loaded."""
    return bootstrap.places(loaded).feeds / f"{name}.feed"


def _chosen(loaded: Loaded, names: list[str]) -> list[Feeds]:
    configured = {feed.name: feed for feed in loaded.settings.feeds}
    if not configured:
        message = "names no feed; see docs/how-to/product-feeds.md"
        raise InvalidConfig([Fault(str(loaded.file), "$.feeds", message)])
    for name in names:
        if name not in configured:
            message = f"no feed is called '{name}'; there are: {', '.join(configured)}"
            raise InvalidConfig([Fault("feeds", "FEED", message)])
    return [configured[name] for name in names or configured]


@contextmanager
def _progress(*, quiet: bool) -> Iterator[Progress]:
    columns = (TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=err, disable=quiet) as progress:
        yield progress


def _tell(outcome: Outcome, *, kept: bool) -> None:
    for fault in outcome.faults:
        err.print(f"  {fault}", markup=False, soft_wrap=True)
    untold = outcome.rows_skipped - len(outcome.faults)
    if untold > 0:
        err.print(f"  and {untold:,} more bad rows")
    about = outcome.about
    if about is None:
        why = outcome.error or "see above"
        err.print(
            f"{outcome.feed}: refused ({why}); {outcome.serving}.", markup=False, soft_wrap=True
        )
        return
    done = "loaded" if kept else "can be loaded"
    out.print(
        f"{outcome.feed}: {counted(about.products, 'product')} {done}, {about.shown:,} of them can be shown"
        f" ({about.sold_out:,} sold out, {about.without_price:,} without a price),"
        f" {counted(about.skipped, 'row')} skipped.",
        highlight=False,
    )


def _show(loaded: Loaded, chosen: list[Feeds], *, as_json: bool) -> int:
    found: dict[str, About | None] = {}
    for config in chosen:
        path = shelf_path(loaded, config.name)
        found[config.name] = _about(path) if path.exists() else None
    missing = [name for name, about in found.items() if about is None]
    if as_json:
        print_json({"ok": not missing, "feeds": found})
        return FAILED if missing else OK
    table = Table(header_style="bold", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for heading in ("feed", "loaded", *COUNTS, "languages"):
        right = heading in COUNTS
        table.add_column(
            heading,
            justify="right" if right else "left",
            no_wrap=heading != "feed",
            overflow="fold",
        )
    for name, about in found.items():
        if about is None:
            table.add_row(escape(name), "never")
            continue
        at = time.strftime("%Y-%m-%d %H:%MZ", time.gmtime(about.generation // NANOS))
        counts = (about.products, about.shown, about.sold_out, about.without_price, about.skipped)
        languages = ", ".join(f"{each} {count:,}" for each, count in about.languages.items())
        table.add_row(escape(name), at, *(f"{each:,}" for each in counts), languages)
    out.print(table)
    if missing:
        out.print("Run `adserver feeds load`; until then dynamic creatives show their fallbacks.")
    return FAILED if missing else OK


def _about(path: Path) -> About:
    shelf = Shelf(path)
    shelf.close()
    return shelf.about


def _serving(path: Path) -> str:
    """Say what is served now that a feed was refused."""
    if not path.exists():
        return "nothing was loaded before, so dynamic creatives of it show their fallbacks"
    try:
        at = time.strftime("%Y-%m-%d %H:%M:%SZ", time.gmtime(_about(path).generation // NANOS))
    except InvalidConfig as error:
        return f"what was loaded before cannot be read either: {error}"
    return f"what was loaded at {at} goes on being shown"


def _plain(outcome: Outcome) -> dict[str, object]:
    found = msgspec.structs.asdict(outcome)
    found["faults"] = [vars(fault) for fault in outcome.faults]
    return found
