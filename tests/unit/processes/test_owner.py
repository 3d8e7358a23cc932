"""The owner over its real socket, with what lies behind it in memory."""

import asyncio
from pathlib import Path

import pytest

from adserver.background.owner_query import ask_owner
from adserver.domain.campaign import Budget, Catalog, Fees, Flight
from adserver.domain.ledger import Ledger
from adserver.domain.notice import Conversion
from adserver.domain.pacing_aim import EARLY_SHARE
from adserver.domain.unbilled import PRIOR_SHARE
from adserver.errors import Fault, InvalidConfig, Unavailable
from tests.unit.processes.owner_world import (
    LIFE,
    NOW,
    PERSON,
    TENT,
    Source,
    Worker,
    World,
    eventually,
)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


async def test_billed_bid_is_settled_once_with_its_fees_apart(world: World) -> None:
    async with world.owner() as owner, world.worker() as worker:
        ticket = await worker.bid()
        before = world.account()
        assert await worker.tell(ticket)
        assert not await worker.tell(ticket)
        assert owner.ledger.entries[TENT] == (500, 10, 25, 50)
        settled, outstanding, late = world.account()
        assert (settled, late) == (585, 0)
        assert settled + outstanding == before[1], "settling only moves money"
        await eventually(lambda: worker.purse._leases[0].free == outstanding)
        assert not worker.purse._holds


async def test_events_and_contacts_are_written_before_the_answer(world: World) -> None:
    async with world.owner(), world.worker() as worker:
        ticket = await worker.bid()
        await worker.tell(ticket, "impression")
        await worker.tell(ticket, "click")
        assert [event["event"] for event in world.events.events] == ["impression", "click"]
        assert world.events.events[0]["line_item"] == "tent"
        assert [touch.kind for touch in world.contacts.people[PERSON]] == ["impression", "click"]
        await eventually(lambda: len(worker.contacts.pending(PERSON)) == 1)


async def test_price_above_the_bid_is_quarantined_and_a_right_one_still_settles(
    world: World,
) -> None:
    async with world.owner() as owner, world.worker() as worker:
        ticket = await worker.bid()
        await worker.tell(ticket, price=1_001)
        await worker.tell(ticket, price=None)
        assert (world.account()[0], owner.ledger.quarantined) == (0, 1)
        assert not await worker.tell(ticket, price=1_000), "counted before"
        assert world.account()[0] == 1_000 + 10 + 50 + 100


async def test_test_bids_leave_no_trace(world: World) -> None:
    async with world.owner(), world.worker() as worker:
        ticket = await worker.bid(test=True)
        assert await worker.tell(ticket)
        assert world.account()[0] == 0
        assert world.events.lines == b""


async def test_lost_bid_frees_its_money_and_a_bill_for_it_is_a_late_liability(
    world: World,
) -> None:
    async with world.owner(), world.worker() as worker:
        ticket = await worker.bid()
        free = worker.purse._leases[0].free
        await worker.tell(ticket, "loss", None)
        await eventually(lambda: worker.purse._leases[0].free == free + 1_200)
        await worker.tell(ticket)
        assert world.account()[0] == 0
        assert world.account()[2] == 585


async def test_bill_after_its_life_is_a_late_liability(world: World) -> None:
    async with world.owner(), world.worker() as worker:
        ticket = await worker.bid()
        world.clock.now_s += 3_600 + 11
        await eventually(lambda: not worker.purse._holds)
        await worker.tell(ticket)
        assert world.account()[2] == 585


async def test_lease_survives_a_restart_of_the_owner(world: World) -> None:
    async with world.owner():
        worker = Worker(world, 0)
        await worker.client.start()
        await eventually(lambda: worker.client.connected)
        first, second = await worker.bid(), await worker.bid()
        await worker.tell(first)
        lease = worker.client.lease
    await eventually(lambda: not worker.client.connected)
    with pytest.raises(Unavailable):
        await worker.tell(second)
    async with world.owner() as owner:
        await eventually(lambda: worker.client.connected)
        assert worker.client.lease == lease
        assert await worker.tell(second)
        assert not await worker.tell(first)
        await worker.client.stop()
        await eventually(lambda: owner.ledger.outstanding(LIFE) == 0)
    assert world.account() == (2 * 585, 0, 0)


async def test_settlement_while_apart_is_told_on_return(world: World) -> None:
    async with world.owner(), world.worker() as worker:
        ticket = await worker.bid()
        worker.client._writer.transport.abort()  # type: ignore[union-attr]  # it is connected
        async with world.worker(1) as other:
            await other.tell(ticket)
        await eventually(lambda: worker.client.connected)
        await eventually(lambda: not worker.purse._holds)
        held = Ledger(world.store.durable).held[worker.client.lease]
        assert sum(held.values()) == worker.purse._leases[0].free


async def test_what_a_dead_worker_holds_returns_after_its_last_billing_life(world: World) -> None:
    async with world.owner() as owner:
        async with world.worker() as worker:
            await worker.bid()
        await eventually(lambda: owner.ledger.leases[1] > 0 and not owner.workers.by_lease)
        assert owner.ledger.outstanding(LIFE) == 1_200
        owner.grants.expire(world.clock.now() + 3_600)
        assert owner.ledger.outstanding(LIFE) == 1_200
        owner.grants.expire(world.clock.now() + 3_600 + 60)
        assert owner.ledger.outstanding(LIFE) == 0


