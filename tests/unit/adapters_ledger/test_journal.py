"""What the journal does when the disk or the end of the file is not as it should be."""

import asyncio
import errno
import os
from pathlib import Path

import pytest

from adapters.ledger import journal
from adapters.ledger.journal import HEADER, Journal
from adserver.domain.entries import AnyEntry, Leased
from adserver.errors import InvalidConfig, Unavailable


async def written(path: Path, *batches: list[AnyEntry]) -> list[int]:
    """Write frames; return the file's size after each."""
    store = Journal(path)
    list(store.replay())
    sizes = []
    for batch in batches:
        store.append(batch)
        await store.commit()
        sizes.append(len(contents(path)))
    store.close()
    return sizes


def contents(path: Path) -> bytes:
    return path.read_bytes()


def beside(path: Path) -> list[Path]:
    return list(path.parent.glob("ledger.*"))


def read(path: Path) -> list[AnyEntry]:
    store = Journal(path)
    try:
        return list(store.replay())
    finally:
        store.close()


ONE: list[AnyEntry] = [Leased(1, 1), Leased(2, 2)]
TWO: list[AnyEntry] = [Leased(3, 3)]


async def test_a_frame_cut_anywhere_is_dropped_whole_and_kept_beside(tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    first, second = await written(path, ONE, TWO)
    whole = path.read_bytes()
    for size in range(first + 1, second):
        path.write_bytes(whole[:size])
        assert read(path) == ONE
        assert path.stat().st_size == first
        assert (tmp_path / f"ledger.torn-{first}").read_bytes() == whole[first:size]
    await written(path, TWO)
    assert read(path) == [*ONE, *TWO]


async def test_zeros_at_the_end_are_an_interrupted_write(tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    await written(path, ONE)
    with path.open("ab") as file:
        file.write(bytes(5_000))
    assert read(path) == ONE


async def test_a_damaged_middle_is_refused_with_place_and_advice(tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    first, _ = await written(path, ONE, TWO)
    whole = path.read_bytes()
    for at in range(len(HEADER), first):
        damaged = bytearray(whole)
        damaged[at] ^= 0x40
        path.write_bytes(damaged)
        with pytest.raises(InvalidConfig, match=f"ledger: byte {len(HEADER)}: .*backup"):
            read(path)
        assert path.read_bytes() == damaged, "nothing is touched"


def test_another_file_is_not_taken_for_a_ledger(tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    path.write_bytes(b"campaigns:\n")
    with pytest.raises(InvalidConfig, match="no ledger"):
        read(path)


def test_a_start_interrupted_within_the_header_begins_anew(tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    path.write_bytes(HEADER[:5])
    assert read(path) == []
    assert path.read_bytes() == HEADER


def test_two_owners_cannot_share_a_journal(tmp_path: Path) -> None:
    store = Journal(tmp_path / "ledger")
    with pytest.raises(Unavailable, match="cannot open the ledger"):
        Journal(tmp_path / "ledger")
    store.close()


async def test_full_disk_is_unavailable_and_the_next_commit_writes_it_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ledger"
    store = Journal(path)
    list(store.replay())
    whole, calls = os.pwrite, iter(range(9))

    def partly(file: int, data: bytes, offset: int) -> int:
        if next(calls):
            raise OSError(errno.ENOSPC, "no space left")
        return whole(file, data[:5], offset)

    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", partly)
        store.append(ONE)
        with pytest.raises(Unavailable, match="no space left"):
            await store.commit()
    assert path.read_bytes() == HEADER
    store.append(TWO)
    await store.commit()
    store.close()
    assert read(path) == [*ONE, *TWO]


async def test_a_file_that_failed_to_sync_is_never_synced_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was synced before moves to a fresh file; the second sync of the old one would mean nothing."""
    path = tmp_path / "ledger"
    store = Journal(path)
    list(store.replay())
    store.append(ONE)
    await store.commit()
    old = path.read_bytes()
    real, refused = os.fdatasync, list[int]()

    def refuse(file: int) -> None:
        refused.append(os.fstat(file).st_ino)
        raise OSError(errno.EIO, "input/output error")

    monkeypatch.setattr(os, "fdatasync", refuse)
    store.append(TWO)
    with pytest.raises(Unavailable, match="input/output error"):
        await store.commit()
    assert path.read_bytes() == old, "whoever starts now does not take the frame for durable"
    with pytest.raises(Unavailable, match="input/output error"):
        await store.commit()
    assert refused[0] != refused[1], "the second try is another file"
    monkeypatch.setattr(os, "fdatasync", real)
    await store.commit()
    assert path.stat().st_ino != refused[-1]
    store.close()
    assert read(path) == [*ONE, *TWO]
    assert beside(path) == []


async def test_moving_to_a_fresh_file_is_tried_until_there_is_space(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ledger"
    store = Journal(path)
    list(store.replay())
    store.append(ONE)
    await store.commit()

    def refuse(*_: object) -> int:
        raise OSError(errno.ENOSPC, "no space left")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fdatasync", refuse)
        store.append(TWO)
        with pytest.raises(Unavailable, match="no space"):
            await store.commit()
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", refuse)
        with pytest.raises(Unavailable, match=r"anew: .*no space"):
            await store.commit()
    assert beside(path) == []
    await store.commit()
    with pytest.raises(Unavailable, match="cannot open"):
        Journal(path)  # the fresh file is locked as the old one was
    store.close()
    assert read(path) == [*ONE, *TWO]


async def test_what_a_predecessor_wrote_and_did_not_sync_is_synced_before_it_is_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ledger"
    await written(path, ONE)
    synced: list[int] = []
    monkeypatch.setattr(os, "fdatasync", synced.append)
    store = Journal(path)
    assert list(store.replay()) == ONE
    assert len(synced) == 1
    store.close()


async def test_a_torn_end_is_cut_although_there_is_no_space_to_keep_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ledger"
    await written(path, ONE)
    with path.open("ab") as file:
        file.write(b"torn")

    def refuse(*_: object) -> int:
        raise OSError(errno.ENOSPC, "no space left")

    monkeypatch.setattr(Path, "write_bytes", refuse)
    assert read(path) == ONE
    assert beside(path) == []


async def test_waiting_callers_share_a_sync(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Journal(tmp_path / "ledger")
    list(store.replay())
    syncs: list[int] = []
    monkeypatch.setattr(os, "fdatasync", syncs.append)
    for number in range(100):
        store.append([Leased(number, 0)])
    await asyncio.gather(*(store.commit() for _ in range(100)))
    store.close()
    assert len(syncs) == 1


async def test_a_long_journal_is_compacted_and_the_old_one_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ledger"
    await written(path, ONE)
    monkeypatch.setattr(journal, "REWRITE_BYTES", 1)
    store = Journal(path)
    list(store.replay())
    old = path.read_bytes()
    store.compact(lambda: Leased(9, 9))
    store.append(TWO)
    await store.commit()
    store.close()
    assert read(path) == [Leased(9, 9), *TWO]
    (kept,) = beside(path)
    assert contents(kept) == old


async def test_compacting_without_space_leaves_all_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ledger"
    await written(path, ONE)
    monkeypatch.setattr(journal, "REWRITE_BYTES", 1)
    store = Journal(path)
    list(store.replay())

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, "no space left")

    with monkeypatch.context() as patch:
        patch.setattr(os, "link", refuse)
        with pytest.raises(Unavailable, match="no space"):
            store.compact(lambda: Leased(9, 9))
    store.append(TWO)
    await store.commit()
    store.close()
    assert read(path) == [*ONE, *TWO]
    assert beside(path) == []
