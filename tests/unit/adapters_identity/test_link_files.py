"""Pairs of ids: what somebody wrote down becomes a link, and nothing else does."""

import gzip
from pathlib import Path

import pytest

from adapters.identity.link_files import MAX_IDS_PER_PERSON, LinkFiles
from adserver.errors import InvalidConfig

HEAD = b"person_kind,person_id,id_kind,id\n"


def load(path: Path, content: bytes) -> LinkFiles:
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return LinkFiles([path])


@pytest.mark.parametrize("name", ["links.csv", "links.csv.gz"])
def test_each_row_makes_the_second_id_one_of_the_firsts_person(tmp_path: Path, name: str) -> None:
    rows = b"buyeruid,b,ifa,AB-1\nbuyeruid,b,eid:id5-sync.com,five\n\nemail,0a,user,u\nemail,0a,user,u\n"
    assert load(tmp_path / name, HEAD + rows).pairs() == [
        (("buyeruid", "b"), ("ifa", "ab-1")),
        (("buyeruid", "b"), ("eid:id5-sync.com", "five")),
        (("email", "0a"), ("user", "u")),
    ]


def test_chains_are_followed_to_the_person_at_their_end(tmp_path: Path) -> None:
    rows = b"user,2,ifa,1\nbuyeruid,3,user,2\nemail,4,buyeruid,3\n"
    pairs = load(tmp_path / "links.csv", HEAD + rows).pairs()
    assert {person for person, _ in pairs} == {("email", "4")}
    assert len(pairs) == 3


def test_what_contradicts_an_earlier_row_is_a_bad_row(tmp_path: Path) -> None:
    rows = b"user,a,ifa,1\nuser,b,ifa,1\nifa,1,user,a\nuser,x,user,x\nbad,1\nuser,a,IFA,1\nuser,a,ifa,\n"
    loader = load(tmp_path / "links.csv", HEAD + rows)
    assert loader.pairs() == [(("user", "a"), ("ifa", "1"))]
    assert loader.skipped == 6
    said = [fault.message for fault in loader.faults]
    assert "another person's" in said[0]
    assert "leads back" in said[1]
    assert "leads back" in said[2]


def test_nobody_has_more_ids_than_a_person_can_have(tmp_path: Path) -> None:
    """Otherwise one shared id would make one person of a town."""
    rows = b"".join(b"user,shared,ifa,%d\n" % n for n in range(300))
    loader = load(tmp_path / "links.csv", HEAD + rows)
    assert len(loader.pairs()) == MAX_IDS_PER_PERSON - 1
    chain = b"".join(b"ifa,%d,ifa,%d\n" % (n + 1, n) for n in range(300))
    assert load(tmp_path / "chain.csv", HEAD + chain).pairs()
    joined = b"ifa,b,ifa,a\n" + b"".join(b"ifa,a,ifa,%d\n" % n for n in range(300))
    loader = load(tmp_path / "joined.csv", HEAD + joined)
    assert len(loader.pairs()) == MAX_IDS_PER_PERSON - 1


def test_a_bad_row_never_repeats_an_id(tmp_path: Path) -> None:
    rows = b"user,a,ifa,secret-1\x01\nuser,secret-2\x02,ifa,1\nuser,a,ifa,secret-3,b\nuser,a,ifa,1\nuser,secret-4,ifa,1\n"
    loader = load(tmp_path / "links.csv", HEAD + rows)
    loader.pairs()
    assert loader.skipped == 4
    assert "secret" not in "".join(map(str, loader.faults))


@pytest.mark.parametrize("content", [b"", b"user,2,ifa,1\n", HEAD + b"nonsense\n", b"\xff\xfe"])
def test_a_file_without_header_or_good_row_is_refused_or_empty(
    tmp_path: Path, content: bytes
) -> None:
    loader = load(tmp_path / "links.csv", content)
    if not content:
        assert loader.pairs() == []
        return
    with pytest.raises(InvalidConfig):
        loader.pairs()


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfig, match=r"missing\.csv"):
        LinkFiles([tmp_path / "missing.csv"]).pairs()
