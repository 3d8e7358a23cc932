"""The file of secrets: drawn, replaced, overwritten, and seen at once."""

import os
from pathlib import Path

import pytest

from adapters.profiles.lmdb_store.group_keys import (
    EMPTY,
    GROUPS,
    SIZE_BYTES,
    GroupKeys,
    GroupKeyWriter,
    group_of,
)

ADA = b"\x12\x34" + bytes(14)
LAST = b"\xff" * 16


def test_every_group_has_a_secret_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "people.keys"
    writer = GroupKeyWriter(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.stat().st_size == SIZE_BYTES
    everybody = [group.to_bytes(2, "big") + bytes(14) for group in range(GROUPS)]
    assert len({writer.secret(person, 0) for person in everybody}) == GROUPS
    assert {writer.secret(person, 1) for person in everybody} == {EMPTY}
    assert {writer.current(group_of(person)) for person in everybody} == {0}
    writer.close()


def test_a_renewed_secret_seals_and_the_old_one_reads_until_it_is_destroyed(tmp_path: Path) -> None:
    path = tmp_path / "people.keys"
    writer, reader = GroupKeyWriter(path), GroupKeys(path)
    old, untouched = reader.secret(ADA, 0), reader.secret(LAST, 0)
    group = group_of(ADA)
    assert not writer.has_old(group)
    with writer.alone():
        writer.renew([group])
        assert writer.has_old(group)
        assert writer.current(group) == 1
        new = reader.secret(ADA, 1)
        assert (reader.secret(ADA, 0), len(set(new)) > 8) == (old, True)
        writer.destroy_old([group])
    assert not writer.has_old(group)
    assert (reader.secret(ADA, 0), reader.secret(ADA, 1)) == (EMPTY, new)
    assert reader.secret(LAST, 0) == untouched
    assert old not in path.read_bytes()
    writer.renew([group])
    assert (writer.current(group), reader.secret(ADA, 1)) == (0, new)
    reader.close()
    writer.close()
    again = GroupKeyWriter(path)
    assert again.current(group) == 0
    again.close()


def test_a_file_that_is_not_whole_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "people.keys"
    path.write_bytes(bytes(100))
    with pytest.raises(OSError, match="4259840 bytes"):
        GroupKeys(path)
    with pytest.raises(FileNotFoundError):
        GroupKeys(tmp_path / "none")


def test_two_who_make_the_file_at_once_go_by_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "people.keys"
    sooner: list[bytes] = []
    link = os.link

    def raced(source: Path, target: Path) -> None:
        if not sooner:
            sooner.append(Path(source).read_bytes())
            target.write_bytes(sooner[0])
        link(source, target)

    monkeypatch.setattr(os, "link", raced)
    writer = GroupKeyWriter(path)
    assert writer.secret(LAST, 0) == sooner[0][-GROUPS - 64 : -GROUPS - 32]
    writer.close()
