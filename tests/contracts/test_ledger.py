"""What every ledger store promises, whether it is one server's or shared."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from adapters.ledger.journal import Journal
from adapters.ledger.postgres_log import store as postgres_store
from adserver.domain.checkpoints import checkpoint
from adserver.domain.entries import AnyEntry, Granted, Leased, Opened
from adserver.domain.ledger import Ledger
from adserver.ports import LedgerStore
from tests.fakes.ledger_store import FakeLedgerStore, FakeSharedLog
from tests.servers.ledgers import PostgresLog
from tests.servers.postgres import shared_server

ENTRIES: list[AnyEntry] = [Leased(1, 5), Opened(1, 7, ("a/life",), 0, 9), Granted(1, 1, 100)]
Open = Callable[[], LedgerStore]


@pytest.fixture(params=["file", "fake", "fake shared", "postgres"])
def reopen(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Open:
    """Return the function that opens the same store once more."""
    if request.param == "file":
        return lambda: Journal(tmp_path / "ledger")
    if request.param == "fake shared":
        shared = FakeSharedLog()
        return lambda: shared.store("north")
    if request.param == "postgres":
        monkeypatch.setattr(postgres_store, "LONG_FRAMES", 1)  # every log is long
        log = PostgresLog(shared_server(), tmp_path)
        return lambda: log.store("north")
    durable: list[AnyEntry] = []
    return lambda: FakeLedgerStore(durable)


def contents(reopen: Open) -> list[AnyEntry]:
    store = reopen()
    try:
        return list(store.replay())
    finally:
        store.close()


async def write(store: LedgerStore, *entries: Sequence[AnyEntry]) -> None:
    """Write in one turn; nobody else does."""
    assert list(await store.begin()) == []
    for each in entries:
        store.append(each)
    await store.commit()


async def test_new_store_is_empty_and_committed_entries_come_back_in_order(reopen: Open) -> None:
    store = reopen()
    assert list(store.replay()) == []
    await write(store, ENTRIES[:1], ENTRIES[1:])
    await write(store)
    store.close()
    assert contents(reopen) == ENTRIES


async def test_what_was_not_committed_is_gone(reopen: Open) -> None:
    store = reopen()
    list(store.replay())
    await write(store, ENTRIES[:1])
    await store.begin()
    store.append(ENTRIES[1:])
    store.close()
    assert contents(reopen) == ENTRIES[:1]


async def test_many_callers_share_commits_and_all_is_durable(reopen: Open) -> None:
    """Of a shared store they take turns."""
    store = reopen()
    list(store.replay())
    turn = asyncio.Lock()

    async def one(number: int) -> None:
        if store.shared:
            async with turn:
                await write(store, [Leased(number, 0)])
            return
        store.append([Leased(number, 0)])
        await store.commit()

    await asyncio.gather(*(one(number) for number in range(50)))
    store.close()
    assert contents(reopen) == [Leased(number, 0) for number in range(50)]


async def test_compacting_keeps_what_the_entries_meant(reopen: Open) -> None:
    store = reopen()
    list(store.replay())
    await write(store, ENTRIES)
    store.close()
    store = reopen()
    ledger = Ledger(store.replay())
    store.compact(lambda: checkpoint(ledger))
    await write(store, [Granted(1, 1, 1)])
    store.close()
    assert Ledger(contents(reopen)).outstanding("a/life") == 101


async def test_replaying_twice_is_the_same(reopen: Open) -> None:
    store = reopen()
    list(store.replay())
    await write(store, ENTRIES)
    assert list(store.replay()) == ENTRIES
    await write(store, [Leased(2, 5)])
    store.close()
    assert contents(reopen) == [*ENTRIES, Leased(2, 5)]
