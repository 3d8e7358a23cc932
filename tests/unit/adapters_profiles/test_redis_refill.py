"""A real Redis that is flushed: what hosts wrote down fills it again, and until then nothing counts as nothing."""

import asyncio
from collections.abc import Iterator
from math import inf
from pathlib import Path

import pytest

from adapters.profiles.redis_profiles import Config
from adapters.profiles.redis_store import names
from adapters.profiles.redis_store.diary import Diary
from adapters.profiles.redis_store.writer import RedisProfileWriter
from adserver.domain.choices import Change
from adserver.domain.grant import Grant
from adserver.domain.person import Found, PersonKey, Touch
from adserver.domain.week import DAY_S
from adserver.errors import Unavailable
from tests.servers.redis import RedisServer, redis_cluster, redis_server

NOW_S = 1_800_000_000
CRM = Grant("crm")
ANNA, BERT, CORA, DORA, EMIL = (bytes([number]) * 16 for number in (17, 34, 51, 68, 85))


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    with redis_server() as server:
        yield server


@pytest.fixture
def keys() -> Iterator[RedisServer]:
    with redis_server() as server:
        yield server


class Hosts:
    """Servers' owners that share a Redis, each with a diary of its own."""

    def __init__(
        self, folder: Path, redis: RedisServer, keys: RedisServer | None, *, cluster: bool = False
    ) -> None:
        self.folder = folder
        self.config = Config(
            (redis.url,), keys_url=keys.url if keys else None, timeout_ms=1_000,
            connect_timeout_ms=1_000, cluster=cluster,
        )  # fmt: skip
        self._open: list[RedisProfileWriter] = []

    def host(self, name: str) -> RedisProfileWriter:
        """Start one; the second of a name is the first one's successor."""
        writer = self.config.build_writer(self.folder / name)
        writer.keep_contacts(30 * DAY_S)
        self._open.append(writer)
        return writer

    def find(self, person: PersonKey) -> Found:
        """Look somebody up as a worker would."""

        async def ask() -> Found:
            profiles = self.config.build()
            try:
                return await profiles.fetch([person], NOW_S)
            finally:
                profiles.close()

        return asyncio.run(ask())

    def close(self) -> None:
        """Hang up everywhere."""
        for each in self._open:
            each.close()


@pytest.fixture
def hosts(tmp_path: Path, redis: RedisServer, keys: RedisServer) -> Iterator[Hosts]:
    made = Hosts(tmp_path, redis, keys)
    yield made
    made.close()


def touch(serial: int, at_s: int = NOW_S - 60) -> Touch:
    return Touch("impression", at_s, 7, 8, serial.to_bytes(16))


def settle(*hosts: RedisProfileWriter, now_s: float = NOW_S) -> list[float]:
    """Let each look a few times, in turns, as they would within some seconds; return what they found last."""
    for _ in range(2):
        for each in hosts:
            each.counted_since_s(now_s)
    return [each.counted_since_s(now_s) for each in hosts]


def test_a_new_redis_has_no_past(hosts: Hosts) -> None:
    assert settle(hosts.host("one")) == [0.0]
    assert settle(hosts.host("two")) == [0.0]


