"""`ledger verify` on a log that several servers share: read through the port, nothing noted, nothing written."""

import asyncio
import json
from pathlib import Path

import pytest

from adserver.__main__ import main
from adserver.commands.terminal import FAILED, OK
from tests.servers.ledgers import PostgresLog
from tests.servers.postgres import shared_server
from tests.unit.commands import shop
from tests.unit.domain.test_books import BEGIN, sold


@pytest.fixture
def log(tmp_path: Path) -> PostgresLog:
    """Return a log that two entries of a bid stand in."""
    log = PostgresLog(shared_server(), tmp_path)
    store = log.store("north")
    list(store.replay())

    async def write() -> None:
        for frame in (BEGIN, [sold(1)], [sold(2)]):
            await store.begin()
            store.append(frame)
            await store.commit()
        store.close()
        await asyncio.sleep(0)  # so that the connection's end comes

    asyncio.run(write())
    return log


@pytest.fixture
def settings(tmp_path: Path, log: PostgresLog) -> Path:
    file = shop.write(tmp_path)
    config = log.config("reader")
    file.write_text(
        file.read_text("utf-8")
        + f"\nledger: {{kind: postgres, url: '{config.url}', password_file: '{config.password_file}', "
        f"schema: {config.schema}}}\n",
        "utf-8",
    )
    return file


def test_a_shared_log_is_verified_without_a_trace(
    settings: Path, log: PostgresLog, capsys: pytest.CaptureFixture[str]
) -> None:
    before = log.execute("SELECT * FROM frames ORDER BY number")
    assert main(["ledger", "verify", "--json", "-c", str(settings)]) == OK
    found = json.loads(capsys.readouterr().out)
    assert (found["entries"]["Settled"], found["totals"]["settled"]) == (2, 260)
    assert main(["ledger", "report", "--json", "-c", str(settings)]) == OK
    assert log.execute("SELECT * FROM frames ORDER BY number") == before
    assert not list(settings.parent.glob("state/*"))


def test_damage_in_the_database_is_exit_code_1_with_the_place(
    settings: Path, log: PostgresLog, capsys: pytest.CaptureFixture[str]
) -> None:
    log.execute("UPDATE frames SET entries = entries || '\\x00' WHERE number = 2")
    assert main(["ledger", "verify", "--json", "-c", str(settings)]) == FAILED
    found = json.loads(capsys.readouterr().out)
    assert "2" in found["faults"][0]
