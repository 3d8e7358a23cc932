"""From files to profiles: pseudonyms, numbers, and each segment under its own source's grant."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.dmp.loading import Counts, load_segments
from adapters.dmp.segment_files import SegmentFiles
from adapters.profiles.lmdb_profiles import Config, LmdbProfileWriter
from adserver.domain.choices import Change
from adserver.domain.grant import UNDECLARED, Basis, Grant, Use
from adserver.domain.identity import segment_number
from adserver.domain.person import Membership, PersonKey, pseudonymiser
from adserver.errors import InvalidConfig, Unavailable
from tests.fakes.profiles import FakeProfiles

pseudonym = pseudonymiser(b"0123456789abcdef")
TODAY = 20_000
CRM = Grant("crm", Basis.OPT_IN, (Use.SELECT, Use.MEASURE), 365)
PANEL = Grant("panel", keep_days=30)


def grant_of(name: str) -> Grant | None:
    """What a policy says: `crm-*` and `panel-*`; health is not to be kept."""
    source, _, _ = name.partition("-")
    return {"crm": CRM, "panel": PANEL, "health": None}.get(source, UNDECLARED)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LmdbProfileWriter]:
    opened = Config(str(tmp_path / "profiles")).build_writer()
    yield opened
    opened.close()


def load(store: LmdbProfileWriter, folder: Path, *rows: str) -> Counts:
    path = folder / "people.csv"
    path.write_text("\n".join(["id_kind,id,segments", *rows]), encoding="utf-8")
    return load_segments(SegmentFiles([path]), pseudonym, store, TODAY, grant_of)


def kept(store: LmdbProfileWriter, identifier: str) -> set[tuple[str, Grant]]:
    """Return the segments of somebody of kind `user` by name, each with its grant."""
    memberships = store.dossier([key(identifier)]).memberships
    assert {each.day for each in memberships} <= {TODAY}
    names = store.names(each.segment for each in memberships)
    return {(names[each.segment], each.grant) for each in memberships}


def key(identifier: str) -> PersonKey:
    return pseudonym("user", identifier)


def test_people_are_found_by_pseudonym_and_segments_by_number(
    store: LmdbProfileWriter, tmp_path: Path
) -> None:
    counts = load(store, tmp_path, "user,person-1,travel|ski", "user,person-2,", "bad")
    assert (counts.people, counts.memberships, counts.skipped_rows) == (2, 2, 1)
    assert set(store.dossier([key("person-1")]).memberships) == {
        Membership(segment_number(name), UNDECLARED, TODAY) for name in ("travel", "ski")
    }


def test_each_membership_is_kept_by_its_own_right(store: LmdbProfileWriter, tmp_path: Path) -> None:
    counts = load(store, tmp_path, "user,1,crm-a|panel-b|travel", "user,2,crm-a|crm-c")
    assert kept(store, "1") == {("crm-a", CRM), ("panel-b", PANEL), ("travel", UNDECLARED)}
    assert kept(store, "2") == {("crm-a", CRM), ("crm-c", CRM)}
    assert (counts.people, counts.memberships) == (2, 5)
    assert counts.sizes == {
        "crm": {"crm-a": 2, "crm-c": 1}, "panel": {"panel-b": 1}, "undeclared": {"travel": 1},
    }  # fmt: skip


def test_what_must_not_be_kept_is_counted_and_left_out(
    store: LmdbProfileWriter, tmp_path: Path
) -> None:
    counts = load(store, tmp_path, "user,1,health-back|crm-a", "user,2,health-back", "user,3,crm-a")
    assert counts.refused == {"health-back": 2}
    assert counts.memberships == 2
    assert kept(store, "1") == {("crm-a", CRM)}
    assert kept(store, "2") == set()
    assert store.names([segment_number("health-back")]) == {}


def test_who_is_in_the_file_without_a_sources_segments_has_left_them(
    store: LmdbProfileWriter, tmp_path: Path
) -> None:
    """Of the sources that the file speaks for; what others said stays."""
    load(store, tmp_path, "user,1,crm-a|panel-b", "user,2,crm-a")
    load(store, tmp_path, "user,1,", "user,2,crm-c")
    assert kept(store, "1") == {("panel-b", PANEL)}
    assert kept(store, "2") == {("crm-c", CRM)}


def test_who_opted_out_is_not_counted_as_loaded(store: LmdbProfileWriter, tmp_path: Path) -> None:
    store.choose([key("1")], Change("opt_out"), TODAY * 86_400)
    assert load(store, tmp_path, "user,1,crm-a", "user,2,crm-a").people == 1
    assert kept(store, "1") == set()


def test_progress_is_told_on_the_way_and_at_the_end(
    store: LmdbProfileWriter, tmp_path: Path
) -> None:
    path = tmp_path / "people.csv"
    rows = "".join(f"user,{number},a\n" for number in range(25_000))
    path.write_text(f"id_kind,id,segments\n{rows}")
    told: list[tuple[int, int]] = []
    load_segments(
        SegmentFiles([path]),
        pseudonym,
        store,
        TODAY,
        on_progress=lambda done, total: told.append((done, total)),
    )
    assert told == [(10_000, 25_000), (20_000, 25_000), (25_000, 25_000)]


def test_failures_of_files_and_store_come_through(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfig):
        load_segments(SegmentFiles([tmp_path / "none"]), pseudonym, FakeProfiles(), TODAY)
    path = tmp_path / "people.csv"
    path.write_text("id_kind,id,segments\nuser,1,a\n")
    broken = FakeProfiles()
    broken.broken = True
    with pytest.raises(Unavailable):
        load_segments(SegmentFiles([path]), pseudonym, broken, TODAY)
