"""A real cluster of three masters: who answers for whom, who moved, who is dead."""

import asyncio
import time
from collections.abc import Iterator, Sequence

import pytest

from adapters.profiles.redis_profiles import Config
from adapters.profiles.redis_store import names
from adapters.profiles.redis_store.reader import RedisProfiles
from adserver.domain.choices import Change
from adserver.domain.grant import Grant
from adserver.domain.person import PersonKey
from adserver.errors import Unavailable
from tests.servers.redis import RedisServer, redis_cluster, redis_server

NOW_S = 1_800_000_000
DAY = NOW_S // 86_400
CRM = Grant("crm")
PEOPLE = tuple(number.to_bytes(2, "little") * 8 for number in range(300))
PATIENT_MS = 400


@pytest.fixture(scope="module")
def cluster() -> Iterator[list[RedisServer]]:
    with redis_cluster(3) as servers:
        config(servers).build_writer().close()
        yield servers


def config(servers: Sequence[RedisServer], **changes: object) -> Config:
    """Return settings that name one node only: it tells of the others."""
    patient = {"timeout_ms": PATIENT_MS, "connect_timeout_ms": PATIENT_MS, "open_ms": 100}
    return Config((servers[0].url,), cluster=True, **{**patient, "remembered": 0, **changes})  # type: ignore[arg-type] # checked by use


def load(servers: Sequence[RedisServer], people: Sequence[PersonKey] = PEOPLE) -> None:
    """Put everybody into the segment that bears their place in the list."""
    writer = config(servers).build_writer()
    said = [(each, (PEOPLE.index(each),)) for each in people]
    assert writer.put_segments(said, CRM, DAY) == len(said)
    writer.close()


async def answers(profiles: RedisProfiles) -> dict[PersonKey, tuple[int, ...] | None]:
    """Return the segments of everybody, None for those whose node does not answer."""

    async def one(person: PersonKey) -> tuple[int, ...] | None:
        try:
            found = await profiles.fetch([person], NOW_S)
        except Unavailable:
            return None
        assert found.person == person
        return found.profile.segments

    return dict(zip(PEOPLE, await asyncio.gather(*map(one, PEOPLE)), strict=True))


RIGHT: dict[PersonKey, tuple[int, ...]] = {
    person: (number,) for number, person in enumerate(PEOPLE)
}


async def until(profiles: RedisProfiles, wanted: dict[PersonKey, tuple[int, ...]]) -> None:
    """Ask until everybody wanted is right; nobody is ever wrong."""
    ends = time.monotonic() + 15
    while True:
        found = await answers(profiles)
        wrong = {p: s for p, s in found.items() if s is not None and s != RIGHT[p]}
        assert wrong == {}
        if all(found[person] == segments for person, segments in wanted.items()):
            return
        assert time.monotonic() < ends
        await asyncio.sleep(0.05)


async def test_everybody_is_found_wherever_they_lie(cluster: list[RedisServer]) -> None:
    load(cluster)
    profiles = config(cluster).build()
    await profiles.open()
    await until(profiles, RIGHT)
    for server in cluster:
        assert server.call("DBSIZE") > names.BUCKETS // 4, "people are spread over all nodes"
    profiles.close()


