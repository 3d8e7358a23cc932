"""Invalid notices at the owner: recorded and settled like others, counted apart, corrected by records."""

from pathlib import Path

import msgspec
import pytest

from adserver.background.owner_query import ask_owner, correct
from adserver.background.report_rows import InvalidRow
from adserver.domain.ledger import Ledger
from adserver.domain.notice import Kind, Notice
from adserver.domain.ticket import Ticket
from adserver.domain.validity import day_of
from adserver.domain.week import DAY_S
from adserver.errors import Unavailable
from tests.unit.processes.owner_world import NOW, PERSON, Worker, World

TODAY = day_of(NOW)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


async def tell(worker: Worker, ticket: Ticket, kind: Kind, rule: str, **fields: object) -> bool:
    notice = Notice(kind=kind, ticket=ticket, at_s=NOW, rule=rule)
    return await worker.client.record(msgspec.structs.replace(notice, **fields))


async def test_an_invalid_notice_is_recorded_settles_and_is_no_contact(world: World) -> None:
    async with world.owner() as owner, world.worker() as worker:
        ticket = await worker.bid()
        assert await tell(worker, ticket, "impression", "crawlers", settles=True, wire_price=500)
        assert not await tell(worker, ticket, "impression", "crawlers")
        assert world.events.events[-1]["invalid"] == "crawlers"
        assert world.contacts.people == {}
        assert owner.ledger.charged[ticket.bid][0] == 585
        (line,) = (await worker.client.report()).lines
        assert (line.settled, line.invalid_spend, line.billable) == (585, 585, 0)
        assert (line.impressions, line.invalid_impressions) == (0, 1)


async def test_the_first_valid_notice_takes_the_place_of_invalid_ones(world: World) -> None:
    async with world.owner(), world.worker() as worker:
        ticket = await worker.bid()
        for rule, new in (("crawlers", True), ("networks/x", False), ("", True), ("", False)):
            assert await tell(worker, ticket, "click", rule) == new
        assert [touch.kind for touch in world.contacts.people[PERSON]] == ["click"]
        (line,) = (await worker.client.report()).lines
        assert (line.clicks, line.invalid_clicks) == (1, 0)
        assert not await tell(worker, ticket, "click", "crawlers")
        (line,) = (await worker.client.report()).lines
        assert (line.clicks, line.invalid_clicks) == (1, 0)


async def test_a_correction_is_durable_a_line_of_the_log_and_survives_the_owner(
    world: World,
) -> None:
    async with world.owner(), world.worker() as worker:
        await tell(worker, await worker.bid(), "click", "crawlers")
        days = (TODAY, TODAY + DAY_S)
        rows = await correct(world.socket, "crawlers", *days, valid=True)
        assert rows == (InvalidRow("crawlers", TODAY, "click", 0, 1),)
        assert await correct(world.socket, "fast_clicks", *days, valid=True) == ()
        told = world.events.events[-2]
        assert told == {
            "event": "correction", "at": NOW, "rule": "crawlers",
            "from": TODAY, "to": TODAY + DAY_S, "valid": True,
        }  # fmt: skip
    assert Ledger(world.store.durable).marks.invalid == {}
    async with world.owner():
        assert (await ask_owner(world.socket)).invalid == rows


async def test_without_an_owner_nothing_is_corrected(world: World) -> None:
    with pytest.raises(Unavailable, match="no owner"):
        await correct(world.socket, "crawlers", 0, 1, valid=True)
