"""A packed segment gives back every line, byte by byte, and learners read either."""

import json
import os
from io import BytesIO
from pathlib import Path
from stat import S_IMODE

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adserver.errors import InvalidConfig
from models.ctr import dataset
from models.events import Tally, lines, segments
from models.packing import closed, pack, unpacked
from tests.unit.models_ctr.world import Shown, shown, write_log

pytest.importorskip("pyarrow")

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
events = st.dictionaries(st.text(max_size=5) | st.sampled_from(["at", "bid", "a=b"]), values)
whole_lines = (events.map(lambda event: json.dumps(event).encode())) | st.binary(max_size=30).map(
    lambda raw: raw.replace(b"\n", b"")
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(whole_lines, max_size=12), st.binary(max_size=9))
def test_whatever_a_segment_holds_comes_back(
    tmp_path: Path, written: list[bytes], rest: bytes
) -> None:
    source = tmp_path / "events-1.jsonl"
    source.write_bytes(b"".join(line + b"\n" for line in written) + rest.replace(b"\n", b""))
    packed = pack(source, tmp_path / "packed")
    assert b"".join(unpacked(packed.target)) == source.read_bytes()
    assert packed.lines == len(BytesIO(source.read_bytes()).readlines())


def test_learners_read_packed_segments_as_they_read_plain_ones(tmp_path: Path) -> None:
    seen: list[Shown] = list(shown(300))
    write_log(tmp_path / "log", seen)
    for segment in segments(tmp_path / "log"):
        packed = pack(segment, tmp_path / "packed")
        assert packed.bytes_after < packed.bytes_before / 2
    plain, again = (
        dataset.read(tmp_path / folder, mature_s=0.0, on_progress=lambda *_: None)
        for folder in ("log", "packed")
    )
    assert again.at.tolist() == plain.at.tolist()
    assert again.clicked_at.tolist() == plain.clicked_at.tolist()
    assert again.words.tolist() == plain.words.tolist()
    assert again.tally == plain.tally


def test_a_packed_segment_beside_its_plain_one_counts_once(tmp_path: Path) -> None:
    write_log(tmp_path, list(shown(10)))
    for segment in segments(tmp_path):
        pack(segment, tmp_path)
    assert {each.suffix for each in segments(tmp_path)} == {".jsonl"}
    (tmp_path / "0.jsonl").unlink()
    assert [each.name for each in segments(tmp_path)] == ["0.parquet", "1.jsonl"]


def test_a_folder_of_packed_ones_below_the_log_is_not_read_besides(tmp_path: Path) -> None:
    write_log(tmp_path / "north", list(shown(10)))
    for segment in segments(tmp_path / "north"):
        pack(segment, tmp_path / "north" / "packed")
    for path in (tmp_path, tmp_path / "north"):
        assert [(each.parent.name, each.name) for each in segments(path)] == [
            ("north", "0.jsonl"),
            ("north", "1.jsonl"),
        ]
    (tmp_path / "north" / "0.jsonl").unlink()
    assert [each.name for each in segments(tmp_path)] == ["1.jsonl", "0.parquet"]


def test_a_packed_segment_of_another_server_counts_though_it_is_named_the_same(
    tmp_path: Path,
) -> None:
    write_log(tmp_path / "north", list(shown(10)))
    for segment in segments(tmp_path / "north"):
        pack(segment, tmp_path / "south")
    assert len(segments(tmp_path)) == 4


def test_what_is_packed_is_for_us_alone_and_on_the_disk_before_it_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "events-1.jsonl"
    source.write_bytes(b'{"n":1}\n')
    synced: list[tuple[int, bool]] = []
    target, sync = tmp_path / "packed" / "events-1.parquet", os.fsync

    def watched(file: int) -> None:
        synced.append((os.fstat(file).st_ino, target.exists()))
        sync(file)

    monkeypatch.setattr(os, "fsync", watched)
    assert pack(source, target.parent).target == target
    assert (S_IMODE(target.stat().st_mode), S_IMODE(target.parent.stat().st_mode)) == (0o600, 0o700)
    assert synced == [(target.stat().st_ino, False), (target.parent.stat().st_ino, True)]
    assert list(target.parent.iterdir()) == [target]


def test_a_line_that_is_too_long_is_read_in_the_same_pieces_from_either(tmp_path: Path) -> None:
    source = tmp_path / "events-1.jsonl"
    source.write_bytes(b'{"x":"%s"}\n{}\n{"torn' % (b"x" * 200_000))
    told, tallies = [], []
    for path in (source, pack(source, tmp_path / "packed").target):
        tallies.append(tally := Tally())
        told.append(list(lines(path, tally)))
    assert told[0] == told[1]
    assert told[0][-1] == b"{}\n"
    assert tallies == [Tally(lines=6, torn=4)] * 2


def test_the_last_segment_is_still_written_to(tmp_path: Path) -> None:
    for name in ("events-1", "events-2", "events-3"):
        (tmp_path / f"{name}.jsonl").write_text("{}\n")
    assert [each.stem for each in closed(tmp_path)] == ["events-1", "events-2"]
    assert closed(tmp_path / "nowhere") == []


def test_what_is_no_parquet_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_text("PAR1 and then nothing")
    with pytest.raises(InvalidConfig, match="cannot be read"):
        list(lines(tmp_path / "a.parquet", Tally()))
