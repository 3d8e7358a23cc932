"""Lists of networks and their copies: what was good once goes on, and nothing else stands in."""

from pathlib import Path

import pytest

from adapters import registry
from adapters.context import cidr_files, maxmind
from adserver.domain.networks import packed
from adserver.errors import InvalidConfig
from adserver.settings import network_lists
from tests.corpus.corpus import corpus

ONE = cidr_files.Config("one", ("one.txt",))
TWO = cidr_files.Config("two", ("two-a.txt", "two-b.txt"))
INSIDE, BESIDE, ELSEWHERE = "192.0.2.9", "198.51.100.9", "203.0.113.9"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "one.txt").write_text("192.0.2.0/24\n")
    (tmp_path / "two-a.txt").write_text(
        "\N{BYTE ORDER MARK}192.0.2.0/24", "utf-8"
    )  # no end of its line
    (tmp_path / "two-b.txt").write_text("\N{BYTE ORDER MARK}198.51.100.0/24\n", "utf-8")
    return tmp_path


def find(folder: Path, *configured: registry.Networks) -> network_lists.Found:
    return network_lists.find(configured, folder, folder / "kept")


def keep(folder: Path, each: registry.Networks) -> None:
    network_lists.keep(each, folder, folder / "kept")


def has(found: network_lists.Found, *addresses: str) -> list[bool]:
    (listed,) = found.lists
    return [(packed(address) or b"") in listed.networks for address in addresses]


def test_all_faults_of_all_lists_without_copies_are_told_at_once(folder: Path) -> None:
    (folder / "one.txt").write_text("nonsense\n")
    found = find(folder, ONE, maxmind.Config("three", "three.mmdb"), TWO)
    assert [each.name for each in found.lists] == ["two"]
    with pytest.raises(InvalidConfig) as caught:
        found.must_be_there()
    assert [Path(each.file).name for each in caught.value.faults] == ["one.txt:1", "three.mmdb"]


@pytest.mark.parametrize("damage", ["nonsense\n", "", None])
def test_the_last_good_copy_stands_in_for_a_damaged_list(folder: Path, damage: str | None) -> None:
    keep(folder, TWO)
    file = folder / "two-b.txt"
    if damage is None:
        file.unlink()
    else:
        file.write_text(damage)
    found = find(folder, TWO)
    assert has(found, INSIDE, BESIDE, ELSEWHERE) == [True, True, False]
    assert found.refused.keys() == {"two"}
    assert not found.lost
    found.must_be_there()


def test_a_copy_of_a_database_stands_in_for_it(folder: Path) -> None:
    whole = corpus("device/mmdb/GeoIP2-Anonymous-IP-Test.mmdb").read_bytes()
    listed = maxmind.Config("three", "three.mmdb")
    (folder / "three.mmdb").write_bytes(whole)
    keep(folder, listed)
    (folder / "three.mmdb").write_bytes(whole[: len(whole) // 2])
    found = find(folder, listed)
    assert found.refused.keys() == {"three"}
    assert has(found, "71.160.223.7", ELSEWHERE) == [True, False]


def test_a_good_list_is_used_itself_and_a_copy_of_it_replaces_the_one_before(folder: Path) -> None:
    keep(folder, ONE)
    (folder / "one.txt").write_text("198.51.100.0/24\n")
    assert has(find(folder, ONE), INSIDE, BESIDE) == [False, True]
    keep(folder, ONE)
    (folder / "one.txt").unlink()
    assert has(find(folder, ONE), INSIDE, BESIDE) == [False, True]
    assert [path.name for path in (folder / "kept").iterdir()] == ["one.cidr"]


def test_what_changed_for_the_worse_meanwhile_replaces_no_copy(folder: Path) -> None:
    keep(folder, ONE)
    (folder / "one.txt").write_text("nonsense\n")
    with pytest.raises(InvalidConfig, match="changed while read"):
        keep(folder, ONE)
    assert has(find(folder, ONE), INSIDE) == [True]
    assert [path.name for path in (folder / "kept").iterdir()] == ["one.cidr"]


def test_a_copy_of_another_kind_stands_in_for_nothing(folder: Path) -> None:
    keep(folder, ONE)
    found = find(folder, maxmind.Config("one", "one.mmdb"))
    assert found.lost == {"one"}
    assert found.lists == ()
