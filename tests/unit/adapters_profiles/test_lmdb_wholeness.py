"""An LMDB that is lost: caps must not take what is gone for what was never seen."""

import shutil
from pathlib import Path

import pytest

from adapters.profiles.lmdb_profiles import Config, LmdbProfileWriter
from adserver.domain.person import Touch
from adserver.errors import Unavailable

NOW_S = 1_800_000_000
TOUCHES = [(b"a" * 16, Touch("impression", NOW_S, 7, 8, bytes(16)))]


def opened(folder: Path) -> LmdbProfileWriter:
    return Config(str(folder / "profiles")).build_writer()


def since_s(folder: Path, now_s: float) -> float:
    writer = opened(folder)
    try:
        return writer.counted_since_s(now_s)
    finally:
        writer.close()


def test_a_new_store_knows_all_contacts_and_so_does_its_successor(tmp_path: Path) -> None:
    assert since_s(tmp_path, NOW_S) == 0.0
    assert since_s(tmp_path, NOW_S + 60) == 0.0


@pytest.mark.parametrize("lost", ["profiles", "people.keys"])
def test_what_is_lost_is_counted_from_the_moment_that_shows_it(tmp_path: Path, lost: str) -> None:
    writer = opened(tmp_path)
    writer.add_touches(TOUCHES)
    writer.close()
    if lost == "profiles":
        shutil.rmtree(tmp_path / lost)
    else:
        (tmp_path / lost).unlink()
    assert since_s(tmp_path, NOW_S) == NOW_S
    assert since_s(tmp_path, NOW_S + 60) == NOW_S


def test_choices_alone_are_no_contacts(tmp_path: Path) -> None:
    since_s(tmp_path, NOW_S)
    shutil.rmtree(tmp_path / "choices")
    assert since_s(tmp_path, NOW_S) == 0.0


def test_while_contacts_wait_to_be_added_nobody_knows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = opened(tmp_path)

    def fail(*_: object) -> None:
        raise Unavailable("the disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(writer._store, "change", fail)
        with pytest.raises(Unavailable):
            writer.add_touches(TOUCHES)
        assert writer.counted_since_s(NOW_S) == float("inf")
    writer.add_touches(TOUCHES)
    assert writer.counted_since_s(NOW_S) == 0.0
    writer.close()
