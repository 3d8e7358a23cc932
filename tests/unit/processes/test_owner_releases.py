"""A worker lets go of what bids held when the owner says so, and bids on nothing while it says what it has."""

import asyncio
from pathlib import Path

import pytest

from adserver.background.money_messages import Release
from adserver.background.spending import RELEASE_AFTER_S
from adserver.domain.entries import Released
from adserver.errors import Unavailable
from adserver.processes.owner.connection import Connection
from tests.unit.processes.owner_world import TENT, Worker, World, eventually

LIFE_S = 3_600


def holds(worker: Worker) -> tuple[bytes, ...]:
    return worker.purse._holds.bids()


def bids(worker: Worker) -> bool:
    return bool(worker.purse.funded)


def released(world: World) -> list[Released]:
    return [entry for entry in world.store.durable if isinstance(entry, Released)]


async def test_money_of_a_bid_that_is_over_is_free_when_that_is_written(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with world.owner(), world.worker() as worker:
        ticket = await worker.bid()
        world.clock.now_s += LIFE_S + RELEASE_AFTER_S
        await asyncio.sleep(0.1)
        assert holds(worker) == (ticket.bid,)
        assert released(world) == []
        world.clock.now_s += 1
        await eventually(lambda: not holds(worker))
        assert released(world) == [Released(ticket.lease, ticket.bill_until_s)]
        assert await worker.tell(ticket)
        settled, _, late = world.account()
        assert (settled, late) == (0, 585), "nobody held anything for it any more"


async def test_without_the_owner_bids_hold_on_and_are_charged_when_it_is_back(
    tmp_path: Path,
) -> None:
    world = World(tmp_path)
    async with world.owner():
        worker = Worker(world, 0)
        await worker.client.start()
        ticket = await worker.bid()
    world.clock.now_s += 2 * LIFE_S
    await asyncio.sleep(0.1)
    assert holds(worker) == (ticket.bid,)
    async with world.owner() as owner, world.worker(1) as other:
        assert await other.tell(ticket), "before or after the first is back"
        await eventually(lambda: not holds(worker))
        assert owner.ledger.paid_by_lease(ticket.bid)[0] in {0, 585}
        await worker.client.stop()
        held = owner.ledger.held[ticket.lease]
        await eventually(lambda: not any(held.values()))  # nothing is stranded


async def test_while_nothing_can_be_written_bids_hold_on(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with world.owner() as owner, world.worker() as worker:
        ticket = await worker.bid()
        world.store.broken = True
        with pytest.raises(Unavailable):
            await worker.tell(ticket)
        for _ in range(5):
            world.clock.now_s += LIFE_S
            await asyncio.sleep(0.05)
        assert holds(worker) == (ticket.bid,)
        (connection,) = owner.workers.by_lease.values()
        assert isinstance(connection, Connection)
        waiting = [job for job in owner.commits._jobs._waiting if job.do == connection._let_go]
        assert len(waiting) <= 1, "one waits, however long"
        world.store.broken = False
        await eventually(lambda: not holds(worker), 5.0)


async def test_what_a_worker_exposes_is_printed_before_it_lets_go_and_after_it_is_gone(
    tmp_path: Path,
) -> None:
    world = World(tmp_path)
    async with world.owner() as owner:
        async with world.worker() as worker:
            await eventually(lambda: worker.purse.claim(0, "north", 900))
            until_s = int(world.clock.now()) + LIFE_S
            worker.purse.hold(b"x" * 16, 0, "north", 900, until_s, until_s - LIFE_S + 30)
            world.clock.now_s += 31 + RELEASE_AFTER_S
            await eventually(lambda: not holds(worker))
            assert owner._exposure.of(TENT) == 900
        assert owner._exposure.of(TENT) == 900
    async with world.owner() as owner:
        assert owner._exposure.of(TENT) >= 900, "also by a successor"


async def test_a_line_that_nobody_leased_to_lets_go_of_nothing(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with world.owner() as owner, world.worker() as worker:
        (connection,) = owner.workers.by_lease.values()
        assert isinstance(connection, Connection)
        connection._take(Release(5, {TENT: 1}))
        connection.alive = False
        await asyncio.sleep(0.1)
        assert released(world) == []
        connection.alive = True
        assert worker.client.lease


async def test_who_says_what_it_has_bids_on_nothing_until_it_is_answered(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with world.owner():
        worker = Worker(world, 0)
        await worker.client.start()
        await eventually(lambda: bool(worker.purse.funded))
    assert bids(worker), "without an owner it goes on for a while"
    said, hang_up = asyncio.Event(), asyncio.Event()

    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        said.set()
        await hang_up.wait()
        writer.close()

    server = await asyncio.start_unix_server(mute, str(world.socket))
    await asyncio.wait_for(said.wait(), 3.0)
    await asyncio.sleep(0.1)
    assert not bids(worker)
    server.close()
    world.socket.unlink(missing_ok=True)
    hang_up.set()
    await eventually(lambda: bids(worker))
    async with world.owner():
        await eventually(lambda: worker.client.connected)
        assert bids(worker)
        await worker.client.stop()
