"""What the ledger in PostgreSQL does when the database, the line to it or another server fails."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
import uvloop

from adapters.ledger.postgres_log.connecting import lock_key
from adapters.ledger.postgres_log.store import PostgresLedger
from adserver.errors import Unavailable
from tests.servers.cut_line import cut_line
from tests.servers.ledgers import TURN_MS, PostgresLog
from tests.servers.postgres import DATABASE, PASSWORD, USER, PostgresServer, postgres_server
from tests.unit.adapters_ledger.logs import ONE, THREE, TWO, close, contents, opened, turn

AT_ONCE_S = 3.0


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    """Return a server of this module's own: others would not like to see it stopped."""
    with postgres_server() as found:
        yield found


@pytest.fixture
def log(server: PostgresServer, tmp_path: Path) -> PostgresLog:
    return PostgresLog(server, tmp_path)


async def test_who_is_frozen_in_its_turn_loses_it(log: PostgresLog) -> None:
    north, south = opened(log, "north"), opened(log, "south")
    await north.begin()  # and no word more
    north.append([ONE])
    began = time.monotonic()
    await turn(south, TWO)
    assert TURN_MS / 1_000 - 0.1 < time.monotonic() - began < TURN_MS / 1_000 + 1
    with pytest.raises(Unavailable, match="a commit failed"):
        await north.commit()
    assert list(north.replay()) == [TWO]
    await turn(north, THREE)
    close(north, south)
    assert contents(log) == [TWO, THREE]


async def test_a_turn_is_not_waited_for_without_a_limit(log: PostgresLog) -> None:
    """Somebody else holds the lock: a person at a prompt, whose session has no limits."""
    north = opened(log, "north")
    await turn(north, ONE)
    person = await asyncpg.connect(
        host="127.0.0.1", port=log.port, user=USER, password=PASSWORD, database=DATABASE, ssl=False
    )
    await person.execute(f"SELECT pg_advisory_lock({lock_key(log.schema)})")
    began = time.monotonic()
    with pytest.raises(Unavailable, match="another server keeps its own"):
        await north.begin()
    assert 1.0 < time.monotonic() - began < 2.5
    await person.close()
    await turn(north, TWO)  # without a replay: nothing is uncertain
    close(north)
    assert contents(log) == [ONE, TWO]


@pytest.mark.parametrize("late_s", [0.0, 0.3, -1.0], ids=["at once", "late", "never"])
async def test_an_uncertain_commit_is_found_once_or_never(log: PostgresLog, late_s: float) -> None:
    """The line is cut when COMMIT is on its way: only a replay tells, and what it tells stays so."""
    async with cut_line(log.server.port) as line:
        log.port = line.port
        north = log.store("north")
        # In threads, since the line is in this loop. A replay waits until the session from before is over.
        await asyncio.to_thread(lambda: list(north.replay()))
        await turn(north, ONE)
        line.word, line.late_s = b"COMMIT\0", late_s
        await north.begin()
        north.append([TWO])
        with pytest.raises(Unavailable, match="a commit failed"):
            await north.commit()
        assert line.cuts == 1
        found = await asyncio.to_thread(lambda: list(north.replay()))
        assert found == ([ONE] if late_s < 0 else [ONE, TWO])
        await turn(north, THREE)
        north.close()
    log.port = log.server.port
    assert contents(log) == [*found, THREE]


async def test_a_server_that_is_stopped_is_missed_at_once_and_works_again_after_a_start(
    log: PostgresLog,
) -> None:
    north, south = opened(log, "north"), opened(log, "south")
    await turn(north, ONE)
    await south.begin()
    south.append([TWO])
    log.server.stop()
    began = time.monotonic()
    with pytest.raises(Unavailable, match="no turn at the ledger"):
        await north.begin()
    with pytest.raises(Unavailable, match="a commit failed"):
        await south.commit()
    with pytest.raises(Unavailable, match="cannot reach the ledger"):
        list(south.replay())
    assert time.monotonic() - began < AT_ONCE_S
    log.server.start()
    await turn(north, THREE)  # its memory is as good as before
    assert list(south.replay()) == [ONE, THREE]
    close(north, south)


async def test_what_was_acknowledged_outlives_a_killed_server(log: PostgresLog) -> None:
    north = opened(log, "north")
    await turn(north, ONE)
    log.server.kill()
    with pytest.raises(Unavailable):
        await north.begin()
    log.server.start()
    await turn(north, TWO)
    north.close()
    assert contents(log) == [ONE, TWO]


