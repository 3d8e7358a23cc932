"""Servers that share a real Redis know the same people; without it they bid without anybody."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.profiles.redis_profiles import Config
from adserver.domain.choices import Change
from adserver.domain.person import pseudonymiser
from adserver.endpoints.keys import load_keys
from tests.endpoints.catalogs import advertiser, banner, line_item, one_banner
from tests.endpoints.conftest import Make
from tests.endpoints.server import Server, wait
from tests.endpoints.wire import links, person, request
from tests.servers.redis import RedisServer, redis_server

PASSWORD = "a canary that sings in Redis"
PATIENT_MS = 500
"""On a machine that does much else, nobody is to be taken for unknown because of that."""


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    """Named before `make` it ends after the servers, which would complain."""
    with redis_server("--appendonly", "yes") as server:
        yield server


def profiles(redis: RedisServer, **more: object) -> dict[str, object]:
    """Return the settings of profiles."""
    return {
        "kind": "redis", "urls": [redis.url], "timeout_ms": PATIENT_MS,
        "connect_timeout_ms": PATIENT_MS, "open_ms": 100, **more,
    }  # fmt: skip


def bids(server: Server, name: str) -> bool:
    """Tell whether somebody is bid on, and prove that the answer is none but that or an honest no."""
    with server.client() as client:
        status = client.bid(request(**person(name))).status
    assert status in {200, 204}
    return status == 200


def test_a_frequency_cap_holds_over_two_servers_that_share_a_redis(
    redis: RedisServer, make: Make
) -> None:
    here = make(
        one_banner(frequency_caps=["1 per day"]), workers=1, profiles=profiles(redis)
    ).start()
    there = make(one_banner(frequency_caps=["1 per day"]), workers=1, profiles=profiles(redis))
    there.state.mkdir(mode=0o700)
    shutil.copy2(here.state / "person.key", there.state / "person.key")
    there.start()
    with here.client() as client:
        bid = client.bid(request(**person("ada"))).bid()
        assert bids(there, "ada")
        pixel, _ = links(bid)
        assert client.follow(pixel.removeprefix("https://ads.example")).status == 200
    wait(lambda: not bids(here, "ada"), 5.0)
    wait(lambda: not bids(there, "ada"), 5.0)
    assert bids(there, "grace")
    assert there.no_bids("frequency_cap") > 0


def test_loaded_audiences_choose_and_an_opt_out_ends_it_everywhere_at_once(
    redis: RedisServer, make: Make
) -> None:
    ads = [banner("tents-banner")]
    audience = {"targeting": {"audience": "cyclist"}}
    server = make(
        advertiser("tents", ads, [line_item("tents", ["tents-banner"], **audience)]),
        workers=1,
        profiles=profiles(redis),
        segments=[{"kind": "files", "paths": ["people.csv"]}],
    )
    (server.folder / "people.csv").write_text("id_kind,id,segments\nifa,ada-ifa,cyclist\n", "utf-8")
    server.start()
    loaded = server.command("segments")
    assert loaded.returncode == 0, loaded.stderr
    wait(lambda: bids(server, "ada"), 5.0)
    assert not bids(server, "grace")
    pseudonym = pseudonymiser(load_keys(server.state / "person.key")[0].secret)
    elsewhere = Config((redis.url,)).build_writer()
    elsewhere.choose([pseudonym("ifa", "ada-ifa")], Change("opt_out"), 1_800_000_000)
    assert not bids(server, "ada")
    elsewhere.close()


def test_while_redis_is_away_bids_go_on_without_people(redis: RedisServer, make: Make) -> None:
    ads = [banner("known"), banner("anybody")]
    capped = line_item("known", ["known"], frequency_caps=["50 per day"])
    anybody = line_item("anybody", ["anybody"], goal={"cpm": 500})
    server = make(
        advertiser("tents", ads, [capped, anybody]), workers=1, profiles=profiles(redis, timeout_ms=50)
    ).start()  # fmt: skip

    def chosen(name: str) -> str:
        with server.client() as client:
            return str(client.bid(request(**person(name))).bid()["crid"])

    wait(lambda: chosen("ada") == "known", 5.0)
    redis.freeze()
    assert [chosen(f"stranger-{number}") for number in range(12)] == ["anybody"] * 12
    assert server.total("adserver_profile_store_failures_total", why="late") >= 8
    assert server.total("adserver_profile_store_avoided_nodes") == 1
    redis.thaw()
    wait(lambda: chosen("grace") == "known", 5.0)
    redis.call("FLUSHALL")
    assert chosen("linus") == "anybody", "opt-outs are gone, so nobody is known to have none"
    assert server.total("adserver_profile_store_failures_total", why="lost") > 0


def test_a_server_starts_without_its_redis_and_finds_it_later(
    redis: RedisServer, make: Make
) -> None:
    redis.kill()
    server = make(
        one_banner(frequency_caps=["1 per day"]), workers=1, profiles=profiles(redis)
    ).start()
    assert not bids(server, "ada")
    assert len(server.events("profile_store_away")) == 1
    redis.start()
    wait(lambda: bids(server, "ada"), 10.0)
    server.stop("caps_closed")


def test_a_password_is_said_to_redis_and_to_nobody_else(make: Make, tmp_path: Path) -> None:
    with redis_server("--requirepass", PASSWORD) as redis:
        file = tmp_path / "redis.password"
        file.write_text(PASSWORD, "utf-8")
        file.chmod(0o600)
        server = make(
            one_banner(frequency_caps=["1 per day"]), workers=1,
            profiles=profiles(redis, password_file=str(file)),
        ).start()  # fmt: skip
        wait(lambda: bids(server, "ada"), 5.0)
        for words in (("check",), ("doctor",)):
            said = server.command(*words)
            assert PASSWORD not in said.stdout + said.stderr
        assert PASSWORD not in server.text()
        server.stop()
        file.write_text("another", "utf-8")
        server.start()
        assert not bids(server, "ada")
        assert server.events("profile_store_login")
        assert PASSWORD not in server.text()
        server.stop("profile_store_login", "caps_closed")
