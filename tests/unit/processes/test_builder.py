"""Campaigns as written -> the snapshot file that servers load."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from adapters.campaigns import snapshot_file
from adserver.bootstrap import places
from adserver.config import load_settings
from adserver.errors import InvalidConfig
from adserver.processes import builder
from tests.unit.commands import shop


def test_what_is_built_is_what_servers_load(tmp_path: Path) -> None:
    loaded = load_settings(shop.write(tmp_path))
    builder.prepare_state(loaded)
    catalog = builder.build(loaded)
    assert snapshot_file.read(places(loaded).snapshot) == catalog


def test_checking_keeps_nothing(tmp_path: Path) -> None:
    loaded = load_settings(shop.write(tmp_path))
    builder.check(loaded)
    assert not loaded.state.exists()


def test_broken_campaigns_leave_the_old_snapshot(tmp_path: Path) -> None:
    loaded = load_settings(shop.write(tmp_path))
    builder.prepare_state(loaded)
    builder.build(loaded)
    before = places(loaded).snapshot.read_bytes()
    (tmp_path / "campaigns" / "shop.yaml").write_text("advertiser: 5", encoding="utf-8")
    with pytest.raises(InvalidConfig):
        builder.build(loaded)
    assert places(loaded).snapshot.read_bytes() == before


def test_state_is_for_us_alone_and_keys_are_made_once(tmp_path: Path) -> None:
    loaded = load_settings(shop.write(tmp_path))
    builder.prepare_state(loaded)
    where = places(loaded)
    assert where.state.stat().st_mode & 0o777 == 0o700
    keys = [where.token_keys, where.person_key]
    first = [path.read_bytes() for path in keys]
    assert first[0] != first[1]
    assert all(path.stat().st_mode & 0o077 == 0 for path in keys)
    builder.prepare_state(loaded)
    assert [path.read_bytes() for path in keys] == first


def test_only_one_server_claims_a_state(tmp_path: Path) -> None:
    file = shop.write(tmp_path)
    loaded = load_settings(file)
    builder.prepare_state(loaded)
    rival = (
        "import sys\nfrom pathlib import Path\nfrom adserver.config import load_settings\n"
        "from adserver.processes.builder import claim_state, supervising\n"
        "loaded = load_settings(Path(sys.argv[1]))\nprint(supervising(loaded))\nclaim_state(loaded)"
    )
    command = [sys.executable, "-c", rival, str(file)]
    descriptor = builder.claim_state(loaded)
    try:
        refused = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own text
    finally:
        os.close(descriptor)
    assert refused.returncode == 1
    assert refused.stdout == f"{os.getpid()}\n"
    assert f"process {os.getpid()} serves from" in refused.stderr
    allowed = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own text
    assert (allowed.returncode, allowed.stdout) == (0, "None\n")


def test_a_state_on_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = load_settings(shop.write(tmp_path))
    builder.prepare_state(loaded)

    def refuse(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", refuse)
    with pytest.raises(InvalidConfig, match=r"supervisor\.pid: .*No space left.*free some"):
        builder.claim_state(loaded)
