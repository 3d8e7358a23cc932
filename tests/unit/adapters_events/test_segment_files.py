"""Segments: closed by size and time, readable while written, honest about torn lines."""

import errno
import os
import re
import time
from pathlib import Path

import pytest

from adapters.events.segment_files import SegmentFiles, read_events
from adserver.errors import Unavailable


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_segments_are_closed_by_size_and_carry_their_time(tmp_path: Path) -> None:
    store = SegmentFiles(tmp_path, segment_bytes=20)
    for n in range(6):
        store.append(b'{"n":%d,"x":12}\n' % n)
    store.close()
    assert len(names(tmp_path)) == 3
    assert all(re.fullmatch(r"events-\d{8}T\d{6}Z-\d{6}\.jsonl", name) for name in names(tmp_path))
    assert [event["n"] for event in read_events(tmp_path)] == list(range(6))


def test_segments_are_closed_by_time(tmp_path: Path) -> None:
    store = SegmentFiles(tmp_path, segment_s=0.0)
    store.append(b"{}\n")
    store.append(b"{}\n")
    store.close()
    assert len(names(tmp_path)) == 2


def test_a_restart_never_continues_a_segment(tmp_path: Path) -> None:
    for n in range(3):
        store = SegmentFiles(tmp_path)
        store.append(b'{"n":%d}\n' % n)
        store.close()
    assert len(names(tmp_path)) == 3
    assert [event["n"] for event in read_events(tmp_path)] == [0, 1, 2]


def test_torn_last_line_is_left_out_and_counted(tmp_path: Path) -> None:
    (tmp_path / "events-20260101T000000Z-000001.jsonl").write_bytes(b'{"n":1}\n{"n":2')
    (tmp_path / "events-20260101T000001Z-000001.jsonl").write_bytes(b'{"n":3}\n')
    events = read_events(tmp_path)
    assert [event["n"] for event in events] == [1, 3]
    assert events.torn == 1


def test_damage_is_named_with_file_and_line(tmp_path: Path) -> None:
    name = "events-20260101T000000Z-000001.jsonl"
    (tmp_path / name).write_bytes(b'{"n":1}\nnonsense\n')
    with pytest.raises(ValueError, match=f"{name}, line 2"):
        list(read_events(tmp_path))


def test_full_disk_leaves_no_half_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = SegmentFiles(tmp_path)
    store.append(b'{"n":1}\n')
    whole, calls = os.write, iter(range(9))

    def partly(file: int, data: bytes) -> int:
        if next(calls) % 2:
            raise OSError(errno.ENOSPC, "no space left")
        return whole(file, data[:4])

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", partly)
        with pytest.raises(Unavailable, match="no space left"):
            store.append(b'{"n":2}\n')
    store.append(b'{"n":3}\n')
    assert [event["n"] for event in read_events(tmp_path)] == [1, 3]


def test_a_torn_line_that_cannot_be_cut_off_ends_its_segment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = SegmentFiles(tmp_path)
    store.append(b'{"n":1}\n')
    whole, calls = os.write, iter(range(9))

    def partly(file: int, data: bytes) -> int:
        if next(calls):
            raise OSError(errno.ENOSPC, "no space left")
        return whole(file, data[:4])

    def refuse(_file: int, _size: int) -> None:
        raise OSError(errno.EIO, "input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", partly)
        patch.setattr(os, "ftruncate", refuse)
        with pytest.raises(Unavailable):
            store.append(b'{"n":2}\n')
    store.append(b'{"n":3}\n')
    events = read_events(tmp_path)
    assert [event["n"] for event in events] == [1, 3]
    assert events.torn == 1


def test_names_go_on_in_the_order_of_writing_when_the_clock_is_set_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now_s = 1_790_000_000.0
    monkeypatch.setattr(time, "time", lambda: now_s)
    for number in range(4):
        store = SegmentFiles(tmp_path, segment_bytes=1)
        store.append(b'{"n":%d}\n' % (2 * number))
        now_s += 60 if number else -86_400  # back by a day, then on
        store.append(b'{"n":%d}\n' % (2 * number + 1))
        store.close()
    assert [event["n"] for event in read_events(tmp_path)] == list(range(8))


def test_after_a_restart_with_the_clock_set_back_the_open_segment_is_the_last_though_others_are_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else it would be taken for closed: packed unfinished, and never again."""
    now_s = 1_790_000_000.0
    monkeypatch.setattr(time, "time", lambda: now_s)
    store = SegmentFiles(tmp_path, segment_bytes=1)
    for _ in range(3):
        store.append(b"{}\n")
    store.close()
    for packed in names(tmp_path)[:-1]:
        (tmp_path / packed).unlink()
    before = names(tmp_path)
    now_s -= 86_400
    store = SegmentFiles(tmp_path)
    store.append(b"{}\n")
    assert names(tmp_path)[:-1] == before
    store.close()
