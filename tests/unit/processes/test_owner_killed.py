"""Kill -9 of the owner at random points while money moves; the ledger is read by other code than ours."""

import asyncio
import os
import random
import signal
import sys
from pathlib import Path
from struct import unpack
from typing import Any

import msgspec

from adapters.events.segment_files import read_events
from adserver.background.contacts import PendingContacts
from adserver.background.owner_client import OwnerClient
from adserver.background.purse import LeasedPurse
from adserver.domain.bits import Run
from adserver.domain.notice import Notice
from adserver.domain.ticket import Ticket
from adserver.errors import Unavailable
from tests.unit.processes.owner_alone import BUDGET, WallClock
from tests.unit.processes.owner_world import TENT, eventually

KILLS = 10
ROOT = Path(__file__).parents[3]


class Trader:
    """A worker that bids and reports as fast as it is answered, and remembers what was acknowledged."""

    def __init__(self, folder: Path, slot: int) -> None:
        self.slot = slot
        self.clock = WallClock()
        self.purse = LeasedPurse([Run(0, 1)], [TENT])
        self.client = OwnerClient(folder / "owner", slot, self.clock, self.purse, PendingContacts())
        self.acknowledged: dict[bytes, int] = {}
        """By bid: how often it was answered that this was the first time."""

    async def trade(self) -> None:
        """Bid and win until cancelled."""
        for serial in range(1_000_000):
            if not self.client.connected or not self.purse.claim(0, "north", 100):
                await asyncio.sleep(0.005)
                continue
            now_s = int(self.clock.now())
            bid = self.slot.to_bytes(8) + serial.to_bytes(8)
            ticket = Ticket(
                bid=bid, at_s=now_s, exchange="north", line_item=TENT, creative=1, media_type=1,
                reserved=100, price=80, wire_price=80, lease=self.client.lease,
                bill_until_s=now_s + 600, click_until_s=now_s + 600,
            )  # fmt: skip
            self.purse.hold(bid, 0, "north", 100, now_s + 600)
            await self._report(ticket, now_s)

    async def _report(self, ticket: Ticket, now_s: int) -> None:
        notice = Notice(kind="billing", ticket=ticket, at_s=now_s, settles=True, wire_price=70)
        while True:
            try:
                first = await self.client.record(notice)
            except Unavailable:
                await asyncio.sleep(0.005)  # as an exchange: once more
                continue
            self.acknowledged[ticket.bid] = self.acknowledged.get(ticket.bid, 0) + first
            return


async def start(folder: Path) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.unit.processes.owner_alone", str(folder),
        cwd=ROOT, stdout=asyncio.subprocess.DEVNULL,
    )  # fmt: skip


def frames(journal: Path) -> list[list[Any]]:
    """Read the journal with nothing of the server's: entries as plain lists, the tag first."""
    data = journal.read_bytes()
    at, entries = data.index(b"\n") + 1, []
    while at + 12 <= len(data):
        (length,) = unpack(">I", data[at + 4 : at + 8])
        if at + 12 + length > len(data):
            break
        entries += msgspec.msgpack.decode(data[at + 12 : at + 12 + length])
        at += 12 + length
    return entries


async def test_no_acknowledged_notice_is_lost_and_nothing_is_counted_twice(
    tmp_path: Path,
) -> None:
    dice = random.Random(7)
    traders = [Trader(tmp_path, slot) for slot in (1, 2)]
    process = await start(tmp_path)
    tasks = []
    for trader in traders:
        await trader.client.start()
        tasks.append(asyncio.create_task(trader.trade()))
    for _ in range(KILLS):
        await eventually(lambda: all(t.client.connected for t in traders), 10)
        await asyncio.sleep(dice.uniform(0.0, 0.15))
        process.send_signal(signal.SIGKILL)
        await process.wait()
        process = await start(tmp_path)
    await eventually(lambda: all(t.client.connected for t in traders), 10)
    await asyncio.sleep(0.2)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for trader in traders:
        await trader.client.stop()
    process.send_signal(signal.SIGTERM)
    assert await process.wait() == os.EX_OK

    settled: dict[bytes, int] = {}
    outstanding = 0
    for tag, *fields in frames(tmp_path / "ledger"):
        if tag == 6:
            bid, amounts = fields[0], fields[7:11]
            assert bid not in settled, "counted twice"
            settled[bid] = sum(amounts)
            outstanding -= settled[bid]
        elif tag == 2:
            outstanding += fields[2]
        elif tag == 3:
            outstanding -= fields[2]
        assert tag != 7, "nothing here is late"
        assert outstanding >= 0
        assert sum(settled.values()) + outstanding <= BUDGET
    acknowledged = {bid: n for trader in traders for bid, n in trader.acknowledged.items()}
    assert len(acknowledged) > 10 * KILLS, "money moved between the kills"
    assert acknowledged.keys() <= settled.keys(), "an acknowledged notice is missing"
    assert max(acknowledged.values()) == 1
    told = {event["bid"] for event in read_events(tmp_path / "events")}
    assert {bid.hex() for bid in acknowledged} <= told
