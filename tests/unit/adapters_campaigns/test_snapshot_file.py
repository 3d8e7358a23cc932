"""The compiled catalog: read back as written, refused when it is anything else."""

import time
from pathlib import Path
from timeit import repeat

import msgspec
import pytest

from adapters.campaigns import snapshot_file
from adapters.campaigns.yaml_folder import YamlFolder
from adserver.domain.campaign import Catalog
from adserver.errors import InvalidConfig

ROOT = Path(__file__).parents[3]
GOOD = ROOT / "tests/cases/catalogs/good/one-of-everything"


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return YamlFolder(GOOD).load()


@pytest.fixture
def written(tmp_path: Path, catalog: Catalog) -> Path:
    path = tmp_path / "catalog.snapshot"
    snapshot_file.write(path, catalog)
    return path


def test_what_is_read_is_what_was_written(written: Path, catalog: Catalog) -> None:
    assert snapshot_file.read(written) == catalog


def test_writing_replaces_the_file_and_leaves_nothing_else(written: Path) -> None:
    snapshot_file.write(written, Catalog(currency="EUR"))
    assert snapshot_file.read(written).currency == "EUR"
    assert list(written.parent.iterdir()) == [written]


@pytest.mark.parametrize("at", [0, 4, 9, 20, 60, -1])
def test_one_changed_byte_is_noticed(written: Path, at: int) -> None:
    data = bytearray(written.read_bytes())
    data[at] ^= 0x20
    written.write_bytes(data)
    with pytest.raises(InvalidConfig, match="adserver check"):
        snapshot_file.read(written)


@pytest.mark.parametrize("size", [0, 5, 8, 10, 41, 42, 100])
def test_a_file_cut_short_is_noticed(written: Path, size: int) -> None:
    written.write_bytes(written.read_bytes()[:size])
    with pytest.raises(InvalidConfig, match="adserver check"):
        snapshot_file.read(written)


def test_a_whole_file_of_other_structs_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot_file, "_encoder", msgspec.json.Encoder())
    path = tmp_path / "catalog.snapshot"
    snapshot_file.write(path, Catalog())
    with pytest.raises(InvalidConfig, match="does not hold a catalog of this build"):
        snapshot_file.read(path)


def test_an_older_version_says_so(written: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot_file, "VERSION", 2)
    with pytest.raises(InvalidConfig, match="has version 1, this server reads 2"):
        snapshot_file.read(written)


def test_a_missing_file_and_a_missing_folder_say_so(tmp_path: Path, catalog: Catalog) -> None:
    with pytest.raises(InvalidConfig, match="cannot be read: No such file"):
        snapshot_file.read(tmp_path / "none")
    with pytest.raises(InvalidConfig, match="cannot be written: No such file"):
        snapshot_file.write(tmp_path / "none" / "catalog", catalog)


def test_a_write_that_fails_leaves_the_old_file(written: Path, catalog: Catalog) -> None:
    blocked = written.parent / "folder"
    blocked.mkdir()
    with pytest.raises(InvalidConfig, match="cannot be written"):
        snapshot_file.write(blocked, catalog)
    assert snapshot_file.read(written) == catalog
    assert sorted(written.parent.iterdir()) == [written, blocked]


def test_ten_thousand_line_items_are_read_well_within_a_second(
    tmp_path: Path, catalog: Catalog
) -> None:
    replace = msgspec.structs.replace
    advertiser = catalog.advertisers[0]
    campaign = advertiser.campaigns[0]
    order = campaign.insertion_orders[0]
    items = tuple(replace(order.line_items[0], id=f"item-{n}") for n in range(10_000))
    order = replace(order, line_items=items)
    campaign = replace(campaign, insertion_orders=(order,))
    large = Catalog((replace(advertiser, campaigns=(campaign,)),))
    path = tmp_path / "catalog.snapshot"
    snapshot_file.write(path, large)
    read = snapshot_file.read(path)
    assert len(read.advertisers[0].campaigns[0].insertion_orders[0].line_items) == 10_000
    took = repeat(lambda: snapshot_file.read(path), number=1, repeat=3, timer=time.process_time)
    assert min(took) < 0.5
