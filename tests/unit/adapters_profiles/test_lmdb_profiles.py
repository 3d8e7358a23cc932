"""What is LMDB's own: several processes, growth, damage."""

import subprocess
import sys
from pathlib import Path

import lmdb
import pytest

from adapters.profiles.lmdb_profiles import Config, LmdbProfiles, LmdbProfileWriter
from adserver.domain.person import NOBODY, Profile, Touch
from adserver.errors import Unavailable

ADA = b"a" * 16
TOUCH = Touch("click", 1_800_000_000, 1, 2, b"b" * 16)


def in_another_process(path: Path, work: str) -> None:
    """Run statements on a writer named `w`, as the owner process would."""
    code = (
        "from adapters.profiles.lmdb_profiles import LmdbProfileWriter\n"
        f"w = LmdbProfileWriter({str(path)!r}, map_bytes=65536)\n{work}"
    )
    root = Path(__file__).resolve().parents[3]
    subprocess.run([sys.executable, "-c", code], check=True, cwd=root)  # noqa: S603 - our own words


async def test_a_reader_sees_what_another_process_writes_even_beyond_its_map(
    tmp_path: Path,
) -> None:
    reader = Config(str(tmp_path)).build()
    with pytest.raises(Unavailable, match="profiles"):
        reader.profile(ADA)  # the owner has not made the store yet
    in_another_process(tmp_path, "w.put_segments([(b'a' * 16, [1, 2])])")
    assert reader.profile(ADA) == Profile((1, 2))
    in_another_process(
        tmp_path,
        "w.put_segments((i.to_bytes(16, 'big'), range(10)) for i in range(20_000))\n"
        "w.put_segments([(b'a' * 16, [3])])",
    )
    assert reader.profile(ADA) == Profile((3,))
    assert reader.profile((19_999).to_bytes(16, "big")).segments == tuple(range(10))
    reader.close()


def test_the_map_grows_while_touches_come_in(tmp_path: Path) -> None:
    writer = LmdbProfileWriter(tmp_path, map_bytes=1 << 16)
    people = [number.to_bytes(16, "big") for number in range(3_000)]
    writer.add_touches([(person, TOUCH) for person in people])
    assert writer.touches(people[-1]) == (TOUCH,)
    writer.close()


def test_ten_segments_take_less_than_a_hundred_bytes_a_person(tmp_path: Path) -> None:
    writer = LmdbProfileWriter(tmp_path)
    people = [number.to_bytes(16, "big") for number in range(20_000)]
    writer.put_segments((person, range(10)) for person in people)
    writer.close()
    assert (tmp_path / "data.mdb").stat().st_size / len(people) < 75


async def test_a_damaged_record_is_named_to_readers_and_replaced_by_the_writer(
    tmp_path: Path,
) -> None:
    damaged = {ADA: b"\x05\x00\x01", b"c" * 16: b"\x00\x00\xff\xff", b"d" * 16: b"\x01"}
    with lmdb.open(str(tmp_path)) as environment, environment.begin(write=True) as transaction:
        for person, record in damaged.items():
            transaction.put(person, record)
    reader = LmdbProfiles(tmp_path)
    for person in damaged:
        with pytest.raises(Unavailable, match="damaged"):
            reader.profile(person)
    reader.close()
    writer = LmdbProfileWriter(tmp_path)
    for person in damaged:
        assert writer.touches(person) == ()
    writer.add_touches([(person, TOUCH) for person in damaged])
    writer.put_segments([(ADA, [4])])
    writer.close()
    assert reader.profile(ADA) == Profile((4,), (TOUCH,))
    assert reader.profile(b"e" * 16) == NOBODY
    reader.close()


async def test_a_file_that_is_no_store_is_unavailable_not_a_crash(tmp_path: Path) -> None:
    (tmp_path / "data.mdb").write_bytes(b"not a store" * 1_000)
    with pytest.raises(Unavailable):
        LmdbProfiles(tmp_path).profile(ADA)
    with pytest.raises(Unavailable):
        LmdbProfileWriter(tmp_path)
    with pytest.raises(Unavailable):
        LmdbProfileWriter(tmp_path / "data.mdb" / "below-a-file")


async def test_a_key_that_lmdb_refuses_is_unavailable(tmp_path: Path) -> None:
    LmdbProfileWriter(tmp_path).close()
    reader = LmdbProfiles(tmp_path)
    with pytest.raises(Unavailable):
        reader.profile(b"")
    reader.close()


class _Panicking:
    """An environment whose disk failed within a commit."""

    def begin(self, *, write: bool) -> None:
        raise lmdb.PanicError("mdb_txn_begin")

    def close(self) -> None:
        """Nothing is open."""


def test_a_store_that_panicked_is_opened_anew(tmp_path: Path) -> None:
    writer = LmdbProfileWriter(tmp_path)
    writer.add_touches([(ADA, TOUCH)])
    writer._environment.close()
    writer._environment = _Panicking()
    with pytest.raises(Unavailable, match="profiles"):
        writer.add_touches([(ADA, TOUCH)])
    assert writer.touches(ADA) == (TOUCH,)
    writer.close()
