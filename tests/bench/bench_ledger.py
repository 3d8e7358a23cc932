"""Print what turns at the ledger in PostgreSQL take: `python -m tests.bench.bench_ledger`. It starts a server of its own.

Beside it, what one sync of the same disk takes: no turn that writes can be quicker.
"""

import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import uvloop

from adapters.ledger.journal import Journal
from adapters.ledger.postgres_log.store import PostgresLedger
from adserver.domain.entries import AnyEntry, Settled
from adserver.ports import LedgerStore
from tests.servers.ledgers import PostgresLog
from tests.servers.postgres import postgres_server

TURNS = 400
CONTEND_S = 4.0
FRAMES = 5_000
NOTICE = Settled(
    os.urandom(12), "billing", 1 << 40, "north", 17, (1, 2), 2_500_000, 1_900_000, 10_000, 20_000,
    300_000, 1_700_000_000, 1_700_003_600, bid_s=1_700_000_000, wire_price=1_900_000, currency="EUR",
)  # fmt: skip


def main() -> None:
    """Take turns alone, then against others; then read all of it."""
    with tempfile.TemporaryDirectory() as name, postgres_server() as server:
        folder = Path(name)
        print(f"one sync of a file: {_syncs(server.folder / 'synced')}")
        journal = Journal(folder / "ledger")
        list(journal.replay())
        for entries in (1, 100):
            took = uvloop.run(_turns(journal, entries))
            print(f"file, {entries} entries: {_said(took)}")
        journal.close()
        log = PostgresLog(server, folder)
        north, south, west = (_opened(log, host) for host in ("north", "south", "west"))
        uvloop.run(_alone(north))
        for stores in ((north, south), (north, south, west)):
            for entries in (1, 100):
                uvloop.run(_contend(stores, entries))
        uvloop.run(_many(north))
        began = time.perf_counter()
        read = sum(1 for _ in north.replay())
        took_s = time.perf_counter() - began
        ((frames, size),) = log.execute(
            "SELECT count(*), pg_total_relation_size('frames') FROM frames"
        )
        print(f"replay: {frames:,} frames, {read:,} entries in {took_s:.2f} s; {size:,} bytes in the database")  # fmt: skip


def _opened(log: PostgresLog, host: str) -> PostgresLedger:
    store = log.store(host)
    list(store.replay())
    return store


async def _alone(store: PostgresLedger) -> None:
    for entries in (0, 1, 100):
        took = await _turns(store, entries)
        print(f"PostgreSQL, {entries} entries, alone: {_said(took)}")
    store._hang_up()


async def _turns(store: LedgerStore, entries: int) -> list[float]:
    took = []
    for _ in range(TURNS):
        began = time.perf_counter()
        await store.begin()
        store.append([NOTICE] * entries)
        await store.commit()
        took.append(time.perf_counter() - began)
    return took


async def _contend(stores: Sequence[PostgresLedger], entries: int) -> None:
    """Let all take turns as fast as they can; who waits for its turn waits for the others'."""
    until = time.perf_counter() + CONTEND_S

    async def run(store: PostgresLedger) -> list[float]:
        took = []
        while (began := time.perf_counter()) < until:
            await store.begin()
            store.append([NOTICE] * entries)
            await store.commit()
            took.append(time.perf_counter() - began)
        return took

    by_store = await asyncio.gather(*map(run, stores))
    took = [each for some in by_store for each in some]
    shares = " ".join(f"{len(some) / len(took):.0%}" for some in by_store)
    print(
        f"PostgreSQL, {entries} entries, {len(stores)} servers against each other: {_said(took)};"
        f" {len(took) / CONTEND_S:,.0f} turns/s in all, shares {shares}"
    )
    for store in stores:
        store._hang_up()


async def _many(store: PostgresLedger) -> None:
    """Make a log that is long."""
    entries: list[AnyEntry] = [NOTICE] * 20
    for _ in range(FRAMES):
        await store.begin()
        store.append(entries)
        await store.commit()
    store._hang_up()


def _syncs(path: Path) -> str:
    took = []
    with path.open("wb", buffering=0) as file:
        for _ in range(TURNS):
            began = time.perf_counter()
            file.write(bytes(8_192))
            os.fdatasync(file.fileno())
            took.append(time.perf_counter() - began)
    return _said(took)


def _said(took: Sequence[float]) -> str:
    parts = statistics.quantiles(took, n=100)
    return f"{1e3 * parts[49]:.2f} ms, p99 {1e3 * parts[98]:.2f} ms"


if __name__ == "__main__":
    main()
