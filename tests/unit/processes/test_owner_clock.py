"""The wall clock is set while money moves: nothing is spent twice, no day is booked twice, nothing bursts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from adserver.domain.campaign import Budget
from adserver.domain.ledger import OPEN, Ledger
from adserver.domain.notice import Notice
from adserver.domain.ticket import Ticket
from adserver.processes.owner import service
from adserver.processes.owner.owner_clock import OwnerClock
from adserver.processes.owner.plan_time import PlanTime
from adserver.processes.owner.service import OwnerService
from tests.unit.processes.owner_world import NOW, TENT, HandClock, Worker, World, eventually

HOUR_S, DAY_S = 3_600, 86_400
UNIT = 1_200


@asynccontextmanager
async def quick(world: World) -> AsyncIterator[OwnerService]:
    """Run an owner that looks at its clock far oftener than once a second."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(service, "SECOND", 0.01)
        async with world.owner() as owner:
            yield owner


def set_by(world: World, seconds: float) -> None:
    """Set the clock."""
    world.clock.set_by_s += seconds


def has_todays_money(world: World, owner: OwnerService, worker: Worker) -> bool:
    """Tell whether a worker has followed the clock: its money is of a day that is today."""
    (lease,) = worker.purse._leases
    pot = owner.ledger.pots.get(lease.pot)
    now_s = world.clock.now()
    return pot is not None and lease.free >= UNIT and pot.start_s <= now_s < pot.end_s


def days(world: World) -> dict[str, int]:
    """Return what is settled by day, by a fresh replay."""
    accounts = Ledger(world.store.durable).accounts
    prefix = "line_item/tent/2"
    return {
        name[-10:]: a.settled
        for name, a in accounts.items()
        if name.startswith(prefix) and a.settled
    }


@pytest.mark.parametrize("seconds", [HOUR_S, -HOUR_S, DAY_S, -DAY_S])
async def test_a_bid_in_flight_is_paid_from_its_lease(tmp_path: Path, seconds: int) -> None:
    """Its money is held on in the lease that the worker gave up, however late it seems; the notice is not late."""
    world = World(tmp_path)
    async with quick(world) as owner, world.worker() as worker:
        ticket = await worker.bid()
        set_by(world, seconds)
        await eventually(lambda: bool(owner.settling.set_forward) == (seconds > 0))
        await eventually(lambda: worker.client.lease not in {0, ticket.lease})
        await eventually(lambda: has_todays_money(world, owner, worker))
        after = await worker.bid()
        assert after.lease != ticket.lease, "what ends by one time and by the other is kept apart"
        assert owner.ledger.leases[ticket.lease] != OPEN
        assert sum(owner.ledger.held[ticket.lease].values()) == 1_200, "what was free went back"
        assert worker.purse._holds.bids() == (after.bid,)
        assert await worker.tell(ticket)
        assert owner.ledger.paid_by_lease(ticket.bid)[0] == 585
        assert not await worker.tell(ticket), "once"
        settled, _, late = world.account()
        assert (settled, late) == (585, 0)


