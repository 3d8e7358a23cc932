"""Two servers' owners on one real Redis: what one's worker reports counts for the other's, and nothing that is lost
counts as nothing.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from math import inf
from pathlib import Path

import pytest

from adapters.profiles.redis_profiles import Config
from adserver.catalog.compiler import compile_snapshot
from adserver.domain.campaign import Cap
from adserver.domain.person import Found
from adserver.domain.week import DAY_S, HOUR_S
from adserver.errors import Unavailable
from adserver.metrics import CONTACT_LAG, COUNTED_SINCE
from adserver.processes.owner.recounting import longest_cap_s
from tests.servers.redis import RedisServer, redis_server
from tests.unit.processes.owner_world import NOW, PERSON, Source, Worker, World, eventually

CAPPED = {"caps": (Cap(2, 24),)}
WITHIN_S = 10.0


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    with redis_server() as server:
        yield server


@pytest.fixture
def keys() -> Iterator[RedisServer]:
    with redis_server() as server:
        yield server


@pytest.fixture
def config(redis: RedisServer, keys: RedisServer) -> Config:
    return Config(
        (redis.url,), keys_url=keys.url, timeout_ms=1_000, connect_timeout_ms=1_000, remembered=0
    )


@asynccontextmanager
async def host(folder: Path, config: Config) -> AsyncIterator[tuple[World, Worker, Worker]]:
    """Run a server: its owner and two workers."""
    folder.mkdir(exist_ok=True)  # noqa: ASYNC240 - nobody waits yet
    world = World(folder, **CAPPED)
    writer = config.build_writer(folder / "diary")
    world.contacts = writer  # type: ignore[assignment] # the real thing in place of the fake
    try:
        async with world.owner(), world.worker(0) as first, world.worker(1) as second:
            await eventually(lambda: first.contacts.counted_since_s == 0.0, WITHIN_S)
            yield world, first, second
    finally:
        writer.close()


async def looked_up(config: Config) -> Found:
    profiles = config.build()
    try:
        return await profiles.fetch([PERSON], NOW)
    finally:
        profiles.close()


async def seen(worker: Worker, config: Config) -> int:
    """Return how many impressions a worker counts for the person."""
    found = await looked_up(config)
    return len(worker.contacts.merged(found.person, found.profile.touches, found.profile.aliases))


async def test_an_impression_counts_on_all_workers_of_all_hosts_once_it_is_acknowledged(
    tmp_path: Path, config: Config
) -> None:
    async with (
        host(tmp_path / "a", config) as (_, here, beside),
        host(tmp_path / "b", config) as (_, there, _),
    ):
        lag = sum(CONTACT_LAG.labels().counts)
        await here.tell(await here.bid(), "impression")
        for worker in (here, beside, there):
            assert await seen(worker, config) == 1
        await there.tell(await there.bid(bid=b"another host's!!"), "impression")
        for worker in (here, beside, there):
            assert await seen(worker, config) == 2
        assert sum(CONTACT_LAG.labels().counts) == lag + 2


async def test_after_a_flush_caps_are_closed_until_all_hosts_have_counted_anew(
    tmp_path: Path, config: Config, redis: RedisServer
) -> None:
    async with (
        host(tmp_path / "a", config) as (_, here, _),
        host(tmp_path / "b", config) as (_, there, _),
    ):
        await here.tell(await here.bid(), "impression")
        await there.tell(await there.bid(bid=b"another host's!!"), "impression")
        redis.call("FLUSHALL")
        with pytest.raises(Unavailable):
            await looked_up(config)
        began = asyncio.get_running_loop().time()
        await eventually(
            lambda: redis.call("HLEN", "hosts{000}") == 2 and redis.call("DBSIZE") > 4_096, WITHIN_S
        )
        assert asyncio.get_running_loop().time() - began < 5
        for worker in (here, there):
            await eventually(lambda w=worker: w.contacts.counted_since_s == 0.0, WITHIN_S)  # type: ignore[misc]
            assert await seen(worker, config) == 2


async def test_contacts_that_cannot_be_written_close_caps_and_open_them_again(
    tmp_path: Path, config: Config, redis: RedisServer
) -> None:
    """Nothing else need come for that: whoever has only capped line items would wait for ever."""
    async with host(tmp_path / "a", config) as (_, here, beside):
        redis.freeze()
        await here.tell(await here.bid(), "impression")
        await eventually(lambda: beside.contacts.counted_since_s == inf, WITHIN_S)
        assert COUNTED_SINCE._value.get() == inf
        redis.thaw()
        await eventually(lambda: beside.contacts.counted_since_s == 0.0, WITHIN_S)
        assert await seen(beside, config) == 1


async def test_a_worker_that_joins_meanwhile_is_told(
    tmp_path: Path, config: Config, redis: RedisServer
) -> None:
    async with host(tmp_path / "a", config) as (world, here, _):
        redis.freeze()
        await eventually(lambda: here.contacts.counted_since_s == inf, WITHIN_S)
        async with world.worker(2) as late:
            await eventually(lambda: late.contacts.counted_since_s == inf)
        redis.thaw()


async def test_lost_secrets_are_told_as_the_time_since_which_contacts_count(
    tmp_path: Path, config: Config, keys: RedisServer
) -> None:
    async with host(tmp_path / "a", config) as (_, here, _):
        await here.tell(await here.bid(), "impression")
        assert (await looked_up(config)).counted
        keys.call("FLUSHALL")
        assert not (await looked_up(config)).counted
        await eventually(lambda: here.contacts.counted_since_s == NOW, WITHIN_S)


def test_contacts_are_kept_as_long_as_the_longest_cap_counts_them() -> None:
    assert longest_cap_s(Source().load()) == 0
    source = Source(caps=(Cap(2, 24), Cap(9, 720, "household"), Cap(1, 1)))
    assert longest_cap_s(source.load()) == 30 * DAY_S
    snapshot = compile_snapshot(Source(caps=(Cap(1, 5),)).load())
    assert snapshot.frequency.longest_s in {0, 5 * HOUR_S}  # no creative, so no candidate
