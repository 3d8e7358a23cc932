"""Audience files: CSV, Adobe's format, and either of them packed."""

import gzip

from adapters.dmp.segment_files import SegmentFiles
from adapters.rows import MAX_ID_LENGTH, MAX_SEGMENTS
from adserver.errors import InvalidConfig
from tests.fuzz.target import Target, corpus, scratch

_folder = scratch()
_FILES = tuple(
    _folder / name
    for name in ("people.csv", "people.csv.gz", "ftp_dpm_20914_1445374061.overwrite", "ftp_dpm_20915_1445374061.sync.gz")
)  # fmt: skip


def check(data: bytes) -> None:
    """People whose ids and segments are within bounds, rows skipped and named, or `InvalidConfig`."""
    if not data:
        return
    file = _FILES[data[0] % len(_FILES)]
    file.write_bytes(data[1:])
    loader = SegmentFiles([file])
    try:
        people = loader.people()
    except InvalidConfig as refusal:
        assert refusal.faults
        return
    assert loader.skipped >= len(loader.faults)
    for _, identifier, names in people:
        assert 0 < len(identifier) <= MAX_ID_LENGTH
        assert len(names) == len(set(names))
        assert len(names) <= MAX_SEGMENTS * data.count(b"\n") + MAX_SEGMENTS


def seeds() -> list[bytes]:
    """Return files of all four kinds."""
    rows = b'id_kind,id,segments\nifa,AB-1,a|b:c\nbuyeruid,"x,y",\nuser,z,1|2|3\n'
    adobe = b"AB-1\td_sid=1,ic=xy,d_unsid=3\nAB-2\tic=a_b\n"
    found = [
        b"\x00" + rows, b"\x01" + gzip.compress(rows, mtime=0), b"\x02" + adobe,
        b"\x03" + gzip.compress(adobe, mtime=0),
    ]  # fmt: skip
    return found + [b"\x02" + each for each in corpus("dmp/adobe")]


TARGET = Target(check, seeds)
