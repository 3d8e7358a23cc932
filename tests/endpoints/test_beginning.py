"""What keeps a server from starting is told with what to mend; what need not, does not."""

import json
import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from models.registry.roles import Roles
from models.registry.state import change
from tests.endpoints.catalogs import one_banner
from tests.endpoints.conftest import Make
from tests.endpoints.server import Server
from tests.endpoints.wire import request


def bids(server: Server) -> bool:
    """Tell whether a running server bids."""
    with server.client() as client:
        return client.bid(request()).status == 200


@pytest.mark.parametrize(
    ("setting", "offset"), [("port", 0), ("private_port", 1), ("private_port", 2)]
)
def test_a_port_in_use_is_named(make: Make, setting: str, offset: int) -> None:
    server = make(one_banner())
    with socket.create_server(("127.0.0.1", server.port + offset)):
        said = server.fails()
    assert f"$.http.{setting}" in said
    assert str(server.port + offset) in said
    assert "in use" in said
    server.start()


def test_a_second_server_on_the_same_state_is_refused_and_the_first_goes_on(make: Make) -> None:
    first = make(one_banner()).start()
    second = make(one_banner(), state_folder=str(first.state))
    said = second.fails()
    assert "$.state_folder" in said
    assert str(first.pid()) in said
    assert bids(first)
    assert first.command("reload").returncode == 0
    first.stop()
    nobody = first.command("reload")
    assert nobody.returncode == 2
    assert "no server runs" in nobody.stderr


def test_a_missing_settings_file_is_told(make: Make) -> None:
    server = make(one_banner())
    server.settings_file.unlink()
    assert "server.yaml" in (said := server.fails())
    assert "does not exist" in said


def test_every_unknown_setting_is_met_with_a_guess(make: Make) -> None:
    server = make(one_banner(), exchanges=[{"name": "open", "network_margin": 5}])
    said = server.fails()
    assert "$.exchanges[0]" in said
    assert "did you mean 'network_margin_ms'?" in said


@pytest.mark.parametrize(
    ("settings", "path"),
    [
        ({"workers": 0}, "$.workers"),
        ({"exchanges": [{"name": "Open"}]}, "$.exchanges[0].name"),
        ({"exchanges": [{"name": "a", "currencies": ["XAU"]}]}, "$.exchanges[0].currencies"),
        ({"rates": {"EUR": 0}}, "$.rates.EUR"),
        ({"campaigns": {"kind": "yaml", "path": "nowhere"}}, "nowhere"),
    ],
)
def test_a_setting_that_cannot_be_is_named(
    make: Make, settings: dict[str, object], path: str
) -> None:
    assert path in make(one_banner(), **settings).fails()


def break_(server: Server) -> None:
    """Put two faults into the campaigns."""
    file = server.folder / "campaigns" / "tents.yaml"
    text = file.read_text(encoding="utf-8").replace("asap", "asep").replace('"UTC"', '"UTD"')
    file.write_text(text, encoding="utf-8")


def test_a_broken_catalog_at_the_first_start_is_told_with_all_faults(make: Make) -> None:
    server = make(one_banner())
    break_(server)
    said = server.fails()
    assert "2 faults" in said
    assert "asep" in said
    assert "UTD" in said


def test_a_broken_catalog_later_leaves_the_last_good_one_in_force(make: Make) -> None:
    server = make(one_banner()).start()
    server.stop()
    break_(server)
    server.start()
    assert bids(server)
    assert "asep" in server.events("campaigns_refused")[0]["error"]
    server.stop("campaigns_refused")


def test_a_damaged_snapshot_is_built_anew(make: Make) -> None:
    server = make(one_banner()).start()
    server.stop()
    snapshot = server.state / "snapshot.bin"
    snapshot.write_bytes(snapshot.read_bytes()[:-10] + b"0123456789")
    assert bids(server.start())
    server.stop()
    snapshot.write_bytes(b"x")
    break_(server)  # now there is nothing to build it from
    said = server.fails()
    assert "snapshot.bin" in said
    assert "asep" in said


def _pointing_nowhere(models: Path) -> None:
    change(models, "click", lambda _: Roles(champion="20260101T000000Z-0123456789abcdef"))


def _of_nonsense(models: Path) -> None:
    version = models / "20260101T000000Z-0123456789abcdef"
    version.mkdir()
    (version / "manifest.json").write_text("{", encoding="utf-8")
    (version / "model.txt").write_text("tree", encoding="utf-8")
    (models / "current").write_text(f"{version.name}\n", encoding="utf-8")


@pytest.mark.parametrize("damage", [_pointing_nowhere, _of_nonsense])
def test_with_a_damaged_model_the_constant_serves(
    make: Make, damage: Callable[[Path], None]
) -> None:
    server = make(one_banner()).start()
    server.stop()
    damage(server.state / "models")
    server.start()
    assert bids(server)
    walk = server.private("POST", "/explain", json.dumps(request()).encode()).json()
    assert walk["model"] == "constant"
    refused = server.events("model_refused")
    assert len(refused) == server.workers
    assert "a constant click rate serves instead" in refused[0]["problem"]
    server.stop("model_refused")


@pytest.mark.parametrize("name", ["token.keys", "person.key"])
def test_a_key_file_that_others_may_read_is_refused(make: Make, name: str) -> None:
    server = make(one_banner()).start()
    server.stop()
    keys = server.state / name
    keys.chmod(0o644)
    said = server.fails()
    assert name in said
    assert "chmod 600" in said
    keys.chmod(0o600)
    assert bids(server.start())


def test_the_state_is_for_its_owner_only(make: Make) -> None:
    server = make(one_banner()).start()
    assert server.state.stat().st_mode & 0o077 == 0


def test_a_start_takes_seconds_at_most_and_ctrl_c_ends_it_well(make: Make) -> None:
    server = make(one_banner()).start()
    os.kill(server.pid(), 2)
    server.stop()
