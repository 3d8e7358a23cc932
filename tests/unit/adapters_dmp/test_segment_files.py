"""Audience files as providers deliver them, with the mistakes that providers make."""

import gzip
from pathlib import Path

import pytest

from adapters.dmp.segment_files import Config, SegmentFiles
from adserver.errors import InvalidConfig

HEAD = b"id_kind,id,segments\n"


def load(path: Path, content: bytes, **kinds: str) -> SegmentFiles:
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return SegmentFiles([path], kinds)


def rows_at_fault(loader: SegmentFiles) -> list[int]:
    return [int(fault.file.rpartition(":")[2]) for fault in loader.faults]


@pytest.mark.parametrize("name", ["people.csv", "people.csv.gz"])
def test_each_row_is_a_person_with_segments(tmp_path: Path, name: str) -> None:
    content = HEAD + b'buyeruid,person-1,camera-intent|travel\r\nifa,AB-1,\nuser,"a,b",x\n\n'
    loader = load(tmp_path / name, content)
    assert loader.people() == [
        ("buyeruid", "person-1", ("camera-intent", "travel")),
        ("ifa", "ab-1", ()),
        ("user", "a,b", ("x",)),
    ]
    assert loader.skipped == 0


def test_a_person_in_several_rows_and_files_is_in_all_their_segments(tmp_path: Path) -> None:
    one, two = tmp_path / "one.csv", tmp_path / "two.csv"
    one.write_bytes(HEAD + b"user,1,a|b\nuser,1,b|c\n")
    two.write_bytes(b"\xef\xbb\xbf" + HEAD + b"user,1,d\n")
    assert Config((str(one), str(two))).build().people() == [("user", "1", ("a", "b", "c", "d"))]


def test_bad_rows_are_skipped_and_told_by_number(tmp_path: Path) -> None:
    bad = [
        b"user,1",
        b"user,1,a,b",
        b"User,1,a",
        b"user,,a",
        b"user,1\x01,a",
        b"user,1,a b",
        b"user,1,a||b",
        b'user,"1,a',
        b"user,\xff,a",
        b"user," + b"1" * 300 + b",a",
        b"user,1," + b"|".join(b"s%d" % number for number in range(1_001)),
        b"user,1," + b"a" * 70_000,
        b"\0" * 200_000,
    ]
    loader = load(tmp_path / "people.csv", HEAD + b"\n".join(bad) + b"\nuser,good,a\n")
    assert loader.people() == [("user", "good", ("a",))]
    assert rows_at_fault(loader) == list(range(2, 2 + len(bad)))
    assert loader.skipped == len(bad)
    assert "'a b' is no name of a segment" in loader.faults[5].message


def test_a_file_of_bad_rows_only_is_refused_with_each_of_them(tmp_path: Path) -> None:
    loader = load(tmp_path / "people.csv", HEAD + b"nonsense\nmore nonsense\n")
    with pytest.raises(InvalidConfig) as refused:
        loader.people()
    assert [fault.file[-1] for fault in refused.value.faults] == ["2", "3"]


def test_an_audience_of_nobody_is_an_audience(tmp_path: Path) -> None:
    assert load(tmp_path / "people.csv", HEAD).people() == []


def test_of_very_many_bad_rows_only_the_first_thousand_are_told(tmp_path: Path) -> None:
    loader = load(tmp_path / "people.csv", HEAD + b"user,1,a\n" + b"x\n" * 1_500)
    loader.people()
    assert (loader.skipped, len(loader.faults)) == (1_500, 1_000)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("people.csv", b"id,segments\n1,a\n", "first line must be id_kind,id,segments"),
        ("people.csv.gz", b"this is not gzip", "cannot be read to its end"),
        (
            "people.csv.gz",
            gzip.compress(HEAD + b"user,1,a\n" * 99, mtime=0)[:-9],
            "cannot be read to its end",
        ),
        ("ftp_dpm_77_1445374061.sync", b"1\td_sid=1\n", "adobe_kinds"),
    ],
)
def test_a_file_that_cannot_be_read_to_its_end_is_refused(
    tmp_path: Path, name: str, content: bytes, words: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InvalidConfig, match=words):
        SegmentFiles([tmp_path / name]).people()


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfig, match="No such file"):
        SegmentFiles([tmp_path / "none.csv"]).people()


def test_adobe_traits_become_segments(tmp_path: Path) -> None:
    content = b"AA-1\td_sid=11,d_sid=12\r\nAA-2\tic=code7,\r\nAA-1\td_unsid=11,d_sid=13\r\n\r\n"
    loader = load(tmp_path / "ftp_dpm_20915_99_1445374061.sync.1.gz", content)
    assert loader.people() == [
        ("ifa", "aa-1", ("aam:12", "aam:13")),
        ("ifa", "aa-2", ("aam:code7",)),
    ]


def test_an_adobe_overwrite_voids_what_was_said_before(tmp_path: Path) -> None:
    earlier, later = (
        tmp_path / f"ftp_dpm_77_{stamp}.{mode}"
        for stamp, mode in (("1445374061", "sync"), ("1445374062", "overwrite"))
    )
    earlier.write_bytes(b"x\td_sid=1\ny\td_sid=1")
    later.write_bytes(b"x\td_sid=2,d_unsid=2\n")
    people = SegmentFiles([earlier, later], {"77": "buyeruid"}).people()
    assert people == [("buyeruid", "x", ("aam:2",)), ("buyeruid", "y", ("aam:1",))]


def test_adobe_signals_and_other_columns_are_bad_rows(tmp_path: Path) -> None:
    content = b'1\t"plan"="123","x"="y",\nidfa\tB56E\t38838\nno tab\n2\td_sid=4\n'
    loader = load(tmp_path / "ftp_dpm_77_1445374061.overwrite", content, **{"77": "user"})
    assert loader.people() == [("user", "2", ("aam:4",))]
    assert rows_at_fault(loader) == [1, 2, 3]
