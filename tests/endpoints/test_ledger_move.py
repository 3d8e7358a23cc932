"""From one server to several: the ledger goes from the file into the database, and nothing is paid twice or forgotten."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.ledger.journal import Journal
from tests.endpoints.catalogs import one_banner
from tests.endpoints.client import EXCHANGE
from tests.endpoints.conftest import Make
from tests.endpoints.server import Json, Server
from tests.endpoints.wire import request
from tests.servers.postgres import PostgresServer, postgres_server
from tests.torture.shared import in_postgres


@pytest.fixture(scope="module")
def database() -> Iterator[PostgresServer]:
    with postgres_server() as found:
        yield found


def settings(database: PostgresServer, host: str) -> Json:
    """Return where the ledger is to go: a schema for each test."""
    return in_postgres(database, host) | {"schema": f"of_{host}"}


def bids(server: Server, count: int) -> list[dict[str, str]]:
    with server.client() as client:
        return [client.bid(request(), EXCHANGE).bid() for _ in range(count)]


def bill(server: Server, *sold: dict[str, str]) -> None:
    with server.client() as client:
        for bid in sold:
            assert client.follow(bid["burl"], PRICE="1").status == 200


def to_database(server: Server, ledger: Json) -> None:
    server.settings["ledger"] = ledger
    server.write_settings()


def test_what_was_spent_is_known_after_the_move_and_who_bid_before_it_is_paid(
    database: PostgresServer, make: Make
) -> None:
    server = make(one_banner()).start()
    billed, before, later = bids(server, 3)
    bill(server, billed, before)
    server.stop()
    to_database(server, settings(database, "mover"))
    assert "`adserver ledger move` takes it along" in server.fails()

    found = server.command("ledger", "move", "--json", "-c", str(server.settings_file))
    assert found.returncode == 0, found.stderr
    moved = json.loads(found.stdout)
    assert moved["totals"]["settled"] == 2_000_000
    assert Path(moved["kept"]).exists()
    assert not (server.state / "ledger").exists()

    server.start()
    assert server.report()["tents"]["settled"] == 2_000_000
    bill(server, billed, later, later, *bids(server, 1))
    assert server.report()["tents"]["settled"] == 4_000_000, "once each"
    server.stop()
    verified = server.command("ledger", "verify", "--json", "-c", str(server.settings_file))
    assert verified.returncode == 0, verified.stdout

    again = server.command("ledger", "move", "-c", str(server.settings_file))
    assert again.returncode == 2
    assert "there is nothing to move, or it was moved" in again.stderr


def test_a_move_that_was_interrupted_is_finished_by_another(
    database: PostgresServer, make: Make
) -> None:
    """It had written the database and not yet put the file aside."""
    server = make(one_banner()).start()
    bill(server, *bids(server, 2))
    server.kill()
    to_database(server, settings(database, "twice"))
    first = server.command("ledger", "move", "--json", "-c", str(server.settings_file))
    told = json.loads(first.stdout)
    Path(told["kept"]).rename(server.state / "ledger")
    second = server.command("ledger", "move", "--json", "-c", str(server.settings_file))
    assert second.returncode == 0, second.stderr
    assert json.loads(second.stdout)["totals"] == told["totals"]
    assert json.loads(second.stdout)["hash"] == told["hash"]
    server.start()
    assert server.report()["tents"]["settled"] == 2_000_000


def test_a_move_that_cannot_be_says_why_and_changes_nothing(
    database: PostgresServer, make: Make
) -> None:
    server = make(one_banner()).start()
    ledger = server.state / "ledger"
    move = ("ledger", "move", "-c", str(server.settings_file))
    found = server.command(*move)
    assert found.returncode == 2
    assert "$.ledger: names no database" in found.stderr
    to_database(server, settings(database, "other"))
    found = server.command(*move)
    assert found.returncode == 1, "the server runs"
    assert "cannot open the ledger" in found.stderr
    server.stop()

    before = ledger.read_bytes()
    to_database(server, settings(database, "other") | {"url": "postgresql://nobody@127.0.0.1:1/x"})
    found = server.command(*move)
    assert found.returncode == 1
    assert "cannot reach the ledger" in found.stderr
    assert ledger.read_bytes()[: len(before)] == before

    taken = make(one_banner()).start()
    bill(taken, *bids(taken, 1))
    taken.stop()
    to_database(taken, settings(database, "other"))
    assert taken.command("ledger", "move", "-c", str(taken.settings_file)).returncode == 0
    to_database(server, settings(database, "other"))
    found = server.command(*move)
    assert found.returncode == 2
    assert "has a ledger already, begun by other" in found.stderr
    ledger.rename(server.folder / "kept")
    damaged = bytearray((server.folder / "kept").read_bytes())
    damaged[40] ^= 1
    ledger.write_bytes(damaged)
    found = server.command(*move)
    assert found.returncode == 2
    assert "this frame is damaged" in found.stderr
    Journal(ledger).close()
