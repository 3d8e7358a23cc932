"""Corrections of money through the owner: durable, once, and on a day that is still open."""

from pathlib import Path

import pytest

from adserver.background.money_messages import Amendment
from adserver.background.owner_query import amend
from adserver.domain.balance import faults
from adserver.domain.entries import Adjusted
from adserver.domain.ledger import Ledger
from adserver.errors import Unavailable
from tests.unit.processes.owner_world import NOW, TENT, World

WEEK_S = 7 * 86_400


def correction(
    number: int, media: int = 70, about_s: int = NOW, line_item: int = TENT
) -> Amendment:
    return Amendment(
        number.to_bytes(16), line_item, "north", about_s, media, 1_000_000, 64, "EUR", "north, 2026-09-21"
    )  # fmt: skip


async def test_a_correction_is_durable_and_booked_once(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with world.owner():
        assert await amend(world.socket, [correction(1), correction(2, -20)]) == (
            "booked",
            "booked",
        )
        assert await amend(world.socket, [correction(1), correction(3)]) == ("repeated", "booked")
    assert world.account()[0] == 70 - 20 + 70
    ledger = Ledger(world.store.durable)
    assert list(faults(ledger)) == []
    (line,) = ledger.books
    assert (line.row.adjusted_media, line.row.adjusted_ppm, line.row.wire) == (
        120,
        3_000_000,
        {"EUR": 192},
    )
    async with world.owner():
        assert await amend(world.socket, [correction(1)]) == ("repeated",)


async def test_it_changes_the_accounts_of_its_day_or_of_the_newest_that_there_is(
    tmp_path: Path,
) -> None:
    world = World(tmp_path)
    async with world.owner():
        for _ in range(2):
            async with world.worker() as worker:
                await worker.tell(await worker.bid())
            world.clock.now_s += 86_400
        about = (NOW, NOW + 86_400, NOW - WEEK_S)
        asked = [correction(index, about_s=each) for index, each in enumerate(about)]
        assert set(await amend(world.socket, asked)) == {"booked"}
    ledger = Ledger(world.store.durable)
    booked = [each for each in world.store.durable if isinstance(each, Adjusted)]
    labels = [ledger.pots[each.pots[0]].accounts[1].rpartition("/")[2] for each in booked]
    assert labels[0] < labels[1] == labels[2]
    assert list(faults(ledger)) == []


async def test_what_nobody_ever_paid_for_is_not_booked(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with world.owner():
        assert await amend(world.socket, [correction(1, line_item=5)]) == ("unknown",)
    assert not [each for each in world.store.durable if isinstance(each, Adjusted)]


async def test_without_an_owner_or_a_disk_nothing_is_promised(tmp_path: Path) -> None:
    world = World(tmp_path)
    with pytest.raises(Unavailable, match="no owner answers"):
        await amend(world.socket, [correction(1)])
    async with world.owner():
        world.store.broken = True
        with pytest.raises(Unavailable, match="broken"):
            await amend(world.socket, [correction(1)])
        world.store.broken = False