async def test_tiny_budget_is_never_overspent_by_two_workers(tmp_path: Path) -> None:
    world = World(tmp_path, budget=Budget(lifetime=2_500), fees=Fees())
    async with world.owner() as owner, world.worker() as one, world.worker(1) as two:
        tickets = []
        await asyncio.sleep(0.3)
        for worker in (one, two) * 4:
            if worker.purse.claim(0, "north", 1_000):
                bid = next(world._bids).to_bytes(16)
                worker.purse.hold(bid, 0, "north", 1_000, NOW + 3_600)
                tickets.append((worker, bid))
        assert len(tickets) == 2
        assert owner.ledger.headroom(LIFE, 2_500) >= 0
        assert one.purse.funded == two.purse.funded == 0


async def test_even_pacing_grants_what_is_expected_to_be_billed_until_a_little_ahead_of_the_plan(
    tmp_path: Path,
) -> None:
    """Ten seconds are over and ten are ahead; nothing is known yet of how much of bids is billed."""
    flight = Flight(NOW - 10, NOW + 990)
    world = World(
        tmp_path, pacing="even", flight=flight, budget=Budget(lifetime=1_000_000), fees=Fees()
    )
    async with world.owner() as owner, world.worker():
        await eventually(lambda: owner.ledger.outstanding(LIFE) > 0)
        await asyncio.sleep(0.2)
        early = 1 + EARLY_SHARE
        assert owner.ledger.outstanding(LIFE) <= early * 20_000 / PRIOR_SHARE + 1_000


async def test_hourly_ceiling_ends_bidding_until_the_next_hour(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.ceilings = {"north": 2_400, "all": 10_000}
    async with world.owner(), world.worker() as worker:
        await worker.bid()
        await worker.bid()
        await asyncio.sleep(0.2)
        assert not worker.purse.claim(0, "north", 1_200)
        assert not worker.purse.covers("north", 1)
        assert worker.purse.claim(0, "south", 1_200)
        world.clock.now_s += 3_600
        await worker.bid()


async def test_full_disk_acknowledges_nothing_and_loses_nothing(world: World) -> None:
    async with world.owner(), world.worker() as worker:
        ticket = await worker.bid()
        world.store.broken = True
        with pytest.raises(Unavailable, match="broken"):
            await worker.tell(ticket)
        with pytest.raises(Unavailable, match="broken"):
            await worker.tell(ticket)
        world.store.broken = False
        await eventually(lambda: world.account()[0] == 585)
        assert not await worker.tell(ticket)
        assert len(world.events.events) == 1


async def test_orders_are_credited_to_the_last_touch_once(world: World) -> None:
    async with world.owner() as owner, world.worker() as worker:
        await worker.tell(await worker.bid(), "click")
        order = Conversion(advertiser="shop", order="A-1", at_s=NOW + 60, person=PERSON)
        assert await worker.client.record(order)
        assert not await worker.client.record(order)
        assert owner.ledger.counts[TENT, "order"] == 1
        line = world.events.events[-1]
        assert (line["line_item"], line["credit"]) == ("tent", "click")
        assert line["bid"] == "", "models may not learn from that click"
        assert "A-1" not in str(world.events.lines)


async def test_an_order_tells_its_bid_where_models_may_learn_from_the_click(world: World) -> None:
    async with world.owner(), world.worker() as worker:
        ticket = await worker.bid(trainable=True)
        await worker.tell(ticket, "click")
        for number, click in (("A-1", ticket), ("A-2", None)):
            order = Conversion(
                advertiser="shop", order=number, at_s=NOW + 60, click=click, person=PERSON
            )
            assert await worker.client.record(order)
        last = [line["bid"] for line in world.events.events if line["event"] == "conversion"]
        assert last == [ticket.bid.hex()] * 2, "by the link, and by what the person did last"


async def test_an_order_after_a_view_tells_no_bid(world: World) -> None:
    async with world.owner(), world.worker() as worker:
        await worker.tell(await worker.bid(trainable=True), "impression")
        order = Conversion(advertiser="shop", order="A-1", at_s=NOW + 60, person=PERSON)
        assert await worker.client.record(order)
        line = world.events.events[-1]
        assert (line["credit"], line["bid"]) == ("view", "")


async def test_report_and_reload_over_the_socket(world: World) -> None:
    async with world.owner(), world.worker() as worker:
        await worker.tell(await worker.bid())
        (line,) = (await worker.client.report()).lines
        assert (line.settled, line.media, line.budget_lifetime) == (585, 500, 100_000)
        world.source.catalog = Source(budget=Budget(lifetime=7)).catalog
        await ask_owner(world.socket, reload=True)
        (line,) = (await ask_owner(world.socket)).lines
        assert line.budget_lifetime == 7
    with pytest.raises(Unavailable, match="no owner"):
        await ask_owner(world.socket)


async def test_catalog_that_cannot_be_used_is_refused_and_the_old_one_stays(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> Catalog:
        raise InvalidConfig([Fault("shop.yaml", "$.campaigns", "no campaigns")])

    async with world.owner():
        monkeypatch.setattr(world.source, "load", broken)
        with pytest.raises(Unavailable, match=r"shop\.yaml: \$\.campaigns"):
            await ask_owner(world.socket, reload=True)
        (line,) = (await ask_owner(world.socket)).lines
        assert line.budget_lifetime == 100_000


async def test_a_broken_frame_ends_only_its_own_connection(world: World) -> None:
    async with world.owner(), world.worker() as worker:
        reader, writer = await asyncio.open_unix_connection(str(world.socket))
        writer.write(b"\0\0\0\x03abc")
        assert await reader.read() == b""
        writer.close()
        assert await worker.tell(await worker.bid())