async def test_a_frozen_server_keeps_nobody_waiting_without_a_limit(log: PostgresLog) -> None:
    north, south = opened(log, "north"), opened(log, "south")
    await turn(north, ONE)
    await turn(south, TWO)
    await south.begin()
    south.append([THREE])
    log.server.freeze()
    try:
        began = time.monotonic()
        with pytest.raises(Unavailable, match="no answer within 1 s"):
            await south.commit()
        with pytest.raises(Unavailable, match="no answer within 1 s"):
            await north.begin()
        with pytest.raises(Unavailable, match="cannot reach"):
            list(north.replay())
        assert time.monotonic() - began < AT_ONCE_S + 1
    finally:
        log.server.thaw()
    found = list(south.replay())
    assert found in ([ONE, TWO], [ONE, TWO, THREE])
    close(north, south)
    assert contents(log) == found


def test_a_turn_that_nobody_ends_is_let_go_of_by_a_replay_in_a_thread(log: PostgresLog) -> None:
    """As the owner does when it could not write what belongs to the turn."""

    async def run() -> None:
        north, south = opened(log, "north"), opened(log, "south")
        await turn(north, ONE)
        await north.begin()
        north.append([TWO])
        assert await asyncio.to_thread(lambda: list(north.replay())) == [ONE]
        began = time.monotonic()
        await turn(south, THREE)
        assert time.monotonic() - began < TURN_MS / 2_000
        assert await turn(north) == [THREE]
        close(north, south)

    uvloop.run(run())
    assert contents(log) == [ONE, THREE]


async def _begin(store: PostgresLedger) -> None:
    await store.begin()


@pytest.mark.parametrize("at", ["begin", "commit"])
async def test_who_gives_up_waiting_leaves_the_turn_to_others(log: PostgresLog, at: str) -> None:
    north, south = opened(log, "north"), opened(log, "south")
    await turn(north, ONE)
    await north.begin()
    if at == "begin":
        giving_up = asyncio.create_task(_begin(south))
        await asyncio.sleep(0.1)
    else:
        north.append([TWO])
        giving_up = asyncio.create_task(north.commit())
        await asyncio.sleep(0)
    giving_up.cancel()
    with pytest.raises(asyncio.CancelledError):
        await giving_up
    if at == "begin":
        await north.commit()
    before = list(south.replay()) if at == "begin" else list(north.replay())
    assert before in ([ONE], [ONE, TWO])
    await turn(south, THREE)
    close(north, south)
    assert contents(log) == [*before, THREE]


async def test_a_commit_that_stopped_waiting_for_its_replica_is_not_acknowledged(
    log: PostgresLog,
) -> None:
    """PostgreSQL says COMMIT then, and warns: a failover would lose it."""
    north = opened(log, "north")
    await turn(north, ONE)
    reload = "SELECT pg_reload_conf()"
    log.server.execute("ALTER SYSTEM SET synchronous_standby_names = 'nobody'", reload)
    try:
        await asyncio.sleep(0.2)
        await north.begin()
        north.append([TWO])
        committing = asyncio.create_task(north.commit())
        await asyncio.sleep(0.3)
        assert not committing.done()
        log.server.execute(
            "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
        )
        with pytest.raises(Unavailable, match="canceling wait for synchronous replication"):
            await committing
    finally:
        log.server.execute("ALTER SYSTEM RESET synchronous_standby_names", reload)
    assert list(north.replay()) == [ONE, TWO]  # it is in this server's log all the same
    north.close()


async def test_a_commit_is_on_the_disk_whatever_the_default_says(log: PostgresLog) -> None:
    reload = "SELECT pg_reload_conf()"
    log.server.execute("ALTER SYSTEM SET synchronous_commit = off", reload)
    log.server.execute(f"ALTER ROLE {USER} SET default_transaction_isolation = 'serializable'")
    try:
        north, south = opened(log, "north"), opened(log, "south")
        await turn(north, ONE)
        await south.begin()
        shown = [
            await south._connection.fetchval(f"SHOW {name}")
            for name in ("synchronous_commit", "transaction_isolation")
        ]
        assert shown == ["on", "read committed"]
        await south.commit()
        close(north, south)
    finally:
        log.server.execute("ALTER SYSTEM RESET synchronous_commit", reload)
        log.server.execute(f"ALTER ROLE {USER} RESET default_transaction_isolation")