async def test_several_ids_on_several_nodes_are_one_person(cluster: list[RedisServer]) -> None:
    writer = config(cluster).build_writer()
    ids = [b"\xa0" + bytes(15), b"\xb7" + bytes(15), b"\xc9" + bytes(15)]
    assert len({names.SLOT_OF[names.bucket(each)] * 3 // names.SLOTS for each in ids}) > 1
    writer.put_segments([(ids[1], (7,))], CRM, DAY)
    assert writer.link([(ids[0], ids[1]), (ids[0], ids[2])]) == 2
    profiles = config(cluster).build()
    await profiles.open()
    found = await profiles.fetch(ids[1:], NOW_S)
    assert (found.person, found.profile.segments) == (ids[0], (7,))
    assert writer.erase([ids[2]], NOW_S)
    for each in ids:
        assert (await profiles.fetch([each], NOW_S)).choices.erased
    assert writer.put_segments([(each, (7,)) for each in ids], CRM, DAY) == 0
    profiles.close()
    writer.close()


async def test_who_moves_to_another_node_is_found_at_every_moment(
    cluster: list[RedisServer],
) -> None:
    """A slot is handed over as `redis-cli --cluster reshard` does it. Meanwhile Redis answers nothing about several
    keys of which one does not exist (`TRYAGAIN`); these people are then unknown for a moment.
    """
    load(cluster)
    profiles = config(cluster).build()
    writer = config(cluster).build_writer()
    writer.choose([PEOPLE[1]], Change("opt_in"), NOW_S)  # all of their keys exist
    await profiles.open()
    await until(profiles, RIGHT)
    slot = names.SLOT_OF[names.bucket(PEOPLE[1])]
    owner = next(each for each in cluster if _owns(each, slot))
    other = next(each for each in cluster if each is not owner)
    owner_id, other_id = (each.call("CLUSTER", "MYID") for each in (owner, other))
    other.call("CLUSTER", "SETSLOT", slot, "IMPORTING", owner_id)
    owner.call("CLUSTER", "SETSLOT", slot, "MIGRATING", other_id)
    keys = owner.call("CLUSTER", "GETKEYSINSLOT", slot, 1_000)
    owner.call("MIGRATE", "127.0.0.1", other.port, "", 0, 5_000, "KEYS", *keys)
    assert (await profiles.fetch([PEOPLE[1]], NOW_S)).profile.segments == (1,), "by ASK"
    assert writer.put_segments([(PEOPLE[1], (1,))], CRM, DAY) == 1
    stranger = PEOPLE[1][:2] + bytes(14)  # of the same slot
    with pytest.raises(Unavailable, match="TRYAGAIN"):
        await profiles.fetch([stranger], NOW_S)
    for each in (other, owner):
        each.call("CLUSTER", "SETSLOT", slot, "NODE", other_id)
    assert (await profiles.fetch([PEOPLE[1]], NOW_S)).profile.segments == (1,), "by MOVED"
    assert writer.put_segments([(PEOPLE[1], (1,))], CRM, DAY) == 1
    await until(profiles, RIGHT)
    profiles.close()
    writer.close()


async def test_a_dead_node_takes_nobody_else_with_it(cluster: list[RedisServer]) -> None:
    load(cluster)
    profiles = config(cluster).build()
    await profiles.open()
    await until(profiles, RIGHT)
    owned = [p for p in PEOPLE if _owns(cluster[1], names.SLOT_OF[names.bucket(p)])]
    others = {person: segments for person, segments in RIGHT.items() if person not in owned}
    assert owned
    cluster[1].freeze()
    for _ in range(3):
        found = await answers(profiles)
        assert all(found[person] is None for person in owned)
    await until(profiles, others)
    cluster[1].thaw()
    await until(profiles, RIGHT)
    profiles.close()


async def test_keys_may_lie_in_a_redis_of_their_own(cluster: list[RedisServer]) -> None:
    """Without them a copy of everything else tells nothing."""
    with redis_server() as keys:
        apart = config(cluster, keys_url=keys.url)
        ada = b"\xee" * 16
        writer = apart.build_writer()
        writer.put_segments([(ada, (41,))], CRM, DAY)
        profiles = apart.build()
        await profiles.open()
        assert (await profiles.fetch([ada], NOW_S)).profile.segments == (41,)
        assert keys.call("GET", names.secret(ada)) is not None
        node = next(each for each in cluster if _owns(each, names.SLOT_OF[names.bucket(ada)]))
        copy = node.call("GET", names.state(ada)[0])
        assert node.call("GET", names.secret(ada)) is None
        assert writer.erase([ada], NOW_S)
        assert keys.call("GET", names.secret(ada)) is None
        node.call("SET", names.state(ada)[0], copy)
        node.call("DEL", names.state(ada)[1])
        assert (await profiles.fetch([ada], NOW_S)).profile.segments == (), "a restored copy"
        profiles.close()
        writer.close()


def _owns(server: RedisServer, slot: int) -> bool:
    mine = server.call("CLUSTER", "MYID")
    return any(
        first <= slot <= last and master[2] == mine
        for first, last, master, *_ in server.call("CLUSTER", "SLOTS")
    )
