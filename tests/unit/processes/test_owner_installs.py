"""Apple's postbacks at the owner: counted once for good, durable before anybody is told, for the one line item."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from adserver.domain.app_install import AdvertisedApp
from adserver.domain.ledger import Ledger
from adserver.domain.notice import Install
from adserver.errors import Unavailable
from tests.unit.processes.owner_world import NOW, TENT, World

INSTALL = Install(
    transaction=b"t" * 16, at_s=NOW, version="4.0", store_id="525463029", source="5239", won=True,
    redownload=False, fidelity=1, fine_value=20, source_app="1234567891",
)  # fmt: skip


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, app=AdvertisedApp(store_id="525463029", source_identifier=5239))


def install(serial: int = 0, **changes: Any) -> Install:
    return msgspec.structs.replace(INSTALL, transaction=serial.to_bytes(16, "big"), **changes)


async def test_a_postback_is_counted_once_and_told_in_the_log(world: World) -> None:
    async with world.owner(), world.worker() as worker:
        assert [await worker.client.record(install()) for _ in range(3)] == [True, False, False]
        (line,) = (await worker.client.report()).lines
        assert (line.installs, line.orders) == (1, 0)
    (event,) = [each for each in world.events.events if each["event"] == "install"]
    assert (event["line_item"], event["source"], event["fine_value"]) == ("tent", "5239", 20)


@pytest.mark.parametrize(
    "changes",
    [
        {"won": False},
        {"window": 1},
        {"test": True},
        {"source": "5238"},
        {"store_id": "1"},
    ],
)
async def test_what_is_no_install_of_ours_is_logged_and_not_counted(
    world: World, changes: dict[str, Any]
) -> None:
    async with world.owner(), world.worker() as worker:
        assert await worker.client.record(install(**changes))
        assert not await worker.client.record(install(**changes))
        (line,) = (await worker.client.report()).lines
        assert line.installs == 0
    assert [each["event"] for each in world.events.events] == ["install"]


async def test_two_digits_are_enough_where_one_line_item_has_them(world: World) -> None:
    async with world.owner(), world.worker() as worker:
        for serial, source in enumerate(("39", "239", "5239")):
            assert await worker.client.record(install(serial, source=source))
        (line,) = (await worker.client.report()).lines
        assert line.installs == 3


async def test_nothing_is_acknowledged_before_it_is_durable_and_nothing_counts_twice_after(
    world: World,
) -> None:
    async with world.owner(), world.worker() as worker:
        world.store.broken = True
        with pytest.raises(Unavailable):
            await worker.client.record(install())
        assert not Ledger(world.store.durable).installs
        with pytest.raises(Unavailable):  # refused at once, while writing fails
            await worker.client.record(install(1))
        world.store.broken = False
        while True:
            try:
                first = await worker.client.record(install(1))
                break
            except Unavailable:
                continue
        assert first
        # It became durable with the next commit; who sends it again learns that it was counted.
        assert not await worker.client.record(install())
    async with world.owner(), world.worker() as worker:
        assert not await worker.client.record(install())
        assert not await worker.client.record(install(1))
        (line,) = (await worker.client.report()).lines
        assert line.installs == 2


async def test_what_was_counted_survives_restarts_and_checkpoints_however_long_ago(
    world: World,
) -> None:
    async with world.owner(), world.worker() as worker:
        assert await worker.client.record(install())
    for _ in range(3):  # each start writes the ledger anew as one checkpoint
        world.clock.now_s += 400 * 86_400
        async with world.owner() as owner, world.worker() as worker:
            assert not await worker.client.record(install())
            assert owner.ledger.counts[TENT, "install"] == 1
