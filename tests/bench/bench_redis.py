"""Print what profiles in Redis cost: `python -m tests.bench.bench_redis`. It starts a `redis-server` of its own."""

import asyncio
import os
import time
import tracemalloc
from collections.abc import Sequence

import uvloop

from adapters.profiles.redis_profiles import Config
from adapters.profiles.redis_store.reader import RedisProfiles
from adapters.profiles.redis_store.remembered import Known, Remembered
from adserver.domain.grant import Grant
from adserver.domain.person import PersonKey, Touch
from tests.servers.redis import redis_server

PEOPLE = 50_000
LOOKUPS = 5_000
SIDE_BY_SIDE = 8
NOW_S = int(time.time())
DAY = NOW_S // 86_400


def main() -> None:
    """Load people, look them up, remember them."""
    people = [os.urandom(16) for _ in range(PEOPLE)]
    with redis_server() as server:
        config = Config((server.url,), timeout_ms=1_000)
        writer = config.build_writer()
        empty_bytes = server.resident_bytes()
        began, worked = time.perf_counter(), time.process_time()
        writer.put_segments(((each, range(10)) for each in people), Grant("bench"), DAY)
        took_s, worked_s = time.perf_counter() - began, time.process_time() - worked
        size = (server.resident_bytes() - empty_bytes) / PEOPLE
        print(
            f"load: {PEOPLE / took_s:,.0f} people/s of 10 segments; each {1e6 * worked_s / PEOPLE:.0f} us of our CPU"
            f" and {size:.0f} bytes in Redis"
        )
        known = people[:LOOKUPS]
        writer.add_touches([(each, _touch(number)) for each in known for number in range(10)])
        writer.close()
        uvloop.run(_look_up(config, "10 segments and 10 contacts", known))
        uvloop.run(_look_up(config, "10 segments", people[-LOOKUPS:]))
        uvloop.run(_look_up(config, "nobody", [os.urandom(16) for _ in known]))
    _remember()


async def _look_up(config: Config, what: str, people: Sequence[PersonKey]) -> None:
    profiles = config.build()
    await profiles.fetch(people[:1], NOW_S)
    for at_once in (1, SIDE_BY_SIDE):
        cpu, wall = await _timed(profiles, people, at_once)
        print(f"look-up, {what}, {at_once} at a time: {cpu:.0f} us of CPU, {wall:.0f} us each")
    profiles.close()


async def _timed(
    profiles: RedisProfiles, people: Sequence[PersonKey], at_once: int
) -> tuple[float, float]:
    """Return the microseconds of CPU and of time for each."""
    cpu, wall = time.process_time(), time.perf_counter()
    for at in range(0, len(people), at_once):
        await asyncio.gather(
            *(profiles.fetch((each,), NOW_S) for each in people[at : at + at_once])
        )
    each = 1e6 / len(people)
    return (time.process_time() - cpu) * each, (time.perf_counter() - wall) * each


def _remember() -> None:
    most = Config(("redis://none",)).remembered
    tracemalloc.start()
    remembered = Remembered(most, time.monotonic)
    for _ in range(most):
        person = os.urandom(16)
        remembered.keep((person,), Known(person, os.urandom(600)))
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    print(f"remembered: {most:,} people of 600 bytes take {size / 1e6:.0f} MB of a worker")


def _touch(number: int) -> Touch:
    return Touch("impression", NOW_S - number, 1 << 62, 1 << 61, os.urandom(16))


if __name__ == "__main__":
    main()
