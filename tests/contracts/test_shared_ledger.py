"""What every ledger store promises that several servers write to."""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Protocol

import pytest

from adapters.ledger.postgres_log import store as postgres_store
from adserver.domain.checkpoints import checkpoint
from adserver.domain.entries import AnyEntry, Granted, Leased, Opened
from adserver.domain.ledger import Ledger
from adserver.errors import Unavailable
from adserver.ports import LedgerStore
from tests.fakes.ledger_store import FakeSharedLog
from tests.servers.ledgers import PostgresLog
from tests.servers.postgres import shared_server

LATER: list[AnyEntry] = [Opened(1, 7, ("a/life",), 0, 9), Granted(1, 1, 100)]


class Log(Protocol):
    """A log with stores, a server's connection to which may be cut."""

    def store(self, host: str) -> LedgerStore:
        """Return what a server of this name writes by."""

    def cut(self, host: str) -> None:
        """Cut its connection."""


@pytest.fixture(params=["fake", "postgres"])
def log(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Log:
    if request.param == "fake":
        return FakeSharedLog()
    monkeypatch.setattr(postgres_store, "LONG_FRAMES", 1)  # every log is long
    return PostgresLog(shared_server(), tmp_path)


def opened(log: Log, host: str, expected: Sequence[AnyEntry] = ()) -> LedgerStore:
    store = log.store(host)
    assert list(store.replay()) == list(expected)
    return store


async def turn(store: LedgerStore, *entries: AnyEntry) -> Sequence[tuple[str, Sequence[AnyEntry]]]:
    """Write in one turn, and return what others have written."""
    news = await store.begin()
    store.append(entries)
    await store.commit()
    return news


def close(*stores: LedgerStore) -> None:
    for each in stores:
        each.close()


async def test_each_sees_what_others_write_in_one_order(log: Log) -> None:
    north, south = opened(log, "north"), opened(log, "south")
    assert list(await turn(north, Leased(1, 5))) == []
    assert list(await turn(south, Leased(2, 5))) == [("north", [Leased(1, 5)])]
    assert list(await turn(south, Leased(3, 5))) == []
    assert list(await turn(north)) == [("south", [Leased(2, 5)]), ("south", [Leased(3, 5)])]
    close(opened(log, "west", [Leased(1, 5), Leased(2, 5), Leased(3, 5)]), north, south)


async def test_nobody_has_a_turn_beside_another(log: Log) -> None:
    north, south = opened(log, "north"), opened(log, "south")
    await north.begin()
    waiting = asyncio.create_task(turn(south, Leased(2, 5)))
    await asyncio.sleep(0.1)
    assert not waiting.done()
    north.append([Leased(1, 5)])
    await north.commit()
    assert list(await waiting) == [("north", [Leased(1, 5)])]
    close(north, south)


async def test_who_is_gone_in_its_turn_leaves_nothing(log: Log) -> None:
    north, south = opened(log, "north"), opened(log, "south")
    await north.begin()
    north.append([Leased(1, 5)])
    north.close()
    assert list(await turn(south, Leased(2, 5))) == []
    close(opened(log, "north", [Leased(2, 5)]), south)


async def test_who_lost_its_turn_writes_nothing_and_must_replay(log: Log) -> None:
    north, south = opened(log, "north"), opened(log, "south")
    await north.begin()
    log.cut("north")
    assert list(await turn(south, Leased(2, 5))) == []
    north.append([Leased(1, 5)])
    with pytest.raises(Unavailable):
        await north.commit()
    with pytest.raises(Unavailable, match="replay"):
        await north.begin()
    assert list(north.replay()) == [Leased(2, 5)]
    assert list(await turn(north, Leased(3, 5))) == []  # nothing of before is queued
    assert list(await turn(south)) == [("north", [Leased(3, 5)])]
    close(north, south)


async def test_a_connection_that_was_cut_between_turns_is_made_anew(log: Log) -> None:
    north = opened(log, "north")
    await turn(north, Leased(1, 5))
    log.cut("north")
    await asyncio.sleep(0.05)
    await turn(north, Leased(2, 5))
    close(north, opened(log, "west", [Leased(1, 5), Leased(2, 5)]))


async def test_who_has_nothing_to_write_writes_nothing(log: Log) -> None:
    north, south = opened(log, "north"), opened(log, "south")
    await turn(north)
    assert list(await turn(south)) == []
    close(north, south)


async def test_a_host_has_one_owner(log: Log) -> None:
    first = opened(log, "north")
    await turn(first, Leased(1, 5))
    with pytest.raises(Unavailable, match="another owner of host north"):
        list(log.store("north").replay())
    await turn(first, Leased(2, 5))
    first.close()
    close(opened(log, "north", [Leased(1, 5), Leased(2, 5)]))


async def test_a_turn_begins_once_and_ends_once(log: Log) -> None:
    north = opened(log, "north")
    with pytest.raises(RuntimeError):
        await north.commit()
    await north.begin()
    with pytest.raises(RuntimeError):
        await north.begin()
    await north.commit()
    with pytest.raises(RuntimeError):
        await north.commit()
    north.close()


async def test_a_checkpoint_stands_for_all_before_and_is_no_news_to_who_knew_that(
    log: Log,
) -> None:
    north, south = opened(log, "north"), opened(log, "south")
    await turn(north, Leased(1, 5))
    await turn(south, *LATER)
    await turn(north)
    north.close()
    north = log.store("north")
    ledger = Ledger(north.replay())
    north.compact(lambda: checkpoint(ledger))
    assert [entries for _, entries in await turn(south, Granted(1, 1, 1))] == [[]]
    assert list(await turn(north)) == [("south", [Granted(1, 1, 1)])]
    west = log.store("west")
    begin, *rest = west.replay()
    assert begin == checkpoint(ledger)
    assert rest == [Granted(1, 1, 1)]
    assert Ledger([begin, *rest]).outstanding("a/life") == 101
    close(north, south, west)


async def test_no_checkpoint_is_written_over_what_was_not_known(log: Log) -> None:
    north, south = opened(log, "north"), opened(log, "south")
    await turn(north, Leased(1, 5))
    assert list(north.replay()) == [Leased(1, 5)]
    await turn(south, *LATER)
    north.compact(lambda: checkpoint(Ledger([Leased(1, 5)])))
    assert list(await turn(north)) == [("south", LATER)]
    close(north, south, opened(log, "west", [Leased(1, 5), *LATER]))


@pytest.mark.parametrize("seed", range(3))
async def test_all_agree_on_one_log_whoever_is_cut_when(log: Log, seed: int) -> None:
    """The oracle: what was acknowledged is there, once; what was refused is there once or never; all see the same."""
    dice = Random(seed)
    stores = {host: opened(log, host) for host in ("north", "south", "west")}
    seen: dict[str, list[AnyEntry]] = {host: [] for host in stores}
    acknowledged = []
    for number in range(60):
        host = dice.choice(list(stores))
        entry = Leased(number, 5)
        try:
            for _, entries in await stores[host].begin():
                seen[host] += entries
            stores[host].append([entry])
            if dice.random() < 0.2:
                log.cut(host)
            await stores[host].commit()
        except Unavailable:
            seen[host] = list(stores[host].replay())
        else:
            seen[host].append(entry)
            acknowledged.append(entry)
    for host, store in stores.items():
        for _, entries in await store.begin():
            seen[host] += entries
        await store.commit()
    whole = list(stores["north"].replay())
    assert [each for each in whole if each in acknowledged] == acknowledged
    assert len(set(whole)) == len(whole)
    assert all(each == whole for each in seen.values())
    close(*stores.values())


async def test_turns_of_many_at_once_leave_no_gap(log: Log) -> None:
    stores = [opened(log, f"host-{number}") for number in range(4)]
    began = time.monotonic()

    async def write(at: int, store: LedgerStore) -> None:
        for number in range(10):
            await turn(store, Leased(100 * at + number, 5))

    await asyncio.gather(*(write(at, store) for at, store in enumerate(stores)))
    assert time.monotonic() - began < 10
    close(*stores)
    west = log.store("west")
    entries = list(west.replay())
    for at in range(4):
        mine = [Leased(100 * at + number, 5) for number in range(10)]
        assert [each for each in entries if each in mine] == mine
    assert len(entries) == 40
    west.close()
