"""Short ways to write to a log in PostgreSQL and to read it."""

from adapters.ledger.postgres_log.store import PostgresLedger
from adserver.domain.entries import AnyEntry, Leased
from tests.servers.ledgers import PostgresLog

ONE, TWO, THREE = Leased(1, 5), Leased(2, 5), Leased(3, 5)


def opened(log: PostgresLog, host: str) -> PostgresLedger:
    """Return a store that knows the log."""
    store = log.store(host)
    list(store.replay())
    return store


async def turn(store: PostgresLedger, *entries: AnyEntry) -> list[AnyEntry]:
    """Write in one turn, and return what others wrote."""
    news = await store.begin()
    store.append(entries)
    await store.commit()
    return [entry for _, entries in news for entry in entries]


def contents(log: PostgresLog) -> list[AnyEntry]:
    """Return what a server reads that never met the log."""
    store = log.store("reader")
    log.note("reader").unlink(missing_ok=True)
    try:
        return list(store.replay())
    finally:
        store.close()


def close(*stores: PostgresLedger) -> None:
    """Close them."""
    for each in stores:
        each.close()
