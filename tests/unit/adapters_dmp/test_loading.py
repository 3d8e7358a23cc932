"""From files to profiles, over the fake store."""

from pathlib import Path

import pytest

from adapters.dmp.loading import Counts, load_segments
from adapters.dmp.segment_files import SegmentFiles
from adserver.domain.identity import segment_number
from adserver.domain.person import pseudonymiser
from adserver.errors import InvalidConfig, Unavailable
from tests.fakes.profiles import FakeProfiles

pseudonym = pseudonymiser(b"0123456789abcdef")


async def test_people_are_found_by_pseudonym_and_segments_by_number(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("id_kind,id,segments\nbuyeruid,person-1,travel|ski\nbuyeruid,person-2,\nbad\n")
    profiles = FakeProfiles()
    assert load_segments(SegmentFiles([path]), pseudonym, profiles) == Counts(2, 2, 1)
    profile = profiles.profile(pseudonym("buyeruid", "person-1"))
    assert profile.segments == (segment_number("travel"), segment_number("ski"))
    assert b"person-1" not in b"".join(profiles.profiles)


def test_progress_is_told_on_the_way_and_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    rows = "".join(f"user,{number},a\n" for number in range(25_000))
    path.write_text(f"id_kind,id,segments\n{rows}")
    told: list[tuple[int, int]] = []
    load_segments(
        SegmentFiles([path]),
        pseudonym,
        FakeProfiles(),
        lambda done, total: told.append((done, total)),
    )
    assert told == [(10_000, 25_000), (20_000, 25_000), (25_000, 25_000)]


def test_failures_of_files_and_store_come_through(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfig):
        load_segments(SegmentFiles([tmp_path / "none"]), pseudonym, FakeProfiles())
    path = tmp_path / "people.csv"
    path.write_text("id_kind,id,segments\nuser,1,a\n")
    broken = FakeProfiles()
    broken.broken = True
    with pytest.raises(Unavailable):
        load_segments(SegmentFiles([path]), pseudonym, broken)
