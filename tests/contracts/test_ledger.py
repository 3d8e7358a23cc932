"""What every ledger store promises."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.ledger.journal import Journal
from adserver.domain.checkpoints import checkpoint
from adserver.domain.entries import AnyEntry, Granted, Leased, Opened
from adserver.domain.ledger import Ledger
from adserver.ports import LedgerStore
from tests.fakes.ledger_store import FakeLedgerStore

ENTRIES: list[AnyEntry] = [Leased(1, 5), Opened(1, 7, ("a/life",), 0, 9), Granted(1, 1, 100)]
Open = Callable[[], LedgerStore]


@pytest.fixture(params=["file", "fake"])
def reopen(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    """Return the function that opens the same store once more."""
    if request.param == "file":
        return lambda: Journal(tmp_path / "ledger")
    durable: list[AnyEntry] = []
    return lambda: FakeLedgerStore(durable)


def contents(reopen: Open) -> list[AnyEntry]:
    store = reopen()
    try:
        return list(store.replay())
    finally:
        store.close()


async def test_new_store_is_empty_and_committed_entries_come_back_in_order(reopen: Open) -> None:
    store = reopen()
    assert list(store.replay()) == []
    store.append(ENTRIES[:1])
    store.append(ENTRIES[1:])
    await store.commit()
    await store.commit()
    store.close()
    assert contents(reopen) == ENTRIES


async def test_what_was_not_committed_is_gone(reopen: Open) -> None:
    store = reopen()
    list(store.replay())
    store.append(ENTRIES[:1])
    await store.commit()
    store.append(ENTRIES[1:])
    store.close()
    assert contents(reopen) == ENTRIES[:1]


async def test_many_callers_share_commits_and_all_is_durable(reopen: Open) -> None:
    store = reopen()
    list(store.replay())

    async def write(number: int) -> None:
        store.append([Leased(number, 0)])
        await store.commit()

    await asyncio.gather(*(write(number) for number in range(50)))
    store.close()
    assert contents(reopen) == [Leased(number, 0) for number in range(50)]


async def test_compacting_keeps_what_the_entries_meant(reopen: Open) -> None:
    store = reopen()
    list(store.replay())
    store.append(ENTRIES)
    await store.commit()
    store.compact(lambda: checkpoint(Ledger(ENTRIES)))
    store.append([Granted(1, 1, 1)])
    await store.commit()
    store.close()
    assert Ledger(contents(reopen)).outstanding("a/life") == 101