def test_after_a_flush_contacts_of_all_hosts_and_all_choices_are_back(
    hosts: Hosts, redis: RedisServer
) -> None:
    one, two = hosts.host("one"), hosts.host("two")
    settle(one, two)
    one.add_touches([(ANNA, touch(1)), (BERT, touch(2)), (ANNA, touch(9, NOW_S - 31 * DAY_S))])
    two.add_touches([(ANNA, touch(3, NOW_S - 50))])
    one.choose([BERT], Change("opt_out"), NOW_S - 10)
    two.choose([BERT], Change("opt_in"), NOW_S - 5)
    two.choose([CORA], Change("opt_out"), NOW_S - 5)
    two.choose([EMIL], Change("consent"), NOW_S - 5)
    one.choose([DORA], Change("object", 77), NOW_S - 5)
    redis.call("FLUSHALL")
    with pytest.raises(Unavailable, match="lost"):
        hosts.find(ANNA)
    assert one.counted_since_s(NOW_S) == inf, "the other's contacts are still missing"
    with pytest.raises(Unavailable, match="lost"):
        hosts.find(ANNA)
    assert two.counted_since_s(NOW_S) == 0.0
    assert one.counted_since_s(NOW_S) == 0.0
    assert hosts.find(ANNA).profile.touches == (touch(1), touch(3, NOW_S - 50))
    assert hosts.find(BERT).profile.touches == (touch(2),)
    assert not hosts.find(BERT).choices.opted_out, "the later decision holds"
    assert hosts.find(CORA).choices.opted_out
    assert hosts.find(DORA).choices.objections == (77,)
    assert hosts.find(EMIL).choices.consented


def test_an_erased_person_stays_erased_and_nothing_of_theirs_comes_back(
    hosts: Hosts, redis: RedisServer
) -> None:
    one, two = hosts.host("one"), hosts.host("two")
    settle(one, two)
    one.add_touches([(ANNA, touch(1)), (BERT, touch(2))])
    two.add_touches([(ANNA, touch(3))])
    two.link([(ANNA, CORA)])
    before = {each: each.read_bytes() for each in hosts.folder.rglob("*") if each.is_file()}
    assert not any(key in written for written in before.values() for key in (ANNA, BERT, CORA))
    one.erase([CORA], NOW_S)
    redis.call("FLUSHALL")
    assert settle(one, two) == [0.0, 0.0]
    for key in (ANNA, CORA):
        found = hosts.find(key)
        assert found.choices.erased
        assert found.profile.touches == ()
    assert hosts.find(BERT).profile.touches == (touch(2),)
    assert one.touches(ANNA) == ()


def test_the_ids_of_one_person_count_together_again(hosts: Hosts, redis: RedisServer) -> None:
    one = hosts.host("one")
    settle(one)
    one.add_touches([(BERT, touch(1))])
    one.link([(ANNA, BERT), (ANNA, CORA), (DORA, CORA)])
    one.add_touches([(BERT, touch(2, NOW_S - 50)), (CORA, touch(3))])
    redis.call("FLUSHALL")
    assert settle(one) == [0.0]
    assert hosts.find(BERT).person == hosts.find(ANNA).person == ANNA
    assert hosts.find(BERT).profile.touches == (touch(1), touch(2, NOW_S - 50))
    assert hosts.find(CORA).person == DORA
    assert hosts.find(CORA).profile.touches == (touch(3),)


def test_a_host_that_is_down_is_waited_for(hosts: Hosts, redis: RedisServer) -> None:
    """Its diary may have an opt-out that no other has."""
    one, two = hosts.host("one"), hosts.host("two")
    settle(one, two)
    two.choose([ANNA], Change("opt_out"), NOW_S)
    two.close()
    redis.call("FLUSHALL")
    assert settle(one) == [inf]
    with pytest.raises(Unavailable):
        hosts.find(ANNA)
    again = hosts.host("two")
    assert settle(again, one) == [0.0, 0.0]
    assert hosts.find(ANNA).choices.opted_out


def test_an_operator_can_give_a_host_up(hosts: Hosts, redis: RedisServer) -> None:
    one, two = hosts.host("one"), hosts.host("two")
    settle(one, two)
    two.close()
    redis.call("FLUSHALL")
    assert settle(one) == [inf]
    Diary(hosts.folder / "one").note(peers=())
    assert settle(one) == [0.0]


