"""The worker's end: never blocks, never lies, never gives up."""

import asyncio
from pathlib import Path

import pytest

from adserver.background import event_queue
from adserver.background.contacts import PendingContacts
from adserver.background.owner_client import OwnerClient
from adserver.background.purse import LeasedPurse
from adserver.domain.notice import Conversion
from adserver.errors import Unavailable
from adserver.metrics import EVENTS_DROPPED
from adserver.processes.owner import grants
from tests.unit.processes.owner_world import HandClock, Worker, World, eventually

ORDER = Conversion(advertiser="shop", order="A-1", at_s=5)


def client(folder: Path) -> OwnerClient:
    return OwnerClient(folder / "owner", 0, HandClock(), LeasedPurse([], []), PendingContacts())


async def test_without_an_owner_nothing_is_promised(tmp_path: Path) -> None:
    lonely = client(tmp_path)
    await lonely.start()
    with pytest.raises(Unavailable, match="no connection"):
        await lonely.record(ORDER)
    await lonely.stop()


async def test_silent_owner_is_unavailable_in_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path)
    async with world.owner() as owner, world.worker() as worker:
        monkeypatch.setattr(owner.commits, "acknowledge", lambda _: None)
        monkeypatch.setattr(OwnerClient.ask, "__defaults__", (0.05,))
        with pytest.raises(Unavailable, match="did not answer within"):
            await worker.client.record(ORDER)


async def test_events_are_bounded_and_what_is_dropped_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_queue, "MAX_EVENT_BYTES", 100)
    full = client(tmp_path)
    before = EVENTS_DROPPED._value.get()
    for _ in range(20):
        full.write(b'{"event":"bid"}')
    assert full._events.waiting_bytes <= 100 + 16
    assert EVENTS_DROPPED._value.get() - before == 20 - len(full._events)


async def test_events_written_before_the_owner_is_there_arrive(tmp_path: Path) -> None:
    world = World(tmp_path)
    worker = Worker(world, 0)
    worker.client.write(b'{"event":"bid"}')
    worker.client.write(b'{"event":"bid"}')
    await worker.client.start()
    await asyncio.sleep(0.1)
    async with world.owner():
        await eventually(lambda: len(world.events.events) == 2)
        await worker.client.stop()


async def test_worker_long_parted_from_its_owner_stops_bidding(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with world.owner():
        worker = Worker(world, 0)
        await worker.client.start()
        await eventually(lambda: bool(worker.purse.funded))
    await asyncio.sleep(0.1)
    assert worker.purse.funded, "a short break costs no bids"
    world.clock.now_s += grants.TERM_S + 1
    await eventually(lambda: not worker.purse.funded)
    async with world.owner():
        await eventually(lambda: bool(worker.purse.funded))
        await worker.client.stop()


async def test_answers_still_awaited_when_the_line_breaks_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path)
    async with world.owner() as owner, world.worker() as worker:
        monkeypatch.setattr(owner.commits, "acknowledge", lambda _: None)
        waiting = asyncio.create_task(worker.client.record(ORDER))
        await asyncio.sleep(0.05)
        owner.workers.hang_up()
        with pytest.raises(Unavailable, match="broke"):
            await waiting
