"""Whoever is erased is gone: from every file, from backups, and whenever the machine stops meanwhile."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import lmdb
import pytest

from adapters.profiles.lmdb_profiles import LmdbProfileWriter
from adapters.profiles.lmdb_store import erasure
from adapters.profiles.lmdb_store.environment import WritableEnvironment
from adapters.profiles.lmdb_store.group_keys import EMPTY, GroupKeys, GroupKeyWriter
from adapters.profiles.lmdb_store.reader import LmdbProfiles
from adapters.profiles.lmdb_store.sealing import SLOT, unseal
from adapters.profiles.record import Damaged
from adserver.domain.choices import Change, Choices
from adserver.domain.person import Dossier, Found, Interest, PersonKey, Profile
from adserver.errors import Unavailable
from tests.unit.adapters_profiles.test_lmdb_profiles import (
    DMP,
    NOW_S,
    SMALL,
    TODAY,
    TOUCH,
    in_another_process,
    paths,
)

ADA = b"aa" + bytes(14)
NEAR = b"aa" + b"z" * 14
"""In the same group."""
PHONE = b"pp" + bytes(14)
"""Another id of Ada's."""
FAR = b"ff" * 8
AUDIENCE = [(ADA, (0xADA0ADA0, 2)), (FAR, (4,)), (NEAR, (3,)), (PHONE, (6,))]
TOMBSTONE = Choices(erased=True, at_s=NOW_S)
STEPS = 9
"""So many times something becomes durable while somebody is erased."""


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """Four ids of three people, all known for a while, so that every group has been sealed more than once."""
    writer = LmdbProfileWriter(*paths(tmp_path), map_bytes=SMALL)
    writer.put_segments(AUDIENCE, DMP, TODAY)
    writer.add_touches([(person, TOUCH) for person, _ in AUDIENCE])
    writer.add_interests([(ADA, Interest("click", NOW_S, 5))])
    writer.link([(ADA, PHONE)])
    writer.put_names({2: "cyclist"})
    writer.close()
    return tmp_path


def erase(state: Path, *people: PersonKey) -> bool:
    writer = LmdbProfileWriter(*paths(state))
    try:
        return writer.erase(people, NOW_S)
    finally:
        writer.close()


def found(state: Path, *people: PersonKey) -> Found:
    reader = LmdbProfiles(*paths(state))
    try:
        return reader.find(people, NOW_S)
    finally:
        reader.close()


def dossier(state: Path, person: PersonKey) -> Dossier:
    writer = LmdbProfileWriter(*paths(state))
    try:
        return writer.dossier([person])
    finally:
        writer.close()


def secrets(state: Path, *people: PersonKey) -> dict[tuple[PersonKey, int], bytes]:
    keys = GroupKeys(state / "people.keys")
    both = {(person, slot): keys.secret(person, slot) for person in people for slot in (0, 1)}
    keys.close()
    return {where: secret for where, secret in both.items() if secret != EMPTY}


def records(folder: Path) -> dict[bytes, bytes]:
    with lmdb.open(str(folder), readonly=True) as environment, environment.begin() as transaction:
        return dict(transaction.cursor())


def read_by(state: Path, person: PersonKey, record: bytes) -> bytes | None:
    """Try both slots of the current file of secrets."""
    for secret in [*secrets(state, person).values(), EMPTY]:
        try:
            return unseal(person, record, secret)
        except Damaged:
            continue
    return None


def contents(state: Path) -> bytes:
    return b"".join(file.read_bytes() for file in state.rglob("*") if file.is_file())


def restore(state: Path, backup: Path) -> None:
    shutil.rmtree(state / "profiles")
    shutil.copytree(backup / "profiles", state / "profiles")


