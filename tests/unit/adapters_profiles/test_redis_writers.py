"""Several hosts write at the same time: nothing of anybody's is lost, and whoever opted out stays out."""

import threading
from collections.abc import Callable, Iterator

import pytest

from adapters.profiles.redis_profiles import Config
from adapters.profiles.redis_store import names
from adapters.profiles.redis_store.writer import RedisProfileWriter
from adserver.domain.choices import Change
from adserver.domain.grant import Grant
from adserver.domain.person import Interest, PersonKey, Touch
from tests.servers.redis import RedisServer, redis_server

NOW_S = 1_800_000_000
DAY = NOW_S // 86_400
DAY_S = 86_400
PEOPLE = tuple(number.to_bytes(2, "little") * 8 for number in range(40))
ADA, BEN = PEOPLE[1], PEOPLE[2]


@pytest.fixture(scope="module")
def redis() -> Iterator[RedisServer]:
    with redis_server() as server:
        yield server


@pytest.fixture(autouse=True)
def empty(redis: RedisServer) -> None:
    redis.call("FLUSHALL")


def host(redis: RedisServer) -> RedisProfileWriter:
    """Return the writing side of one more host."""
    return Config((redis.url,)).build_writer()


def together(*acts: Callable[[], object]) -> None:
    """Do all at the same time; the first failure is everybody's."""
    failed: list[BaseException] = []

    def run(act: Callable[[], object]) -> None:
        try:
            act()
        except BaseException as error:  # noqa: BLE001 - handed to the test
            failed.append(error)

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for each in threads:
        each.start()
    for each in threads:
        each.join(30)
    if failed:
        raise failed[0]


def contact(bid: int) -> Touch:
    return Touch("impression", NOW_S + bid, 1, 2, bid.to_bytes(16, "big"))


def test_sources_and_contacts_of_several_hosts_all_stay(redis: RedisServer) -> None:
    hosts = [host(redis) for _ in range(4)]

    def write(number: int) -> None:
        for turn in range(5):
            said = [(person, (number, 100 + turn)) for person in PEOPLE]
            assert hosts[number].put_segments(said, Grant(f"dmp-{number}"), DAY) == len(PEOPLE)
            bid = number * 5 + turn
            hosts[number].add_touches([(person, contact(bid)) for person in PEOPLE])
            hosts[number].add_interests(
                [(person, Interest("click", NOW_S, bid)) for person in PEOPLE]
            )

    together(*(lambda number=number: write(number) for number in range(4)))
    for person in PEOPLE:
        dossier = hosts[0].dossier([person])
        said = {(each.grant.source, each.segment) for each in dossier.memberships}
        assert said == {(f"dmp-{n}", s) for n in range(4) for s in (n, 104)}
        assert [touch.at_s - NOW_S for touch in dossier.touches] == list(range(20))
        assert {each.topic for each in dossier.interests} == set(range(20))
    for each in hosts:
        each.close()


def test_an_opt_out_beats_every_load_that_is_under_way(redis: RedisServer) -> None:
    hosts = [host(redis) for _ in range(3)]

    def load(number: int) -> None:
        for turn in range(10):
            hosts[number].put_segments([(p, (turn,)) for p in PEOPLE], Grant(f"dmp-{number}"), DAY)

    def leave() -> None:
        for person in PEOPLE[::2]:
            hosts[2].erase([person], NOW_S)

    together(lambda: load(0), lambda: load(1), leave)
    for number, person in enumerate(PEOPLE):
        dossier = hosts[0].dossier([person])
        if number % 2:
            assert dossier.memberships
        else:
            assert dossier.choices.erased
            assert dossier.memberships == ()
            record, _ = names.state(person)
            assert redis.call("EXISTS", record) == 0
    for each in hosts:
        each.close()


def test_choices_of_several_hosts_all_count(redis: RedisServer) -> None:
    hosts = [host(redis) for _ in range(3)]
    together(
        *(
            lambda number=number: [
                hosts[number].choose([ADA], Change("object", number * 10 + turn), NOW_S)
                for turn in range(5)
            ]
            for number in range(3)
        )
    )
    wanted = tuple(sorted(n * 10 + t for n in range(3) for t in range(5)))
    assert hosts[0].dossier([ADA]).choices.objections == wanted
    for each in hosts:
        each.close()


