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


async def test_after_a_failed_sync_nothing_is_promised_any_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Journal(tmp_path / "ledger")
    list(store.replay())

    def refuse(_: int) -> None:
        raise OSError(errno.EIO, "input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fdatasync", refuse)
        store.append(ONE)
        with pytest.raises(Unavailable, match="restart the owner"):
            await store.commit()
    with pytest.raises(Unavailable, match="restart the owner"):
        await store.commit()
    store.close()


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
