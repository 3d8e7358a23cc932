"""Lists of networks as text: every bad line is told, and a list with one is not used in part."""

from pathlib import Path

import pytest

from adapters.context.cidr_files import MAX_FAULTS, Config
from adserver.domain.networks import packed
from adserver.errors import Fault, InvalidConfig


def build(folder: Path, *texts: bytes) -> Config:
    for number, text in enumerate(texts):
        (folder / f"{number}.txt").write_bytes(text)
    return Config(name="clouds", paths=tuple(f"{number}.txt" for number in range(len(texts))))


def faults(folder: Path, *texts: bytes) -> tuple[Fault, ...]:
    with pytest.raises(InvalidConfig) as caught:
        build(folder, *texts).build(folder)
    return caught.value.faults


def test_networks_addresses_and_comments_of_all_files_are_read(tmp_path: Path) -> None:
    first = b"\xef\xbb\xbf# ours\n198.51.100.0/24 # a cloud\r\n\n   2001:db8::/32\n"
    found = build(tmp_path, first, b"203.0.113.7").build(tmp_path)
    for text, listed in (
        ("198.51.100.9", True),
        ("2001:db8::1", True),
        ("203.0.113.7", True),
        ("203.0.113.8", False),
    ):
        address = packed(text)
        assert address is not None
        assert (address in found) == listed, text


def test_every_bad_line_is_told_with_its_number_and_what_to_do(tmp_path: Path) -> None:
    found = faults(tmp_path, b"198.51.100.0/24\n198.51.100.1/24\nnonsense\n\xff\xfe\n")
    assert [each.file.rpartition("/")[2] for each in found] == ["0.txt:2", "0.txt:3", "0.txt:4"]
    assert "write 198.51.100.0/24" in found[0].message
    assert all("mend or delete the line" in each.message for each in found)


def test_many_bad_lines_are_counted(tmp_path: Path) -> None:
    found = faults(tmp_path, b"nonsense\n" * 100)
    assert len(found) == MAX_FAULTS + 1
    assert "80 bad lines more" in found[-1].message


def test_a_long_line_without_end_is_bad_and_does_not_fill_the_memory(tmp_path: Path) -> None:
    assert len(faults(tmp_path, b"1" * 100_000)) == MAX_FAULTS + 1


def test_a_list_that_is_not_there_or_empty_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfig, match=r"gone\.txt.*cannot be read"):
        Config(name="x", paths=("gone.txt",)).build(tmp_path)
    assert "has no networks" in faults(tmp_path, b"# nothing yet\n")[0].message
    assert "has no networks" in faults(tmp_path, b"192.0.2.1\n", b"")[0].message


def test_a_hundred_thousand_networks_are_read_in_a_second_or_so(tmp_path: Path) -> None:
    lines = b"".join(
        b"%d.%d.%d.0/25\n" % (10 + n // 65_536, n // 256 % 256, n % 256) for n in range(100_000)
    )
    assert len(build(tmp_path, lines).build(tmp_path)) == 100_000