async def test_a_day_set_forward_and_back_is_counted_once(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with quick(world) as owner, world.worker() as worker:
        before = await worker.bid()
        assert await worker.tell(before)
        set_by(world, DAY_S)
        await eventually(lambda: bool(owner.settling.set_forward))
        world.clock.now_s += 10 * service.PRUNE_S  # long enough to forget, on an ordinary day
        await eventually(lambda: has_todays_money(world, owner, worker))
        ahead = await worker.bid()
        assert await worker.tell(ahead)
        set_by(world, -DAY_S)
        await eventually(lambda: not owner.settling.set_forward)
        await eventually(lambda: has_todays_money(world, owner, worker))
        for ticket in (before, ahead):
            assert not await worker.tell(ticket), "a repetition, as ever"
        assert world.account()[::2] == (2 * 585, 0)
    async with quick(world), world.worker() as worker:
        assert not await worker.tell(before), "also after a restart"
        assert world.account()[::2] == (2 * 585, 0)


async def test_what_was_forgotten_while_the_clock_was_ahead_is_taken_for_a_repetition(
    tmp_path: Path,
) -> None:
    """A restart forgets by the clock that it finds; when that is set back, nothing counts again."""
    world = World(tmp_path)
    async with quick(world), world.worker() as worker:
        ticket = await worker.bid()
        assert await worker.tell(ticket)
    set_by(world, 2 * DAY_S)
    async with quick(world):
        pass
    async with quick(world):
        set_by(world, -2 * DAY_S)
        async with world.worker() as worker:
            assert not await worker.tell(ticket)
    assert world.account()[::2] == (585, 0)


@pytest.mark.parametrize("back_s", [HOUR_S, DAY_S])
async def test_budgets_follow_the_clock_and_no_day_is_booked_twice(
    tmp_path: Path, back_s: int
) -> None:
    world = World(tmp_path, budget=Budget(daily=6_000))
    world.clock.set_by_s = DAY_S - NOW % DAY_S + 60  # a minute past midnight

    async with quick(world) as owner, world.worker() as worker:
        for set_s, bids in ((0, 2), (-back_s, 2), (back_s, 1)):
            set_by(world, set_s)
            for _ in range(bids):
                await eventually(lambda: has_todays_money(world, owner, worker))
                assert await worker.tell(await worker.bid(), price=1_000)
    booked = days(world)
    assert len(booked) == 2, booked
    assert all(amount <= 6_000 for amount in booked.values()), booked
    assert world.account()[2] == 0, (
        "nothing late: every bid was dated into the window that paid for it"
    )


async def test_money_of_a_worker_long_gone_is_not_freed_by_setting_the_clock(
    tmp_path: Path,
) -> None:
    world = World(tmp_path)
    async with quick(world) as owner:
        async with world.worker() as worker:
            ticket = await worker.bid()
        await eventually(lambda: not owner.workers.by_lease)
        held = world.account()[1]
        assert held
        set_by(world, DAY_S)
        await eventually(lambda: bool(owner.settling.set_forward))
        world.clock.now_s += 60
        async with world.worker(1) as other:
            assert world.account()[1] >= held
            assert await other.tell(ticket), "its notice comes in time"
        assert world.account()[::2] == (585, 0)


async def test_an_hour_set_forward_makes_no_hour_of_budget_due_at_once(tmp_path: Path) -> None:
    world = World(tmp_path, budget=Budget(daily=DAY_S * 1_000), pacing="even")
    async with quick(world) as owner:
        payer = owner.grants.lines.payer(TENT, world.clock.now())
        assert payer is not None
        before = owner.grants.allowance(payer, world.clock.now())
        assert before is not None
        set_by(world, HOUR_S)
        await eventually(lambda: bool(owner.settling.set_forward))
        after = owner.grants.allowance(payer, world.clock.now())
        assert after is not None
        assert abs(after - before) < 60 * 1_000, "not a minute's worth, let alone an hour's"
        world.clock.now_s += 600
        later = owner.grants.allowance(payer, world.clock.now())
        assert later is not None
        share = owner.paces.share(payer.key)
        assert (later - after) * share == pytest.approx(2 * 600 * 1_000, rel=0.05), (
            "it catches up at twice the pace"
        )


def test_plans_catch_up_within_the_window_that_the_clock_was_set_into() -> None:
    steady = 0.0
    plan = PlanTime(lambda: steady)
    noon = float(DAY_S + DAY_S // 2)
    assert plan.of(DAY_S, noon) == noon
    plan.clock_set(noon, DAY_S)
    assert plan.of(DAY_S, noon) == DAY_S, "the day's plan begins now"
    assert plan.of(0, noon) == noon - DAY_S, "that of the flight goes on where it was"
    steady = DAY_S / 4
    assert plan.of(DAY_S, noon + steady) == DAY_S + 2 * steady
    steady = DAY_S / 2
    assert plan.of(DAY_S, noon + steady) == noon + steady, "all is spent when the day ends"
    assert plan.of(2 * DAY_S, noon + steady) == noon + steady, "and the next day is an ordinary one"
    plan.clock_set(noon + steady - DAY_S, -DAY_S)
    assert plan.of(0, noon + steady - DAY_S) == noon + steady - DAY_S


async def test_a_notice_is_judged_by_what_the_clock_was_set_to_since(tmp_path: Path) -> None:
    """It may come before anybody has looked at the clock."""
    world = World(tmp_path)
    async with world.owner() as owner, world.worker() as worker:
        ticket = await worker.bid()
        owner.ledger.released[ticket.lease] = ticket.held_until_s  # so that time decides
        set_by(world, HOUR_S + 60)
        owner.notices.notice(billing(world, ticket), owner._clock.now())
        assert owner.settling.set_forward
        account = owner.ledger.account("line_item/tent/life")
        assert (account.settled, account.late) == (585, 0)


def billing(world: World, ticket: Ticket) -> Notice:
    at_s = int(world.clock.now())
    return Notice(kind="billing", ticket=ticket, at_s=at_s, settles=True, wire_price=500)


def test_whoever_asks_the_owners_clock_hears_first_that_it_was_set() -> None:
    clock, heard = HandClock(), list[tuple[float, float, float]]()
    ours = OwnerClock(clock, clock.steady, lambda *what: heard.append(what))
    clock.now_s += 10
    assert ours.now() == NOW + 10
    clock.set_by_s = -50.0
    clock.now_s += 5
    assert ours.now() == NOW - 35
    assert heard == [(NOW + 15, -50.0, NOW - 35)]
    assert ours.now() == NOW - 35
    assert len(heard) == 1
