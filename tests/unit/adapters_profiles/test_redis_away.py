"""A real Redis that is frozen, killed, flushed, slow to be reached: nobody waits, and nobody is taken for another."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest
from msgspec.structs import replace

from adapters.profiles.redis_profiles import Config
from adapters.profiles.redis_store import names
from adapters.profiles.redis_store.reader import RedisProfiles
from adserver.domain.choices import Change
from adserver.domain.grant import Grant
from adserver.domain.person import Found, PersonKey
from adserver.errors import Unavailable
from adserver.metrics import REGISTRY
from tests.servers.redis import RedisServer, redis_server, until_answered

NOW_S = 1_800_000_000
DAY = NOW_S // 86_400
CRM = Grant("crm")
PATIENT_MS = 400
"""On a busy machine even a healthy Redis may take a while; what is measured is measured against this."""


def person(number: int) -> PersonKey:
    """Return somebody of another bucket than the next one."""
    return number.to_bytes(2, "little") * 8


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    with redis_server("--appendonly", "yes") as server:
        yield server


def config(redis: RedisServer, **changes: int) -> Config:
    """Return settings under which a busy machine is no outage."""
    patient = {"timeout_ms": PATIENT_MS, "connect_timeout_ms": PATIENT_MS, "open_ms": 100}
    return Config((redis.url,), **{**patient, **changes})  # type: ignore[arg-type] # numbers all


def load(redis: RedisServer, count: int) -> None:
    """Put everybody into the segment that bears their number."""
    writer = config(redis).build_writer()
    assert writer.put_segments([(person(n), (n,)) for n in range(count)], CRM, DAY) == count
    writer.close()


def failures(why: str) -> float:
    """Return how many questions came to nothing for this reason so far."""
    return REGISTRY.get_sample_value("adserver_profile_store_failures_total", {"why": why}) or 0.0


async def known(profiles: RedisProfiles, number: int, seconds: float = 10.0) -> Found:
    """Ask until there is an answer, as the next requests of the same person would."""
    ends = time.monotonic() + seconds
    while True:
        try:
            return await profiles.fetch([person(number)], NOW_S)
        except Unavailable:
            assert time.monotonic() < ends
            await asyncio.sleep(0.02)


async def test_while_redis_is_frozen_nobody_waits_longer_than_the_time_out(
    redis: RedisServer,
) -> None:
    load(redis, 20)
    profiles = config(redis, timeout_ms=50, open_ms=60_000).build()
    await known(profiles, 0)
    late, avoided = failures("late"), failures("avoided")
    redis.freeze()
    began = time.monotonic()
    for number in range(1, 9):
        with pytest.raises(Unavailable, match="in time"):
            await profiles.fetch([person(number)], NOW_S)
    waited_s = time.monotonic() - began
    assert 8 * 0.05 <= waited_s < 8 * 0.05 + 2
    began = time.monotonic()
    for number in range(9, 19):
        with pytest.raises(Unavailable, match="left alone"):
            await profiles.fetch([person(number)], NOW_S)
    assert time.monotonic() - began < 0.05, "a node that is left alone costs nothing"
    assert (failures("late") - late, failures("avoided") - avoided) == (8, 10)
    redis.thaw()
    profiles.close()


async def test_late_answers_are_never_taken_for_other_peoples(redis: RedisServer) -> None:
    """Everybody has the segment of their number, so a swapped answer would show."""
    count = 300
    load(redis, count)
    profiles = config(redis, timeout_ms=20, open_ms=10, failures=32, remembered=0).build()
    await known(profiles, 0)
    answered = late = 0

    async def ask(number: int) -> None:
        nonlocal answered, late
        try:
            found = await profiles.fetch([person(number)], NOW_S)
        except Unavailable:
            late += 1
        else:
            answered += 1
            assert (found.person, found.profile.segments) == (person(number), (number,))

    for turn in range(6):
        redis.freeze()
        # Fewer than make the breaker open: the same connection is asked on.
        asked = [asyncio.create_task(ask(n)) for n in range(turn, count, count // 20)]
        await asyncio.sleep(0.05 if turn % 2 else 0.01)  # after and before they gave up
        for each in asked[::5]:
            each.cancel()  # whose client hung up
        asked += [asyncio.create_task(ask(n)) for n in range(turn, count, 5)]
        await asyncio.sleep(0)  # they are asked, and only then the old answers come
        redis.thaw()
        for each in asked:
            with suppress(asyncio.CancelledError):
                await each
        await known(profiles, turn)
    assert late > 0
    assert answered > 0
    profiles.close()


async def test_who_was_met_within_the_last_minute_is_answered_for_with_their_choices(
    redis: RedisServer,
) -> None:
    load(redis, 3)
    writer = config(redis).build_writer()
    writer.choose([person(1)], Change("object", 7), NOW_S)
    profiles = config(redis).build()
    before = await known(profiles, 1)
    assert before.choices.objections == (7,)
    stranger = await profiles.fetch([person(500)], NOW_S)
    assert before.counted
    assert stranger.counted
    redis.freeze()
    # What they have seen meanwhile nobody knows, so nothing that is capped is shown to them.
    assert await profiles.fetch([person(1)], NOW_S) == replace(before, counted=False)
    assert await profiles.fetch([person(500)], NOW_S) == replace(stranger, counted=False)
    with pytest.raises(Unavailable):
        await profiles.fetch([person(2)], NOW_S)
    profiles.forget([person(1)])
    with pytest.raises(Unavailable):
        await profiles.fetch([person(1)], NOW_S)
    redis.thaw()
    profiles.close()
    writer.close()


async def test_after_a_restart_everything_is_as_it_was_within_a_moment(redis: RedisServer) -> None:
    load(redis, 3)
    profiles = config(redis).build()
    before = await known(profiles, 2)
    redis.kill()
    profiles.forget([person(2)])
    lost = failures("connection")
    with pytest.raises(Unavailable):
        await profiles.fetch([person(2)], NOW_S)
    assert failures("connection") > lost
    redis.start()
    assert await known(profiles, 2, 5.0) == before
    profiles.close()


async def test_after_a_flush_nobody_is_known_until_somebody_starts_anew(redis: RedisServer) -> None:
    """With the people their opt-outs are gone: whoever opted out would look like anybody."""
    load(redis, 3)
    writer = config(redis).build_writer()
    writer.choose([person(1)], Change("opt_out"), NOW_S)
    profiles = config(redis, remembered=0).build()
    assert (await known(profiles, 1)).choices.opted_out
    assert redis.call("FLUSHALL") == b"OK"
    lost = failures("lost")
    with pytest.raises(Unavailable, match="lost"):
        await profiles.fetch([person(1)], NOW_S)
    assert failures("lost") == lost + 1
    with pytest.raises(Unavailable, match="lost"):
        writer.put_segments([(person(1), (1,))], CRM, DAY)
    writer.close()
    config(redis).build_writer().close()
    assert await known(profiles, 1) == Found(person(1))
    profiles.close()


async def test_a_part_that_was_lost_stays_unknown_whoever_starts(redis: RedisServer) -> None:
    load(redis, 2)
    redis.call("DEL", names.mark(person(1)))
    config(redis).build_writer().close()
    profiles = config(redis).build()
    assert (await known(profiles, 0)).profile.segments == (0,)
    with pytest.raises(Unavailable, match="lost"):
        await profiles.fetch([person(1)], NOW_S)
    profiles.close()


async def test_a_redis_that_comes_later_is_taken_into_use_by_itself(redis: RedisServer) -> None:
    redis.kill()
    writer = config(redis).build_writer()
    with pytest.raises(Unavailable):
        writer.put_segments([(person(1), (1,))], CRM, DAY)
    profiles = config(redis).build()
    redis.start()
    assert await known(profiles, 1) == Found(person(1))
    writer.close()
    profiles.close()


def test_the_owner_waits_a_second_at_most_and_then_not_at_all(redis: RedisServer) -> None:
    writer = config(redis).build_writer()
    redis.freeze()
    began = time.monotonic()
    with pytest.raises(Unavailable):
        writer.touches(person(1))
    assert time.monotonic() - began < 3
    began = time.monotonic()
    with pytest.raises(Unavailable):
        writer.choose([person(1)], Change("opt_out"), NOW_S)
    assert time.monotonic() - began < 0.2
    redis.thaw()
    until_answered(redis)
    time.sleep(0.6)
    assert writer.touches(person(1)) == ()
    writer.close()


async def test_a_record_under_another_persons_key_is_nobodys(redis: RedisServer) -> None:
    """Whoever can write to Redis cannot make one person another: a record is sealed together with its key."""
    load(redis, 3)
    stolen, _ = names.state(person(1))
    other, _ = names.state(person(2))
    redis.call("SET", other, redis.call("GET", stolen))
    redis.call("SET", names.secret(person(2)), redis.call("GET", names.secret(person(1))))
    profiles = config(redis).build()
    damaged = failures("damaged")
    # A stranger; but one of whom nobody knows what they have seen.
    assert await known(profiles, 2) == Found(person(2), counted=False)
    assert failures("damaged") == damaged + 1
    profiles.close()


async def test_what_is_no_redis_is_no_disaster() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    profiles = Config((f"redis://127.0.0.1:{port}",), timeout_ms=PATIENT_MS).build()
    with pytest.raises(Unavailable, match="protocol"):
        await profiles.fetch([person(1)], NOW_S)
    profiles.close()
    server.close()
    await server.wait_closed()
