"""What is LMDB's own: several processes and threads, growth, damage."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import lmdb
import pytest

from adapters.profiles.lmdb_profiles import Config, LmdbProfileWriter
from adapters.profiles.lmdb_store.reader import LmdbProfiles
from adapters.profiles.lmdb_store.shelf import GRANTS_KEY
from adserver.domain.choices import Change
from adserver.domain.grant import Grant
from adserver.domain.person import NOBODY, Found, PersonKey, Profile, Touch
from adserver.errors import Unavailable

ADA = b"a" * 16
DMP = Grant("dmp")
TODAY = 20_833
NOW_S = TODAY * 86_400
TOUCH = Touch("click", NOW_S, 1, 2, b"b" * 16)
SMALL = 1 << 16


def paths(folder: Path) -> tuple[Path, Path, Path]:
    return folder / "profiles", folder / "choices", folder / "people.keys"


def profile(reader: LmdbProfiles, person: PersonKey) -> Profile:
    return reader.find([person], NOW_S).profile


def in_another_process(folder: Path, work: str) -> None:
    """Run statements on a writer named `w`, as the owner process would."""
    code = (
        "from pathlib import Path\n"
        "from adserver.domain.choices import Change\n"
        "from adserver.domain.grant import Grant\n"
        "from adapters.profiles.lmdb_profiles import LmdbProfileWriter\n"
        f"f = Path({str(folder)!r})\n"
        "w = LmdbProfileWriter(f / 'profiles', f / 'choices', f / 'people.keys', map_bytes=65536)\n"
        f"{work}"
    )
    root = Path(__file__).resolve().parents[3]
    subprocess.run([sys.executable, "-c", code], check=True, cwd=root)  # noqa: S603 - our own words


def put(folder: Path, people: dict[PersonKey, tuple[int, ...]]) -> None:
    writer = LmdbProfileWriter(*paths(folder))
    writer.put_segments(people.items(), DMP, TODAY)
    writer.close()


def test_a_reader_sees_what_another_process_writes_even_beyond_its_map(tmp_path: Path) -> None:
    reader = Config(str(tmp_path / "profiles")).build()
    with pytest.raises(Unavailable, match="profiles"):
        profile(reader, ADA)  # the owner has not made the store yet
    in_another_process(tmp_path, f"w.put_segments([(b'a' * 16, [1, 2])], Grant('dmp'), {TODAY})")
    assert profile(reader, ADA) == Profile((1, 2))
    in_another_process(
        tmp_path,
        "w.put_segments(((i.to_bytes(16, 'big'), range(10)) for i in range(5_000)),"
        f" Grant('dmp'), {TODAY})\n"
        f"w.put_segments([(b'a' * 16, [3])], Grant('crm'), {TODAY})\n",
    )
    assert profile(reader, ADA).segments == (1, 2, 3)
    assert profile(reader, (4_999).to_bytes(16, "big")).segments == tuple(range(10))
    in_another_process(tmp_path, "w.choose([b'a' * 16], Change('opt_out'), 5)")
    assert reader.find([ADA], NOW_S).choices.opted_out
    reader.close()


def test_a_writer_goes_on_when_another_process_made_the_map_grow(tmp_path: Path) -> None:
    writer = LmdbProfileWriter(*paths(tmp_path), map_bytes=SMALL)
    in_another_process(
        tmp_path,
        "w.put_segments(((i.to_bytes(16, 'big'), range(10)) for i in range(4_000)),"
        f" Grant('dmp'), {TODAY})",
    )
    assert writer.touches(ADA) == ()
    in_another_process(
        tmp_path,
        "w.put_segments(((i.to_bytes(16, 'big'), range(30)) for i in range(8_000)),"
        f" Grant('dmp'), {TODAY})",
    )
    writer.add_touches([(ADA, TOUCH)])
    assert writer.touches(ADA) == (TOUCH,)
    writer.close()


def test_the_map_grows_while_touches_come_in(tmp_path: Path) -> None:
    writer = LmdbProfileWriter(*paths(tmp_path), map_bytes=SMALL)
    people = [number.to_bytes(16, "big") for number in range(3_000)]
    writer.add_touches([(person, TOUCH) for person in people])
    assert writer.touches(people[-1]) == (TOUCH,)
    writer.close()


def test_several_threads_write_one_after_the_other(tmp_path: Path) -> None:
    writer = LmdbProfileWriter(*paths(tmp_path), map_bytes=SMALL)
    people = [bytes([number]) * 16 for number in range(60)]

    def work(person: PersonKey) -> None:
        writer.put_segments([(person, range(200))], DMP, TODAY)
        writer.add_touches([(person, TOUCH)])
        if person[0] % 4 == 0:
            writer.erase([person], NOW_S)
        elif person[0] % 4 == 1:
            writer.choose([person], Change("consent"), NOW_S)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, people))
    for person in people:
        assert writer.touches(person) == (() if person[0] % 4 == 0 else (TOUCH,))
        assert writer.dossier([person]).choices.consented == (person[0] % 4 == 1)
    writer.close()


def test_ten_segments_take_less_than_a_hundred_bytes_a_person(tmp_path: Path) -> None:
    put(
        tmp_path,
        {(number << 112).to_bytes(16, "big"): tuple(range(10)) for number in range(20_000)},
    )
    assert (tmp_path / "profiles" / "data.mdb").stat().st_size / 20_000 < 92


def test_people_who_come_between_others_are_found_as_well(tmp_path: Path) -> None:
    """Whether they stand behind all others, before them or among them."""
    every = [(number << 120).to_bytes(16, "big") for number in range(255)]
    put(tmp_path, dict.fromkeys(every[50:150], (1,)))
    put(tmp_path, dict.fromkeys(every[::2], (2,)))
    reader = LmdbProfiles(*paths(tmp_path))
    for number, person in enumerate(every):
        wanted = (2,) if number % 2 == 0 else (1,) if 50 <= number < 150 else ()
        assert profile(reader, person).segments == wanted
    reader.close()


def damage(folder: Path, changes: dict[bytes, bytes]) -> None:
    with lmdb.open(str(folder)) as environment, environment.begin(write=True) as transaction:
        for key, record in changes.items():
            transaction.put(key, record)


def test_a_damaged_record_is_nobody_to_readers_and_replaced_by_the_writer(tmp_path: Path) -> None:
    good, bad = b"g" * 16, [ADA, b"c" * 16, b"d" * 16, b"e" * 16, b"f" * 16]
    put(tmp_path, dict.fromkeys((good, *bad), (1, 2)))
    with lmdb.open(str(tmp_path / "profiles")) as environment, environment.begin() as transaction:
        record = bytes(transaction.get(ADA) or b"")
        neighbours = transaction.get(b"c" * 16)
    broken = [record[:5] + b"?" + record[6:], record, b"", b"\x10", record[:-1] + b"\x12"]
    assert record != neighbours
    damage(tmp_path / "profiles", dict(zip(bad, broken, strict=True)))
    reader = LmdbProfiles(*paths(tmp_path))
    for person in bad:
        assert reader.find([person], NOW_S) == Found(person)
        assert reader.find([person, good], NOW_S) == Found(good, Profile((1, 2)))
    reader.close()
    writer = LmdbProfileWriter(*paths(tmp_path))
    for person in bad:
        assert writer.touches(person) == ()
        assert writer.dossier([person]).memberships == ()
    writer.add_touches([(person, TOUCH) for person in bad])
    writer.put_segments([(ADA, [4])], DMP, TODAY)
    writer.close()
    assert profile(reader, ADA) == Profile((4,), (TOUCH,))
    assert profile(reader, b"c" * 16) == Profile((), (TOUCH,))
    reader.close()


def test_a_decision_that_cannot_be_read_counts_as_an_opt_out_and_can_be_made_again(
    tmp_path: Path,
) -> None:
    put(tmp_path, {ADA: (1,)})
    damage(tmp_path / "choices", {ADA: b"\xc1"})
    reader = LmdbProfiles(*paths(tmp_path))
    assert reader.find([ADA], NOW_S).choices.opted_out
    assert profile(reader, ADA) == NOBODY
    reader.close()
    writer = LmdbProfileWriter(*paths(tmp_path))
    assert writer.put_segments([(ADA, (1,))], DMP, TODAY) == 0
    assert not writer.choose([ADA], Change("opt_in"), NOW_S).opted_out
    writer.close()
    assert profile(reader, ADA) == Profile((1,))
    reader.close()


def test_without_the_table_of_grants_nobody_knows_what_is_allowed(tmp_path: Path) -> None:
    put(tmp_path, {ADA: (1,)})
    damage(tmp_path / "profiles", {GRANTS_KEY: b"\xc1"})
    reader = LmdbProfiles(*paths(tmp_path))
    with pytest.raises(Unavailable, match="grants"):
        reader.find([ADA], NOW_S)
    reader.close()
    writer = LmdbProfileWriter(*paths(tmp_path))
    with pytest.raises(Unavailable, match="grants"):
        writer.put_segments([(ADA, (1,))], DMP, TODAY)
    with pytest.raises(Unavailable, match="grants"):
        writer.dossier([ADA])
    writer.close()


def test_a_reader_learns_of_a_new_grant_by_itself(tmp_path: Path) -> None:
    put(tmp_path, {ADA: (1,)})
    reader = LmdbProfiles(*paths(tmp_path))
    assert profile(reader, ADA) == Profile((1,))
    in_another_process(tmp_path, f"w.put_segments([(b'b' * 16, [2])], Grant('crm'), {TODAY})")
    assert profile(reader, b"b" * 16) == Profile((2,))
    reader.close()


def test_a_file_that_is_no_store_is_unavailable_not_a_crash(tmp_path: Path) -> None:
    profiles, choices, keys = paths(tmp_path)
    LmdbProfileWriter(*paths(tmp_path)).close()
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "data.mdb").write_bytes(b"not a store" * 1_000)
    for one in ((broken, choices, keys), (profiles, broken, keys)):
        reader = LmdbProfiles(*one)
        with pytest.raises(Unavailable):
            profile(reader, ADA)
        reader.close()
        with pytest.raises(Unavailable):
            LmdbProfileWriter(*one)
    with pytest.raises(Unavailable):
        LmdbProfileWriter(broken / "data.mdb" / "below-a-file", choices, keys)
    with pytest.raises(Unavailable):
        LmdbProfileWriter(profiles, choices, broken / "data.mdb")


def test_without_the_file_of_secrets_nobody_is_read(tmp_path: Path) -> None:
    put(tmp_path, {ADA: (1,)})
    (tmp_path / "people.keys").unlink()
    reader = LmdbProfiles(*paths(tmp_path))
    with pytest.raises(Unavailable, match=r"people\.keys"):
        profile(reader, ADA)
    LmdbProfileWriter(*paths(tmp_path / "elsewhere")).close()
    put(tmp_path / "elsewhere", {b"z" * 16: (3,)})
    (tmp_path / "elsewhere" / "people.keys").rename(tmp_path / "people.keys")
    assert reader.find([ADA], NOW_S) == Found(ADA)  # other secrets: a stranger, not somebody else
    reader.close()


def test_a_key_that_lmdb_refuses_is_unavailable(tmp_path: Path) -> None:
    LmdbProfileWriter(*paths(tmp_path)).close()
    reader = LmdbProfiles(*paths(tmp_path))
    with pytest.raises(Unavailable):
        profile(reader, b"")
    reader.close()


class _Panicking:
    """An environment whose disk failed within a commit."""

    def begin(self, *, write: bool) -> None:
        raise lmdb.PanicError("mdb_txn_begin")

    def close(self) -> None:
        """Nothing is open."""


def test_a_store_that_panicked_is_opened_anew(tmp_path: Path) -> None:
    writer = LmdbProfileWriter(*paths(tmp_path))
    writer.add_touches([(ADA, TOUCH)])
    people = writer._store.people
    people._environment.close()
    people._environment = _Panicking()
    with pytest.raises(Unavailable, match="profiles"):
        writer.add_touches([(ADA, TOUCH)])
    assert writer.touches(ADA) == (TOUCH,)
    writer.close()


def test_paths_of_the_settings_are_relative_to_their_file(tmp_path: Path) -> None:
    config = Config("p/profiles", keys="k/people.keys").within(tmp_path)
    config.build_writer().close()
    assert sorted(str(each.relative_to(tmp_path)) for each in tmp_path.glob("*/*")) == [
        "k/people.keys", "p/choices", "p/profiles",
    ]  # fmt: skip
