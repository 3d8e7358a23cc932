"""What people are told of a line item is what the ledger says."""

from pathlib import Path

from adserver.background.owner_query import ask_owner
from adserver.domain.entries import Shifted
from tests.unit.processes.owner_world import LIFE, NOW, World


async def test_budget_that_was_moved_is_shown_for_life_and_for_today(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.store.durable += [
        Shifted("line_item/boot/life", LIFE, 700, NOW),
        Shifted("line_item/tent/2026-09-21", "line_item/boot/2026-09-21", 30, NOW),
    ]
    async with world.owner():
        (line,) = (await ask_owner(world.socket)).lines
    assert (line.shifted, line.shifted_today) == (700, -30)


async def test_late_bills_that_are_still_possible_are_shown_as_workers_told_last(
    tmp_path: Path,
) -> None:
    world = World(tmp_path)
    async with world.owner(), world.worker() as worker:
        worker.purse.hold_s = {"north": 30}
        await worker.bid(held_s=30)
        worker.purse._holds.exposed[worker.purse._leases[0].key] = 1_200
        exposed = 0
        for _ in range(200):
            world.clock.now_s += 1.5
            (line,) = (await ask_owner(world.socket)).lines
            exposed = exposed or line.exposed
    assert exposed == 1_200