def test_nothing_of_an_erased_person_can_be_read_from_any_file_or_backup(
    state: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    backup = tmp_path_factory.mktemp("backup") / "copy"
    shutil.copytree(state, backup)
    old = secrets(state, ADA, PHONE)
    copies = records(backup / "profiles")
    assert all(read_by(state, person, copies[person]) is not None for person in (ADA, PHONE, NEAR))
    assert all(secret in contents(state) for secret in old.values())

    assert erase(state, PHONE)

    for secret in old.values():
        assert secret not in contents(state)
    for person in (ADA, PHONE):
        assert found(state, person) == Found(person, choices=TOMBSTONE)
        assert read_by(state, person, copies[person]) is None
        assert person not in records(state / "profiles")
    assert found(state, NEAR) == Found(NEAR, Profile((3,), (TOUCH,)))
    assert found(state, FAR) == Found(FAR, Profile((4,), (TOUCH,)))
    # The price: what a backup has of others in the group is void, too.
    assert read_by(state, NEAR, copies[NEAR]) is None
    assert read_by(state, FAR, copies[FAR]) is not None


def test_neither_a_restored_backup_nor_an_old_file_brings_anybody_back(
    state: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    backup = tmp_path_factory.mktemp("backup") / "copy"
    shutil.copytree(state, backup)
    writer = LmdbProfileWriter(*paths(state))
    writer.choose([FAR], Change("opt_out"), NOW_S)
    writer.close()
    erase(state, ADA)
    restore(state, backup)
    assert {ADA, PHONE, NEAR, FAR} < records(state / "profiles").keys()
    for person in (ADA, PHONE):
        assert found(state, person) == Found(person, choices=TOMBSTONE)
        assert dossier(state, person) == Dossier(choices=TOMBSTONE)
    assert found(state, FAR).choices.opted_out
    assert found(state, NEAR) == Found(NEAR)  # until the next audience file, which heals

    writer = LmdbProfileWriter(*paths(state))
    assert writer.put_segments(AUDIENCE, DMP, TODAY) == 1
    writer.choose([ADA, PHONE], Change("opt_in"), NOW_S)
    writer.close()
    assert found(state, ADA) == Found(ADA, choices=Choices(at_s=NOW_S))
    assert found(state, NEAR) == Found(NEAR, Profile((3,)))


def test_a_person_erased_twice_over_years_is_still_safe_from_the_first_backup(
    state: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The slots of a group take turns: the third secret stands where the first one stood."""
    backup = tmp_path_factory.mktemp("backup") / "copy"
    shutil.copytree(state, backup)
    erase(state, ADA)
    erase(state, NEAR)
    restore(state, backup)
    copy = records(state / "profiles")[ADA]
    assert copy[-1] & SLOT == 0
    assert [slot for _, slot in secrets(state, ADA)] == [0]
    assert read_by(state, ADA, copy) is None
    assert found(state, ADA, NEAR).profile == Profile()


class Stopped(BaseException):
    """The machine stops."""


def stopping(steps: int) -> Iterator[Callable[..., Any]]:
    """Yield decorators that let so many things become durable in all, and then stop."""
    done = 0

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            nonlocal done
            result = function(*arguments)
            done += 1
            if done == steps:
                raise Stopped
            return result

        return call

    while True:
        yield decorate


@pytest.fixture(params=range(1, STEPS + 1))
def stopped(request: pytest.FixtureRequest, state: Path) -> Path:
    """The state after a machine stopped while it erased Ada, once behind each step."""
    decorate = stopping(request.param)
    with pytest.MonkeyPatch.context() as patch:
        writer = LmdbProfileWriter(*paths(state))
        for owner, name in (
            (os, "fsync"), (WritableEnvironment, "write"), (WritableEnvironment, "sync")
        ):  # fmt: skip
            patch.setattr(owner, name, next(decorate)(getattr(owner, name)))
        if request.param == STEPS:
            assert writer.erase([ADA], NOW_S)
        else:
            with pytest.raises(Stopped):
                writer.erase([ADA], NOW_S)
        writer.close()
    return state


def test_whenever_the_machine_stops_nobody_is_found_and_the_next_start_finishes(
    stopped: Path,
) -> None:
    before = secrets(stopped, ADA, PHONE)
    copies = records(stopped / "profiles")
    for person in (ADA, PHONE):
        assert found(stopped, person).choices == TOMBSTONE
        assert found(stopped, person).profile == Profile()
    assert found(stopped, NEAR) == Found(NEAR, Profile((3,), (TOUCH,)))

    writer = LmdbProfileWriter(*paths(stopped))
    assert erasure.pending(writer._store) == []
    writer.close()

    after = secrets(stopped, ADA, PHONE)
    assert len(after) == 2
    assert {ADA, PHONE}.isdisjoint(records(stopped / "profiles"))
    for person in {ADA, PHONE} & copies.keys():
        assert read_by(stopped, person, copies[person]) is None
    for where, secret in before.items():
        assert (secret in contents(stopped)) == (where in after and after[where] == secret)
    for person in (ADA, PHONE):
        assert found(stopped, person) == Found(person, choices=TOMBSTONE)
    assert found(stopped, NEAR) == Found(NEAR, Profile((3,), (TOUCH,)))
    assert found(stopped, FAR) == Found(FAR, Profile((4,), (TOUCH,)))


def test_a_process_that_lives_on_can_repeat_what_a_failing_disk_interrupted(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = LmdbProfileWriter(*paths(state))

    def fail(*_: object) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(GroupKeyWriter, "destroy_old", fail)
        with pytest.raises(Unavailable, match="Input/output"):
            writer.erase([ADA], NOW_S)
    writer.add_touches([(NEAR, TOUCH)])
    assert erasure.pending(writer._store)
    assert not writer.erase([ADA], NOW_S)  # nothing is there any more; the secrets are
    assert erasure.pending(writer._store) == []
    writer.close()
    assert len(secrets(state, ADA, PHONE)) == 2
    assert found(state, NEAR).profile.segments == (3,)


def test_readers_elsewhere_see_it_at_once_and_keep_finding_the_others(state: Path) -> None:
    reader = LmdbProfiles(*paths(state))
    assert reader.find([ADA], NOW_S).profile.interests
    old = records_of(reader, NEAR)
    in_another_process(state, f"assert w.erase([{ADA!r}], {NOW_S})")
    assert reader.find([ADA], NOW_S) == Found(ADA, choices=TOMBSTONE)
    assert reader.find([NEAR], NOW_S).profile == Profile((3,), (TOUCH,))
    # Read just before, unsealed just after: it is read again.
    assert reader._profile(NEAR, old, NOW_S) == Profile((3,), (TOUCH,))
    reader.close()


def records_of(reader: LmdbProfiles, person: PersonKey) -> bytes:
    record = reader._people.begin().get(person)
    assert isinstance(record, bytes)
    return record


def test_no_two_records_ever_begin_from_the_same_randomness(state: Path) -> None:
    writer = LmdbProfileWriter(*paths(state))
    seen = set()
    for number in range(50):
        writer.put_segments([(ADA, (number,)), (FAR, (number,))], DMP, TODAY)
        writer._store.people.sync()
        with writer._store.people.reading() as transaction:
            seen |= {transaction.get(person)[-9:-1] for person in (ADA, FAR)}
    writer.close()
    assert len(seen) == 100