def test_whoever_starts_on_an_emptied_redis_fills_it(hosts: Hosts, redis: RedisServer) -> None:
    one = hosts.host("one")
    settle(one)
    one.add_touches([(ANNA, touch(1))])
    one.choose([BERT], Change("opt_out"), NOW_S)
    one.close()
    redis.call("FLUSHALL")
    again = hosts.host("one")
    with pytest.raises(Unavailable):
        hosts.find(BERT)
    assert settle(again) == [0.0]
    assert hosts.find(BERT).choices.opted_out
    assert hosts.find(ANNA).profile.touches == (touch(1),)


def test_a_stranger_who_takes_it_for_new_does_not_make_people_known(
    hosts: Hosts, redis: RedisServer
) -> None:
    """A third machine starts for the first time, on the Redis that was just flushed."""
    one = hosts.host("one")
    settle(one)
    one.choose([BERT], Change("opt_out"), NOW_S)
    redis.call("FLUSHALL")
    three = hosts.host("three")
    assert settle(three) == [0.0]
    assert settle(one, three) == [0.0, 0.0]
    assert hosts.find(BERT).choices.opted_out


def test_a_lost_part_is_filled_and_the_rest_stays(hosts: Hosts, redis: RedisServer) -> None:
    one, two = hosts.host("one"), hosts.host("two")
    settle(one, two)
    one.put_segments([(ANNA, (1,)), (BERT, (2,))], CRM, NOW_S // DAY_S)
    one.add_touches([(ANNA, touch(1)), (BERT, touch(2))])
    two.add_touches([(ANNA, touch(3)), (BERT, touch(4))])
    redis.call("DEL", names.mark(ANNA), *names.state(ANNA))
    for _ in range(70):  # one mark alone shows within a minute
        settle(one, two)
    assert settle(one, two) == [0.0, 0.0]
    assert set(hosts.find(ANNA).profile.touches) == {touch(1), touch(3)}
    assert hosts.find(ANNA).profile.segments == ()
    assert set(hosts.find(BERT).profile.touches) == {touch(2), touch(4)}
    assert hosts.find(BERT).profile.segments == (2,)


def test_when_the_table_of_grants_is_lost_old_records_keep_theirs(
    hosts: Hosts, redis: RedisServer
) -> None:
    one = hosts.host("one")
    settle(one)
    one.put_segments([(ANNA, (1,))], CRM, NOW_S // DAY_S)
    redis.call("DEL", names.GRANTS, names.MARKS[0], names.HOSTS)
    with pytest.raises(Unavailable):
        one.put_segments([(BERT, (2,))], Grant("dmp"), NOW_S // DAY_S)
    assert settle(one) == [0.0]
    one.put_segments([(BERT, (2,))], Grant("dmp"), NOW_S // DAY_S)
    assert [each.grant for each in one.dossier([ANNA]).memberships] == [CRM]


def test_flushed_again_in_the_middle_it_ends_the_same(hosts: Hosts, redis: RedisServer) -> None:
    one, two = hosts.host("one"), hosts.host("two")
    settle(one, two)
    one.add_touches([(ANNA, touch(1))])
    two.add_touches([(ANNA, touch(2))])
    redis.call("FLUSHALL")
    assert one.counted_since_s(NOW_S) == inf
    redis.call("FLUSHALL")
    assert two.counted_since_s(NOW_S) == inf
    assert settle(one, two) == [0.0, 0.0]
    assert set(hosts.find(ANNA).profile.touches) == {touch(1), touch(2)}


def test_contacts_that_come_meanwhile_wait_and_count(hosts: Hosts, redis: RedisServer) -> None:
    one = hosts.host("one")
    settle(one)
    one.add_touches([(ANNA, touch(1))])
    redis.call("FLUSHALL")
    with pytest.raises(Unavailable):
        one.add_touches([(ANNA, touch(2))])
    assert settle(one) == [inf], "one is still to be added"
    one.add_touches([(ANNA, touch(2))])
    assert settle(one) == [0.0]
    assert set(hosts.find(ANNA).profile.touches) == {touch(1), touch(2)}


def test_contacts_that_waited_when_their_owner_was_killed_are_lost_and_known_to_be(
    hosts: Hosts, redis: RedisServer
) -> None:
    one = hosts.host("one")
    settle(one)
    redis.freeze()
    with pytest.raises(Unavailable):
        one.add_touches([(ANNA, touch(1))])
    redis.thaw()
    again = hosts.host("one")
    assert settle(again, now_s=NOW_S + 60) == [NOW_S + 60]
    again.close()
    assert settle(hosts.host("one"), now_s=NOW_S + 90) == [NOW_S + 60]


def test_a_lost_node_of_a_cluster_is_filled_and_the_others_stay(
    tmp_path: Path, keys: RedisServer
) -> None:
    people = [bytes([number, number]) * 8 for number in range(0, 256, 5)]
    with redis_cluster(3) as nodes:
        hosts = Hosts(tmp_path, nodes[0], keys, cluster=True)
        one, two = hosts.host("one"), hosts.host("two")
        settle(one, two)
        one.add_touches([(each, touch(1)) for each in people])
        two.add_touches([(each, touch(2)) for each in people])
        two.choose(people[::2], Change("opt_out"), NOW_S)
        for node in nodes:
            node.call("FLUSHALL")
            assert settle(one, two) == [0.0, 0.0]
            for at, each in enumerate(people):
                found = hosts.find(each)
                assert found.choices.opted_out == (at % 2 == 0)
                assert at % 2 == 0 or set(found.profile.touches) == {touch(1), touch(2)}
        hosts.close()


def test_lost_secrets_close_caps_for_the_length_of_their_windows(
    hosts: Hosts, redis: RedisServer, keys: RedisServer
) -> None:
    one = hosts.host("one")
    settle(one)
    one.add_touches([(ANNA, touch(1))])
    keys.call("FLUSHALL")
    assert not hosts.find(ANNA).counted
    assert one.counted_since_s(NOW_S) == NOW_S
    assert settle(one, now_s=NOW_S + 60) == [NOW_S]
    redis.call("FLUSHALL")
    assert settle(one, now_s=NOW_S + 90) == [NOW_S]


def test_without_secrets_apart_only_choices_come_back(tmp_path: Path, redis: RedisServer) -> None:
    hosts = Hosts(tmp_path, redis, None)
    one = hosts.host("one")
    assert settle(one) == [0.0]
    one.add_touches([(ANNA, touch(1))])
    one.choose([BERT], Change("opt_out"), NOW_S)
    one.choose([CORA], Change("object", 5), NOW_S)
    redis.call("FLUSHALL")
    assert settle(one) == [NOW_S]
    assert settle(one, now_s=NOW_S + 100) == [NOW_S]
    assert hosts.find(BERT).choices.opted_out
    # What they object to cannot be read any more, so it may be anything.
    assert hosts.find(CORA).choices.opted_out
    hosts.close()


def test_a_redis_of_an_older_release_is_counted_from_now(hosts: Hosts, redis: RedisServer) -> None:
    old = hosts.config.build_writer()
    old.add_touches([(ANNA, touch(1))])
    old.choose([BERT], Change("opt_out"), NOW_S)
    old.close()
    one = hosts.host("one")
    assert settle(one) == [0.0], "as long as nothing is lost"
    redis.call("FLUSHALL")
    assert settle(one, now_s=NOW_S + 60) == [NOW_S]
    assert hosts.find(BERT).choices.opted_out


def test_a_longer_cap_counts_from_as_far_back_as_contacts_were_kept(
    hosts: Hosts, redis: RedisServer
) -> None:
    one = hosts.host("one")
    one.keep_contacts(DAY_S)
    settle(one)
    one.keep_contacts(7 * DAY_S)
    assert settle(one) == [0.0]
    redis.call("FLUSHALL")
    assert settle(one, now_s=NOW_S + 60) == [NOW_S - DAY_S]