@pytest.mark.parametrize("stopped_after", range(1, 9))
def test_an_erasure_that_was_stopped_is_finished_by_the_next_one(
    redis: RedisServer, monkeypatch: pytest.MonkeyPatch, stopped_after: int
) -> None:
    """It is stopped after each of its questions in turn, and done again by the id that it was begun with."""
    writer = host(redis)
    ids = PEOPLE[3:6]
    writer.put_segments([(ids[0], (1,))], Grant("crm"), DAY)
    writer.link([(ids[0], ids[1]), (ids[0], ids[2])])
    ask, asked = writer._nodes.ask, 0

    def counted(questions: list[tuple[int, bytes]]) -> list[object]:
        nonlocal asked
        asked += 1
        if asked > stopped_after:
            raise KeyboardInterrupt
        return ask(questions)

    monkeypatch.setattr(writer._nodes, "ask", counted)
    with pytest.raises(KeyboardInterrupt):
        writer.erase([ids[2]], NOW_S)
    monkeypatch.undo()
    writer.erase([ids[2]], NOW_S)
    for each in ids:
        assert redis.call("EXISTS", names.state(each)[0], names.secret(each)) == 0
        assert writer.dossier([each]).choices.erased
    writer.close()


def test_an_objection_cannot_be_read_without_its_secret_and_then_counts_as_an_opt_out(
    redis: RedisServer,
) -> None:
    writer = host(redis)
    writer.choose([ADA], Change("object", 77), NOW_S)
    redis.call("DEL", names.secret(ADA))
    assert writer.dossier([ADA]).choices.opted_out
    writer.close()


def test_records_go_away_by_themselves_when_nothing_of_them_may_be_used(redis: RedisServer) -> None:
    """Redis deletes them; choices stay for ever, and so does who has several ids, to be found when they leave."""
    writer = host(redis)
    writer.put_segments([(ADA, (1,))], Grant("crm", keep_days=10), DAY)
    record, choices = names.state(ADA)
    assert 10 * DAY_S < redis.call("TTL", record) <= 11 * DAY_S
    writer.add_touches([(ADA, contact(1))])
    assert 30 * DAY_S < redis.call("TTL", record) <= 31 * DAY_S
    writer.choose([ADA], Change("object", 1), NOW_S)
    assert 30 * DAY_S < redis.call("TTL", record) <= 31 * DAY_S, "a choice lengthens no life"
    assert redis.call("TTL", choices) == -1
    writer.link([(ADA, BEN)])
    assert redis.call("TTL", record) == -1
    writer.close()


def test_a_redis_that_forgot_our_script_is_told_it_again(redis: RedisServer) -> None:
    writer = host(redis)
    said: list[tuple[PersonKey, tuple[int, ...]]] = [(ADA, (1,)), (BEN, (2,))]
    assert writer.put_segments(said, Grant("crm"), DAY) == 2
    redis.call("SCRIPT", "FLUSH")
    assert writer.put_segments(said, Grant("crm"), DAY) == 2
    writer.close()


def test_everybody_is_counted_once_by_what_may_choose_an_ad_for_them(redis: RedisServer) -> None:
    writer = host(redis)
    writer.put_segments([(person, (7, 8)) for person in PEOPLE[:20]], Grant("crm"), DAY)
    writer.put_segments(
        [(person, (9,)) for person in PEOPLE[:5]], Grant("dmp", keep_days=3), DAY - 3
    )
    writer.link([(PEOPLE[0], PEOPLE[1]), (PEOPLE[0], PEOPLE[30])])
    writer.choose([PEOPLE[2]], Change("object", 8), NOW_S)
    writer.choose([PEOPLE[3]], Change("opt_out"), NOW_S)
    writer.erase([PEOPLE[4]], NOW_S)
    counted = sorted(map(sorted, Config((redis.url,)).build().everybody(NOW_S)))
    assert counted == [[7]] + [[7, 8]] * 16
    writer.close()
