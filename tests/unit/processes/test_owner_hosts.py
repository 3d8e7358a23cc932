"""Owners of several servers on one log: each knows what the others did, and money is spent once."""

import asyncio
from pathlib import Path

import pytest

from adserver.domain.campaign import Budget, Fees
from adserver.domain.ledger import OPEN, Ledger
from adserver.errors import Unavailable
from adserver.processes.owner import hosts
from tests.fakes.ledger_store import FakeSharedLog
from tests.unit.processes.owner_world import LIFE, TENT, Worker, World, eventually

BUDGET = 100_000


class Pair:
    """Two servers, `a` and `b`, each with a clock of its own, on one log."""

    def __init__(self, folder: Path, budget: int = BUDGET) -> None:
        self.log = FakeSharedLog()
        self.a, self.b = (self._world(folder / name, budget) for name in ("a", "b"))
        self.b._bids = self.a._bids  # no two bids have one id

    def _world(self, folder: Path, budget: int) -> World:
        folder.mkdir()
        world = World(folder, budget=Budget(lifetime=budget), fees=Fees())
        world.store = self.log.store(folder.name)  # type: ignore[assignment]  # a shared one in its place
        return world

    def replay(self) -> Ledger:
        """Return what the log says, read by a third."""
        reader = self.log.store("reader")
        ledger = Ledger(reader.replay())
        reader.close()
        return ledger


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    return Pair(tmp_path)


def free(worker: Worker) -> int:
    return worker.purse._leases[0].free


async def test_a_bid_of_one_server_is_billed_at_another_and_its_worker_is_told(pair: Pair) -> None:
    async with (
        pair.a.owner(),
        pair.b.owner() as other,
        pair.a.worker() as one,
        pair.b.worker() as two,
    ):
        ticket = await one.bid()
        held = free(one)
        assert await two.tell(ticket, price=400)
        assert not await one.tell(ticket, price=400), "counted at the other server"
        await eventually(lambda: free(one) == held + 1_200 - 400)
        await eventually(lambda: other.ledger.spent(LIFE) == 400)
    ledger = pair.replay()
    assert (ledger.spent(LIFE), ledger.account(LIFE).late) == (400, 0)


async def test_a_loss_told_to_one_server_frees_money_at_the_other(pair: Pair) -> None:
    async with pair.a.owner(), pair.b.owner(), pair.a.worker() as one, pair.b.worker() as two:
        ticket = await one.bid()
        held = free(one)
        await two.tell(ticket, "loss", None)
        await eventually(lambda: free(one) == held + 1_200)


async def test_both_together_never_spend_more_than_the_budget(tmp_path: Path) -> None:
    pair = Pair(tmp_path, budget=5_000)
    async with pair.a.owner(), pair.b.owner(), pair.a.worker() as one, pair.b.worker() as two:
        await eventually(lambda: free(one) > 0 and free(two) > 0)
        won = 0
        for _ in range(200):
            for worker in (one, two):
                if worker.purse.claim(0, "north", 1_000):
                    worker.purse.put_back(0, "north", 1_000)
                    await worker.tell(await worker.bid(price=800), price=800)
                    won += 1
            if won == 6:
                break
            for world in (pair.a, pair.b):
                world.clock.now_s += 0.5
            await asyncio.sleep(0.05)
    assert won == 6, "nothing is stranded at the other server"
    assert pair.replay().spent(LIFE) == 4_800


async def test_while_the_log_is_away_bids_go_on_and_notices_are_refused(pair: Pair) -> None:
    async with pair.a.owner() as owner, pair.a.worker() as worker:
        ticket = await worker.bid()
        lease = worker.client.lease
        pair.log.broken = True
        with pytest.raises(Unavailable):
            await worker.tell(ticket)
        await worker.bid()
        assert worker.client.connected
        pair.log.broken = False
        await eventually(lambda: not owner.commits.failing)
        assert await worker.tell(ticket)
        assert worker.client.lease == lease
    assert pair.replay().spent(LIFE) == 500


async def test_a_commit_whose_answer_is_lost_counts_once(pair: Pair) -> None:
    async with pair.a.owner() as owner, pair.a.worker() as worker:
        ticket = await worker.bid()
        pair.log.lose_answer = True
        with pytest.raises(Unavailable):
            await worker.tell(ticket)
        await eventually(lambda: not owner.commits.failing and worker.client.connected)
        assert not await worker.tell(ticket), "it had been written"
        await eventually(lambda: not worker.purse._holds)
        held = pair.replay().held[worker.client.lease]
        assert sum(held.values()) == free(worker)
    assert pair.replay().spent(LIFE) == 500


async def test_a_silent_server_is_taken_for_dead_after_its_term_and_its_workers_have_stopped(
    pair: Pair,
) -> None:
    async with pair.a.owner(), pair.b.owner() as other, pair.a.worker() as worker:
        ticket = await worker.bid()
        lease = worker.client.lease
        await eventually(lambda: other.ledger.leases.get(lease) == OPEN)
        pair.log.unreachable.add("a")
        await pass_time(pair, 121)
        assert not worker.purse.funded
        assert other.ledger.leases[lease] == OPEN, "it might still be stopping"
        await pass_time(pair, hosts.TOLERANCE_S)
        await eventually(lambda: other.ledger.leases[lease] != OPEN)
        async with pair.b.worker() as neighbour:
            assert await neighbour.tell(ticket), "its bids are billed all the same"
        assert other.ledger.spent(LIFE) == 500
        pair.log.unreachable.clear()
        await eventually(lambda: bool(worker.purse.funded))
        assert worker.client.lease == lease, "it was not freed yet"
    assert pair.replay().spent(LIFE) == 500


async def test_money_of_a_dead_server_returns(pair: Pair) -> None:
    async with pair.b.owner() as other:
        async with pair.a.owner():
            worker = Worker(pair.a, 0)
            await worker.client.start()
            await eventually(lambda: free(worker) > 0)
            await worker.bid()
            await eventually(lambda: other.ledger.outstanding(LIFE) > 0)
            pair.log.unreachable.add("a")
        await worker.client.stop()
        pair.log.unreachable.clear()
        await pass_time(pair, 126)
        await eventually(lambda: OPEN not in other.ledger.leases.values())
        await pass_time(pair, 3_600 + 30 + 20 + 1)
        await eventually(lambda: other.ledger.outstanding(LIFE) == 0)
        assert other.ledger.pot_at(TENT, pair.b.clock.now()) is not None


async def pass_time(pair: Pair, seconds: float) -> None:
    """Let both clocks go on, a second at a time, as fast as the owners follow."""
    for world in (pair.a, pair.b):
        world.clock.now_s += seconds
    await asyncio.sleep(1.2)  # owners look once a second
