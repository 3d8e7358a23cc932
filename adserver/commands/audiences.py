"""`segments` and `audiences`: who is in which segment, and how many people that are."""

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from rich.progress import Progress, TaskID

from adapters.campaigns import snapshot_file
from adapters.dmp.loading import load_segments
from adserver import bootstrap
from adserver.background.sizes_file import read_sizes, write_sizes
from adserver.catalog.census import count
from adserver.catalog.sizes import Sizes
from adserver.commands.rules import explained
from adserver.commands.terminal import OK, command, err, out, print_json
from adserver.config import Loaded, load_settings
from adserver.domain.campaign import Catalog
from adserver.domain.week import DAY_S
from adserver.errors import Fault, InvalidConfig, Unavailable
from adserver.ports.people import Census
from adserver.processes import builder
from adserver.settings.policy import refused_segment

MAX_FAULTS = 20
"""More bad rows than this are counted, not told."""
STEP = 10_000
"""People between two signs of progress."""

OnProgress = Callable[[int, int | None], None]


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add these commands."""
    command(commands, "segments", segments, "Load audiences from the configured files.")
    parser = command(
        commands, "audiences", audiences, "Count the people in the segments and audiences that line items use."
    )  # fmt: skip
    parser.add_argument("what", choices=("count",), help="count them in the profiles, now")


def segments(options: argparse.Namespace) -> int:
    """Load who is in which segment; bad rows are told and skipped."""
    loaded = load_settings(options.config)
    if not loaded.settings.segments:
        message = "names no source of audiences; see docs/how-to/load-audiences.md"
        raise InvalidConfig([Fault(str(options.config), "$.segments", message)])
    builder.prepare_state(loaded)
    with Progress(console=err, disable=options.json) as progress:
        result = load_people(loaded, _shown(progress, "people"), _shown(progress, "counting"))
    for fault in result.faults:
        err.print(f"  skipped: {fault}", markup=False)
    if result.uncounted:
        err.print(f"Nobody was counted: {result.uncounted}", markup=False)
    if options.json:
        print_json({"ok": True, "people": result.people, "rows_skipped": result.rows_skipped})
    else:
        out.print(f"{result.people:,} people loaded, {result.rows_skipped:,} rows skipped.")
        _say_reload(loaded)
    return OK


def audiences(options: argparse.Namespace) -> int:
    """Count over all known people; what the minimum of the rules holds back follows from it."""
    loaded = load_settings(options.config)
    builder.prepare_state(loaded)
    catalog = snapshot_file.read(bootstrap.places(loaded).snapshot)
    sizes = count_with_progress(loaded, catalog, quiet=options.json)
    told = explained(loaded.policy, catalog, sizes, {})
    if options.json:
        print_json(
            {
                "ok": True,
                "segments": {name: size.people for name, size in sizes.segments.items()},
                "audiences": {spelled: size.people for spelled, size in sizes.audiences.items()},
                "small_segments": told.small_segments,
                "small_audiences": told.small_audiences,
            }
        )
        return OK
    for spelled, size in (*sorted(sizes.segments.items()), *sorted(sizes.audiences.items())):
        out.print(f"{size.people:>12,}  {spelled}", markup=False, highlight=False)
    held_back = len(told.small_segments) + len(told.small_audiences)
    out.print(
        f"{held_back:,} of these are too small to be used." if held_back else "All may be used."
    )
    _say_reload(loaded)
    return OK


class LoadedPeople(NamedTuple):
    """What became of all configured files."""

    people: int
    rows_skipped: int
    faults: list[Fault]
    uncounted: str = ""
    """Why nobody was counted afterwards, where that failed."""


def load_people(
    loaded: Loaded,
    on_progress: OnProgress = lambda *_: None,
    on_counting: OnProgress = lambda *_: None,
) -> LoadedPeople:
    """Load every configured source into the profiles, and count who is where; no owner needs to run."""
    pseudonym = bootstrap.pseudonym(loaded)
    policy = loaded.policy
    today = _today()
    result = LoadedPeople(0, 0, [])
    sizes: dict[str, dict[str, int]] = {}
    for source in loaded.settings.segments:
        paths = tuple(str(loaded.path(path)) for path in source.paths)
        loader = type(source)(paths=paths, adobe_kinds=source.adobe_kinds).build()
        writer = bootstrap.people_writer(loaded)
        counts = load_segments(
            loader,
            pseudonym,
            writer,
            today,
            lambda name: None if policy.is_refused(name) else policy.grant_of(name),
            on_progress,
        )
        writer.close()
        for by, people in counts.sizes.items():
            known = sizes.setdefault(by, {})
            for name, number in people.items():  # the same people may be in two files
                known[name] = max(number, known.get(name, 0))
        refused = [
            refused_segment(policy, name, people, ", ".join(paths))
            for name, people in sorted(counts.refused.items())
        ]
        result = LoadedPeople(
            result.people + counts.people,
            result.rows_skipped + counts.skipped_rows,
            [*result.faults, *refused, *loader.faults][:MAX_FAULTS],
        )
    where = bootstrap.places(loaded)
    write_sizes(where.sizes, read_sizes(where.sizes).loaded(sizes, today))
    return result._replace(uncounted=count_after_loading(loaded, on_counting))


def count_after_loading(loaded: Loaded, on_progress: OnProgress = lambda *_: None) -> str:
    """Count anew if the rules ask for a minimum and there are campaigns; return why that failed, if it did."""
    where = bootstrap.places(loaded)
    if loaded.policy.minimum_people > 1 and where.snapshot.exists():
        try:
            count_people(loaded, snapshot_file.read(where.snapshot), on_progress)
        except (InvalidConfig, Unavailable) as error:
            return str(error)
    return ""


def count_people(
    loaded: Loaded, catalog: Catalog, on_progress: OnProgress = lambda *_: None
) -> Sizes:
    """Count over all known people, keep the result and return it. Raises `Unavailable` and `InvalidConfig`."""
    where = bootstrap.places(loaded)
    now_s = time.time()

    def everybody() -> Iterator[Sequence[int]]:
        profiles = bootstrap.profiles_config(loaded).build()
        if not isinstance(profiles, Census):
            raise Unavailable(
                "profiles: this store cannot go through everybody, so nobody was counted"
            )
        try:
            for done, person in enumerate(profiles.everybody(now_s)):
                if done % STEP == 0:
                    on_progress(done, None)
                yield person
        finally:
            profiles.close()

    sizes = count(everybody, loaded.policy, catalog, read_sizes(where.sizes), _today())
    write_sizes(where.sizes, sizes)
    return sizes


def count_with_progress(loaded: Loaded, catalog: Catalog, *, quiet: bool) -> Sizes:
    """Count as `count_people`, and show how far it is."""
    with Progress(console=err, disable=quiet) as progress:
        return count_people(loaded, catalog, _shown(progress, "counting"))


def _shown(progress: Progress, name: str) -> OnProgress:
    """Return what shows how far something is, from its first step on."""
    tasks: list[TaskID] = []

    def show(done: int, total: int | None) -> None:
        if not tasks:
            tasks.append(progress.add_task(name, total=None))
        progress.update(tasks[0], completed=done, total=total)

    return show


def _today() -> int:
    return int(time.time()) // DAY_S


def _say_reload(loaded: Loaded) -> None:
    if loaded.policy.minimum_people > 1 and builder.supervising(loaded) is not None:
        out.print("The running server goes by these counts after `adserver reload`.")
