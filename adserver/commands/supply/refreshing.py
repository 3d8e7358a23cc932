"""`supply refresh`: one polite run over all files that are due, and the table made anew."""

import argparse
import asyncio
import fcntl
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from rich.progress import Progress

from adapters.supply.connecting import NO_ALLOWANCE, Allowance, Lookup, system_lookup
from adapters.supply.copies import Copies
from adapters.supply.fetching import Fetcher
from adapters.supply.manners import Manners
from adapters.supply.refreshing import Outcome, Refresher, Result, Wanted, counted
from adapters.supply.robots import Robots
from adserver import bootstrap
from adserver.commands.supply.table import Made, make_table, open_copies, wrong_with
from adserver.commands.supply.wanted import first_round, second_round
from adserver.commands.terminal import FAILED, OK, err, out, print_json
from adserver.config import Loaded
from adserver.domain.week import DAY_S
from adserver.errors import Unavailable
from adserver.settings.supply import Supply

AGENT = "adserver-supply"
"""By this name hosts can turn us away in robots.txt."""
PAUSE_S = 1.0
MOST_TOLD = 20
_GOT = ("read", "unchanged", "absent")


def refresh(loaded: Loaded, settings: Supply, options: argparse.Namespace) -> int:
    """Fetch what is due, make the table, tell what became of it; 1 if files were due and none could be had."""
    developers = settings.developers(loaded.file.parent)
    with _alone(loaded), open_copies(loaded) as copies:
        first = first_round(loaded, settings, developers, copies, options.domains)
        with Progress(console=err, disable=options.json) as progress:
            results = fetch_all(settings, copies, first, force=options.force, progress=progress)
            second = second_round(settings, loaded.file.parent, copies, first)
            more = [each for each in second if each not in set(first)]
            results += fetch_all(settings, copies, more, force=options.force, progress=progress)
        made = make_table(loaded, settings, copies, developers, time.time())
    _tell(results, made, as_json=options.json)
    tried = [each for each in results if each.outcome != "not_due"]
    return FAILED if tried and not any(each.outcome in _GOT for each in tried) else OK


def fetch_all(
    settings: Supply,
    copies: Copies,
    files: Iterable[Wanted],
    *,
    force: bool,
    progress: Progress,
    pause_s: float = PAUSE_S,
    lookup: Lookup = system_lookup,
    allowance: Allowance = NO_ALLOWANCE,
) -> list[Result]:
    """Fetch these files into the copies. The last two are for tests, which have no name service and serve on loopback."""
    wanted = list(files)
    task = progress.add_task("fetching", total=len(wanted))

    async def run() -> Sequence[Result]:
        manners = Manners(pause_s)
        agent = f"{AGENT}/1.0" + (f" (+{settings.contact})" if settings.contact else "")
        async with Fetcher(
            user_agent=agent,
            timeout_s=settings.timeout_s,
            manners=manners,
            lookup=lookup,
            allowance=allowance,
        ) as fetcher:
            refresher = Refresher(
                fetcher=fetcher,
                robots=Robots(fetcher, manners, AGENT),
                copies=copies,
                accepts=wrong_with,
                most_bytes=settings.max_file_mb << 20,
                expiry_s=settings.expiry_days * DAY_S,
                connections=settings.connections,
                force=force,
            )
            return await refresher.refresh(wanted, lambda _: progress.advance(task))

    return list(asyncio.run(run()))


@contextmanager
def _alone(loaded: Loaded) -> Iterator[None]:
    """Keep a second run out while this one goes on. Raises `Unavailable` if one goes on already."""
    folder = bootstrap.places(loaded).supply
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "refresh.lock").open("wb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Unavailable("another `supply refresh` goes on with this state") from None
        yield


def _tell(results: list[Result], made: Made, *, as_json: bool) -> None:
    counts = counted(results)
    bad: tuple[Outcome, ...] = ("failed", "refused")
    problems = [each for each in results if each.outcome in bad]
    if as_json:
        print_json(
            {
                "ok": True,
                "outcomes": counts,
                "table": made._asdict(),
                "problems": [
                    {
                        "kind": each.wanted.kind,
                        "domain": each.wanted.domain,
                        "problem": each.problem,
                    }
                    for each in problems
                ],
            }
        )
        return
    told = ", ".join(f"{number:,} {name.replace('_', ' ')}" for name, number in counts.items())
    out.print(f"Files: {told or 'none is needed: name domains with --domains'}.")
    for each in problems[:MOST_TOLD]:
        line = f"  {each.wanted.domain} {each.wanted.kind}: {each.problem}"
        out.print(line, markup=False, highlight=False)
    if len(problems) > MOST_TOLD:
        out.print(f"  ... and {len(problems) - MOST_TOLD:,} more; --json has all.")
    out.print(
        f"In the table: {made.files:,} files, {made.missing:,} known to be missing, "
        f"{made.applications:,} applications; {made.expired:,} copies are too old."
    )
