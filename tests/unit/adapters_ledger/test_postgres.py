"""What the ledger in PostgreSQL refuses to read, and how it begins."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from secrets import token_hex
from traceback import format_exception

import msgspec
import pytest

from adapters.ledger.postgres_log import starting
from adapters.ledger.postgres_log import store as postgres_store
from adserver.domain.checkpoints import checkpoint
from adserver.domain.entries import AnyEntry, Leased
from adserver.domain.ledger import Ledger
from adserver.errors import InvalidConfig, Unavailable
from tests.servers.ledgers import PostgresLog
from tests.servers.postgres import PASSWORD, postgres_server, shared_server
from tests.unit.adapters_ledger.logs import ONE, THREE, TWO, close, contents, opened, turn


@pytest.fixture
def log(tmp_path: Path) -> PostgresLog:
    return PostgresLog(shared_server(), tmp_path)


async def three_frames(log: PostgresLog) -> None:
    north = opened(log, "north")
    for each in (ONE, TWO, THREE):
        await turn(north, each)
    north.close()


DAMAGE = {
    "a bit": ("UPDATE frames SET entries = set_bit(entries, 9, 1 - get_bit(entries, 9)) WHERE number = 2", 2),
    "another host": ("UPDATE frames SET host = 'south' WHERE number = 2", 2),
    "cut": ("UPDATE frames SET entries = substring(entries for 3) WHERE number = 2", 2),
    "missing": ("DELETE FROM frames WHERE number = 2", 2),
    "no beginning": ("DELETE FROM frames WHERE number = 1", 1),
    "an older one again": ("UPDATE frames a SET entries = b.entries, checksum = b.checksum FROM frames b WHERE a.number = b.number + 1", 2),
}  # fmt: skip


@pytest.mark.parametrize("kind", DAMAGE)
async def test_a_damaged_frame_is_named_and_refused(log: PostgresLog, kind: str) -> None:
    await three_frames(log)
    statement, number = DAMAGE[kind]
    log.execute(statement)
    with pytest.raises(InvalidConfig, match=f"frame {number}: is .*restore the database"):
        contents(log)
    with pytest.raises(InvalidConfig):
        opened(log, "south")


async def test_damage_done_meanwhile_is_found_in_the_next_turn(log: PostgresLog) -> None:
    north, south = opened(log, "north"), opened(log, "south")
    await turn(south, ONE)
    log.execute("UPDATE frames SET entries = ''")
    with pytest.raises(Unavailable, match="frame 1: is damaged"):
        await north.begin()
    assert north.stale
    with pytest.raises(Unavailable, match="replayed"):
        await north.begin()
    close(north, south)


async def test_entries_of_another_version_are_refused(log: PostgresLog) -> None:
    north = opened(log, "north")
    north._queue.append({"unheard": "of"})  # type: ignore[arg-type]
    await north.begin()
    await north.commit()
    north.close()
    with pytest.raises(InvalidConfig, match="frame 1: another version wrote this"):
        contents(log)


async def test_tables_of_another_version_are_refused(log: PostgresLog) -> None:
    await three_frames(log)
    log.execute("UPDATE version SET version = 2")
    with pytest.raises(InvalidConfig, match="another version wrote this"):
        contents(log)


@pytest.mark.parametrize("lost", ["the end", "all", "the end, and others wrote"])
async def test_a_database_that_lost_what_was_acknowledged_is_refused(
    log: PostgresLog, lost: str
) -> None:
    """A backup was restored, or a replica took over that did not have all."""
    north, south = opened(log, "north"), opened(log, "south")
    for each in (ONE, TWO):
        await turn(north, each)
    log.execute("DELETE FROM frames" if lost == "all" else "DELETE FROM frames WHERE number = 2")
    if lost == "the end, and others wrote":
        await turn(south, THREE)
        await turn(south, THREE)
    with pytest.raises(Unavailable, match="the ledger lost frame 2"):
        await north.begin()
    with pytest.raises(InvalidConfig, match=r"frame 2: is .*north.known"):
        list(north.replay())
    north.close()
    with pytest.raises(InvalidConfig):
        opened(log, "north")  # a restart does not forget
    log.note("north").unlink()
    left = {"all": [], "the end": [ONE]}.get(lost, [ONE, THREE, THREE])
    north = log.store("north")
    assert list(north.replay()) == left
    await turn(north, TWO)
    close(north, south)


async def test_frames_before_a_checkpoint_may_be_moved_away(
    log: PostgresLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_store, "LONG_BYTES", 1)
    north, south = opened(log, "north"), opened(log, "south")
    await turn(north, ONE, TWO)
    assert await turn(south) == [ONE, TWO]
    ledger = Ledger(north.replay())
    north.compact(lambda: checkpoint(ledger))
    await turn(north, THREE)
    north.close()
    log.execute(
        "DELETE FROM frames WHERE number < (SELECT max(number) FROM frames WHERE checkpoint)"
    )
    assert contents(log) == [checkpoint(ledger), THREE]
    with pytest.raises(Unavailable, match="the ledger lost frame 1"):
        await south.begin()  # it was away for long, and must read the checkpoint
    assert list(south.replay()) == [checkpoint(ledger), THREE]
    await turn(south, Leased(4, 5))
    south.close()


async def test_a_short_log_gets_no_checkpoint(log: PostgresLog) -> None:
    await three_frames(log)
    north = log.store("north")
    ledger = Ledger(north.replay())
    north.compact(lambda: checkpoint(ledger))
    north.close()
    assert log.numbers() == [1, 2, 3]


async def test_a_checkpoint_of_another_server_is_not_fetched_in_a_turn(
    log: PostgresLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_store, "LONG_BYTES", 1)
    north, south = opened(log, "north"), opened(log, "south")
    await turn(north, ONE)
    await turn(south)
    ledger = Ledger(north.replay())
    north.compact(lambda: checkpoint(ledger))
    log.execute("UPDATE frames SET entries = '' WHERE checkpoint")  # so that reading it would fail
    assert await turn(south, TWO) == []
    assert await turn(north) == [TWO]
    close(north, south)


async def test_who_is_far_behind_reads_in_parts_and_misses_nothing(
    log: PostgresLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    north, south = opened(log, "north"), opened(log, "south")
    wanted: list[AnyEntry] = [Leased(number, 5) for number in range(10)]
    for each in wanted:
        await turn(north, each)
    monkeypatch.setattr(postgres_store, "CHUNK_FRAMES", 3)
    monkeypatch.setattr(starting, "CHUNK_FRAMES", 3)
    assert await turn(south, ONE) == wanted
    assert await turn(north) == [ONE]
    close(north, south)
    assert contents(log) == [*wanted, ONE]


async def test_an_owner_that_was_replaced_meanwhile_must_replay(log: PostgresLog) -> None:
    """It was frozen and lost its connection; another took its name, wrote and went."""
    frozen = opened(log, "north")
    await turn(frozen, ONE)
    log.cut("north")
    successor = opened(log, "north")
    await turn(successor, TWO)
    with pytest.raises(Unavailable, match="another owner of host north"):
        await frozen.begin()
    successor.close()
    with pytest.raises(Unavailable, match="another owner wrote as north"):
        await frozen.begin()
    assert list(frozen.replay()) == [ONE, TWO]
    frozen.close()


def test_several_first_ones_make_the_tables_once(log: PostgresLog) -> None:
    hosts = [f"host-{number}" for number in range(6)]
    with ThreadPoolExecutor(6) as threads:
        assert list(threads.map(lambda host: list(log.store(host).replay()), hosts)) == [[]] * 6
    assert log.execute("SELECT version FROM version") == [(1,)]


async def test_a_log_is_read_beside_its_owners(log: PostgresLog, tmp_path: Path) -> None:
    config, own = log.config("north"), tmp_path / "north"
    with pytest.raises(InvalidConfig, match="has no ledger"):
        list(config.read(own))
    north = opened(log, "north")
    await turn(north, ONE, TWO)
    await north.begin()
    assert list(config.read(own)) == [(1, "north", [ONE, TWO])]
    await north.commit()
    await turn(north, THREE)
    assert list(config.read(own)) == [(1, "north", [ONE, TWO]), (2, "north", [THREE])]
    log.execute("DELETE FROM frames WHERE number = 2")
    with pytest.raises(InvalidConfig, match="frame 2"):
        list(config.read(own))
    north.close()


def test_a_schema_that_is_there_asks_for_no_rights_on_the_database(log: PostgresLog) -> None:
    """The administrator made it, for a role that may do nothing else."""
    role = f"modest_{log.schema}"
    log.server.execute(
        f"CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}'",
        f"CREATE SCHEMA {log.schema} AUTHORIZATION {role}",
        f"REVOKE CREATE ON DATABASE postgres FROM {role}",
    )
    store = log.store("north")
    store._target = msgspec.structs.replace(store._target, user=role)
    assert list(store.replay()) == []


def test_a_wrong_password_is_said_without_the_password(
    log: PostgresLog, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "wrong"
    secret = (
        token_hex()
    )  # so that it does not stand in this file, lines of which are in a traceback
    file.write_text(secret, "utf-8")
    file.chmod(0o600)
    config = log.config("north")
    store = type(config)(config.url, password_file=str(file)).build(tmp_path / "ledger")
    with pytest.raises(Unavailable, match="password authentication failed") as refused:
        list(store.replay())
    assert secret not in "".join(format_exception(refused.value))
    assert secret not in "".join(capsys.readouterr())


def test_a_server_that_does_not_sync_is_refused(tmp_path: Path) -> None:
    with (
        postgres_server("fsync=off") as server,
        pytest.raises(InvalidConfig, match="fsync: is off"),
    ):
        contents(PostgresLog(server, tmp_path))
