"""P8: looking people up among ten million in the embedded store, its size, and how fast they are loaded.

CPU time. Each look-up is of another person at random, so that hardly anything is in a cache of the processor, which is
harder than traffic. Beside it stands LMDB's own part of it, a bare `get` with nothing around. It writes 900 MB to the folder of temporary files and takes a minute or two.
"""

import gc
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

import lmdb

from adapters.profiles.lmdb_profiles import Config
from adserver.domain.choices import Change
from adserver.domain.grant import Grant
from adserver.domain.person import PersonKey
from tests.bench.figures import Bench, Figure

PEOPLE = 10_000_000
SEGMENTS_EACH = 10
ASKED = 200_000
DECIDED = 1_000
"""People who opted out: every look-up has to make sure that its person did not."""
ROUNDS = 5
BAR_US, BAR_BYTES, BAR_RATE = 3.0, 100.0, 200_000
DAY = 20_000
NOW_S = (DAY + 1) * 86_400.0
GRANT = Grant("bench")


def lookups(bench: Bench) -> list[Figure]:
    """Return P8."""
    return measured(bench.folder / "people", PEOPLE, ASKED, bench.say)


def measured(folder: Path, count: int, asked: int, say: Callable[[str], None]) -> list[Figure]:
    """Load so many people into a new store, look some of them up, and return the figures."""
    config = Config(str(folder / "profiles"))
    say(f"look-ups: loading {count:,} people")
    load_us, wall_s = _load(config, count)
    size_bytes = (folder / "profiles" / "data.mdb").stat().st_size
    say("look-ups: asking")
    keys = _keys(count, max(1, count // asked))
    Random(3).shuffle(keys)
    reader = config.build()
    ids = [[key] for key in keys]
    if len(reader.find(ids[0], NOW_S).profile.segments) != SEGMENTS_EACH:
        raise RuntimeError("who was loaded is not found")
    find_us = _best_us(lambda each: reader.find(each, NOW_S), ids)
    reader.close()
    with lmdb.open(str(folder / "profiles"), readonly=True, max_spare_txns=4) as environment:
        bare_us = _best_us(lambda each: environment.begin().get(each[0]), ids)
    rate = 1e6 / load_us
    return [
        Figure(
            "P8", "look-up among ten million people", find_us, "us", BAR_US,
            f"{len(ids):,} people at random of {count:,}; {bare_us:.2f} us of it is LMDB's own `get`",
        ),
        Figure("P8", "bytes a person of ten segments", size_bytes / count, "B", BAR_BYTES),
        Figure(
            "P8", "loading a person", load_us, "us", 1e6 / BAR_RATE,
            f"{rate:,.0f} people/s of CPU time, {count / wall_s:,.0f}/s by the clock, the disk included",
        ),
    ]  # fmt: skip


def _load(config: Config, count: int) -> tuple[float, float]:
    """Return the CPU time of a person in microseconds, without making people up, and all seconds by the clock."""
    making_s = _spent_s(lambda: sum(1 for _ in _people(count)))
    writer = config.build_writer()
    began = time.monotonic()
    loading_s = _spent_s(lambda: writer.put_segments(_people(count), GRANT, DAY))
    wall_s = time.monotonic() - began
    dice = Random(2)
    for _ in range(DECIDED):
        writer.choose([dice.randbytes(16)], Change("opt_out"), 1)
    writer.close()
    return (loading_s - making_s) / count * 1e6, wall_s


def _people(count: int) -> Iterator[tuple[PersonKey, Sequence[int]]]:
    dice = Random(4)
    segments = [[dice.getrandbits(32) for _ in range(SEGMENTS_EACH)] for _ in range(1_000)]
    for number, key in enumerate(_all_keys(count)):
        yield key, segments[number % 1_000]


def _all_keys(count: int) -> Iterator[PersonKey]:
    """Yield keys in ascending order, spread over all there may be as hashes are."""
    dice = Random(1)
    step = (1 << 128) // count
    for number in range(count):
        yield (number * step + dice.getrandbits(96)).to_bytes(16, "big")


def _keys(count: int, every: int) -> list[PersonKey]:
    return [key for number, key in enumerate(_all_keys(count)) if number % every == 0]


def _best_us(ask: Callable[[list[PersonKey]], Any], ids: Sequence[list[PersonKey]]) -> float:
    gc.collect()
    gc.freeze()

    def everybody() -> None:
        for each in ids:
            ask(each)

    best_s = min(_spent_s(everybody) for _ in range(ROUNDS))
    gc.unfreeze()
    return best_s / len(ids) * 1e6


def _spent_s(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began
