"""What people ask for is done by the owner, told to every worker, and refused when it cannot be promised."""

import asyncio
from pathlib import Path

import pytest

from adserver.background.people_client import MAX_WAITING, PeopleClient
from adserver.domain.choices import Change, Choices
from adserver.domain.grant import Grant
from adserver.domain.identity import number
from adserver.domain.person import Interest, Touch
from adserver.domain.topics import NAMES
from adserver.errors import Unavailable
from tests.unit.processes.owner_world import NOW, PERSON, World, eventually

OTHER = b"q" * 16
DAY = NOW // 86_400
TOUCH = Touch("impression", NOW, 7, 8, bytes(16))


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


async def test_a_decision_is_kept_and_every_worker_lets_go(world: World) -> None:
    async with world.owner(), world.worker(0) as asked, world.worker(1) as other:
        for worker in (asked, other):
            worker.contacts.expect(PERSON, TOUCH, NOW)
        people = PeopleClient(asked.client)
        chosen = await people.choose([PERSON], Change("opt_out"))
        assert chosen == Choices(opted_out=True, at_s=NOW)
        await eventually(lambda: other.forgotten == [PERSON])
        assert asked.forgotten == [PERSON]
        assert not asked.contacts.pending(PERSON)
        assert not other.contacts.pending(PERSON)
        assert world.people.find([PERSON], NOW).choices == chosen


async def test_an_objection_makes_nobody_forget_what_counts_for_caps(world: World) -> None:
    async with world.owner(), world.worker(0) as worker:
        worker.contacts.expect(PERSON, TOUCH, NOW)
        chosen = await PeopleClient(worker.client).choose([PERSON], Change("object", 5))
        assert chosen.objections == (5,)
        assert worker.contacts.pending(PERSON)


async def test_a_dossier_comes_with_the_names_of_what_is_in_it(world: World) -> None:
    topic = number("topic", "IAB20")
    world.people.put_segments([(PERSON, [5])], Grant("crm"), DAY)
    world.people.put_names({5: "camera-intent"})
    world.people.add_interests([(PERSON, Interest("click", NOW, topic))])
    async with world.owner(), world.worker(0) as worker:
        dossier, names = await PeopleClient(worker.client).dossier([PERSON])
    assert [each.segment for each in dossier.memberships] == [5]
    assert names == {5: "camera-intent", topic: NAMES[topic]}


async def test_somebody_is_erased_once(world: World) -> None:
    world.people.put_segments([(PERSON, [5])], Grant("crm"), DAY)
    async with world.owner(), world.worker(0) as worker:
        people = PeopleClient(worker.client)
        worker.contacts.report(PERSON, TOUCH, NOW)
        assert await people.erase([PERSON])
        assert not worker.contacts.pending(PERSON)
        assert not await people.erase([PERSON])
        assert world.people.find([PERSON], NOW).choices.erased


async def test_ids_are_joined(world: World) -> None:
    async with world.owner(), world.worker(0) as worker:
        people = PeopleClient(worker.client)
        assert await people.link([(PERSON, OTHER)]) == 1
        assert await people.link([(PERSON, OTHER)]) == 0
        assert world.people.find([OTHER], NOW).person == PERSON


async def test_a_crowd_is_refused_rather_than_kept_waiting(world: World) -> None:
    async with world.owner(), world.worker(0) as worker:
        people = PeopleClient(worker.client)
        asked = [people.dossier([PERSON]) for _ in range(MAX_WAITING + 5)]
        answers = await asyncio.gather(*asked, return_exceptions=True)
        assert sum(isinstance(each, Unavailable) for each in answers) == 5
        await people.dossier([PERSON])


async def test_what_cannot_be_stored_is_not_promised(world: World) -> None:
    world.people.broken = True
    async with world.owner(), world.worker(0) as worker:
        people = PeopleClient(worker.client)
        with pytest.raises(Unavailable):
            await people.choose([PERSON], Change("opt_out"))
        with pytest.raises(Unavailable):
            await people.erase([PERSON])
        assert worker.forgotten == []
