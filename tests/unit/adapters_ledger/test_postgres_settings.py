"""How the ledger in PostgreSQL is named in the settings, and how its server is known."""

import shutil
import subprocess
from pathlib import Path

import msgspec
import pytest

from adapters.ledger.postgres import Config
from adapters.ledger.postgres_log.target import Address, read_url
from adapters.registry import Ledgers
from adserver.errors import InvalidConfig, Unavailable
from tests.lacking import missing
from tests.servers.ledgers import PostgresLog
from tests.servers.postgres import postgres_server
from tests.unit.adapters_ledger.logs import ONE, close, contents, opened, turn

URL = "postgresql://bidder@db-1/ads"


def test_addresses_are_read() -> None:
    one = (Address("db-1", 5432),)
    assert read_url(URL) == (one, "bidder", "ads")
    assert read_url("postgres://a%40b@[::1]:6543/x%20y") == ((Address("::1", 6543),), "a@b", "x y")
    two = (Address("db-1", 5432), Address("db-2", 5433))
    assert read_url("postgresql://bidder@db-1,db-2:5433/ads") == (two, "bidder", "ads")
    socket = (Address("/run/postgresql", 5432),)
    assert read_url("postgresql://bidder@/ads?host=/run/postgresql") == (socket, "bidder", "ads")


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("postgresql://bidder:hunter2@db-1/ads", "`password_file`"),
        ("mysql://bidder@db-1/ads", "no address like"),
        ("postgresql://db-1/ads", "no address like"),
        ("postgresql://bidder@db-1/ads#x", "no address like"),
        ("db-1", "no address like"),
        ("postgresql://bidder@db-1", "names no database"),
        ("postgresql://bidder@db-1/a/b", "names no database"),
        ("postgresql://bidder@/ads", "names a host"),
        ("postgresql://bidder@db-1/ads?host=/run", "names a host"),
        ("postgresql://bidder@db-1/ads?sslmode=disable", "nothing else"),
        ("postgresql://bidder@db-1:port/ads", "an address that is none"),
        ("postgresql://bidder@db-1:70000/ads", "an address that is none"),
        ("postgresql://bidder@db-1:0/ads", "without host or port"),
        ("postgresql://bidder@db-1,/ads", "without host or port"),
    ],
)
def test_other_addresses_are_refused_without_repeating_a_password(url: str, why: str) -> None:
    with pytest.raises(msgspec.ValidationError) as refused:
        msgspec.convert({"kind": "postgres", "url": url}, Ledgers)
    assert why in str(refused.value)
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    "wrong",
    [
        {"schema": 'x"; DROP'}, {"schema": "Upper"}, {"schema": ""}, {"schema": "x" * 64}, {"tls": "yes"},
        {"ca_file": "ca.pem"}, {"timeout_ms": 0}, {"turn_timeout_ms": 10**9}, {"password": "hunter2"},
    ],
    ids=str,
)  # fmt: skip
def test_other_settings_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"kind": "postgres", "url": URL, **wrong}, Ledgers)


def test_files_are_relative_to_the_settings_and_a_password_stays_ours(tmp_path: Path) -> None:
    config = Config(URL, password_file="password").within(tmp_path)
    with pytest.raises(InvalidConfig, match=r"\$.ledger.password_file: cannot be read"):
        config.build(tmp_path / "ledger")
    file = tmp_path / "password"
    file.write_text("hunter2\n", "utf-8")
    file.chmod(0o644)
    with pytest.raises(InvalidConfig, match="chmod 600"):
        config.build(tmp_path / "ledger")
    file.chmod(0o600)
    assert config._target().password == "hunter2"
    assert "hunter2" not in f"{config._target()!r} {config._target()}"
    file.write_text("\n", "utf-8")
    with pytest.raises(InvalidConfig, match="is empty"):
        config.build(tmp_path / "ledger")


def test_no_ledger_is_forgotten_by_changing_its_place(tmp_path: Path) -> None:
    (tmp_path / "ledger").write_bytes(b"")
    with pytest.raises(InvalidConfig, match="the ledger from before"):
        Config(URL).build(tmp_path / "ledger")
    (tmp_path / "ledger").rename(tmp_path / "ledger.known")
    file = msgspec.convert({"kind": "file"}, Ledgers)
    with pytest.raises(InvalidConfig, match="a database has the ledger"):
        file.within(tmp_path).build(tmp_path / "ledger")


def test_nobody_there_is_said_quickly_with_every_address(tmp_path: Path) -> None:
    config = Config("postgresql://bidder@127.0.0.1:1,127.0.0.1:2/ads", host="north")
    store = config.build(tmp_path / "ledger")
    with pytest.raises(Unavailable, match=r"127.0.0.1:1: .*; 127.0.0.1:2: .*"):
        list(store.replay())


async def test_tls_is_spoken_with_a_server_that_is_known(tmp_path: Path) -> None:
    with postgres_server() as server:
        key, certificate = server.folder / "server.key", server.folder / "server.crt"
        _certify(key, certificate)
        key.chmod(0o600)
        server.give_away(key)
        server.execute(
            f"ALTER SYSTEM SET ssl_cert_file = '{certificate}'",
            f"ALTER SYSTEM SET ssl_key_file = '{key}'",
            "ALTER SYSTEM SET ssl = on",
            "SELECT pg_reload_conf()",
        )
        log = PostgresLog(server, tmp_path)
        plain = log.config("north")
        believed = msgspec.structs.replace(plain, tls=True, ca_file=str(certificate))
        store = opened(log, "north")
        store._target = believed._target()
        await turn(store, ONE)
        assert await store._connection.fetchval(
            "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
        )
        close(store)
        strange = msgspec.structs.replace(plain, tls=True).build(tmp_path / "ledger")
        with pytest.raises(Unavailable, match="certificate verify failed"):
            list(strange.replay())
        assert contents(log) == [ONE]


def _certify(key: Path, certificate: Path) -> None:
    """Write a key, and a certificate of its own that says 127.0.0.1."""
    openssl = shutil.which("openssl")
    if openssl is None:
        missing("no openssl on this machine; Debian's package is `openssl`")
    subprocess.run(  # noqa: S603 - our own arguments
        [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)],
        check=True, capture_output=True,
    )  # fmt: skip
