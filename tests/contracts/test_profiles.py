"""What every store of profiles must do; run over the in-memory fake and over LMDB."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from adapters.profiles.lmdb_profiles import LmdbProfiles, LmdbProfileWriter
from adserver.domain.person import NOBODY, PersonKey, Profile, Touch
from tests.fakes.profiles import FakeProfiles

ADA, BEN, NONE = (bytes([number]) * 16 for number in (1, 2, 3))
DAY_S = 24 * 3_600
NOW_S = 1_800_000_000


class LmdbStore:
    """One process may have an environment open only once, so each side opens it when its turn comes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        LmdbProfileWriter(path).close()

    def profile(self, person: PersonKey) -> Profile:
        """Look somebody up, as a worker would."""
        reader = LmdbProfiles(self._path)
        try:
            return reader.profile(person)
        finally:
            reader.close()

    def put_segments(self, people: Sequence[tuple[PersonKey, Sequence[int]]]) -> int:
        """Load segments."""
        return int(self._writing(lambda writer: writer.put_segments(people)))

    def add_touches(self, touches: Sequence[tuple[PersonKey, Touch]]) -> None:
        """Store contacts."""
        self._writing(lambda writer: writer.add_touches(touches))

    def touches(self, person: PersonKey) -> Sequence[Touch]:
        """Return contacts, as the owner sees them."""
        return tuple(self._writing(lambda writer: writer.touches(person)))

    def erase(self, person: PersonKey) -> bool:
        """Forget somebody."""
        return bool(self._writing(lambda writer: writer.erase(person)))

    def _writing(self, act: Callable[[LmdbProfileWriter], Any]) -> Any:
        writer = LmdbProfileWriter(self._path)
        try:
            return act(writer)
        finally:
            writer.close()


Store = FakeProfiles | LmdbStore


@pytest.fixture(params=["fake", "lmdb"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return FakeProfiles() if request.param == "fake" else LmdbStore(tmp_path / "profiles")


def contact(bid: int, at_s: int = NOW_S, kind: str = "impression") -> Touch:
    return Touch(kind, at_s, 1 << 62, 7, bid.to_bytes(16, "big"))


async def test_an_unknown_person_is_nobody(store: Store) -> None:
    assert store.profile(NONE) == NOBODY
    assert store.touches(NONE) == ()


async def test_segments_come_back_as_they_were_put(store: Store) -> None:
    many = tuple(range(1 << 31, (1 << 31) + 700))
    assert store.put_segments([(BEN, many), (ADA, (0, 1, 2**32 - 1))]) == 2
    assert store.profile(ADA).segments == (0, 1, 2**32 - 1)
    assert store.profile(BEN).segments == many


async def test_new_segments_take_the_place_of_old_ones_and_leave_contacts_alone(
    store: Store,
) -> None:
    store.put_segments([(ADA, (1, 2)), (BEN, (3,))])
    store.add_touches([(ADA, contact(1))])
    store.put_segments([(ADA, (9,))])
    assert store.profile(ADA) == Profile((9,), (contact(1),))
    assert store.profile(BEN) == Profile((3,))


async def test_a_person_named_twice_counts_once_with_what_was_said_last(store: Store) -> None:
    assert store.put_segments([(ADA, (1,)), (BEN, ()), (ADA, (2,))]) == 2
    assert store.profile(ADA).segments == (2,)


async def test_contacts_are_kept_in_order_of_time_beside_segments(store: Store) -> None:
    store.put_segments([(ADA, (5,))])
    store.add_touches([(ADA, contact(2, NOW_S + 5)), (BEN, contact(3))])
    store.add_touches([(ADA, contact(1, NOW_S)), (ADA, contact(2, NOW_S + 9, "click"))])
    wanted = (contact(1, NOW_S), contact(2, NOW_S + 5), contact(2, NOW_S + 9, "click"))
    assert store.profile(ADA) == Profile((5,), wanted)
    assert store.touches(ADA) == wanted
    assert store.touches(BEN) == (contact(3),)


def test_a_batch_that_is_repeated_changes_nothing(store: Store) -> None:
    batch = [(ADA, contact(1)), (ADA, contact(1, NOW_S + 1, "click"))]
    store.add_touches(batch)
    store.add_touches(batch)
    store.add_touches([(ADA, contact(1, NOW_S + 60))])
    assert store.touches(ADA) == (contact(1), contact(1, NOW_S + 1, "click"))


def test_only_the_newest_64_contacts_are_kept(store: Store) -> None:
    store.add_touches([(ADA, contact(number, NOW_S + number)) for number in range(100)])
    assert [touch.at_s - NOW_S for touch in store.touches(ADA)] == list(range(36, 100))


def test_contacts_older_than_30_days_than_the_newest_are_dropped(store: Store) -> None:
    store.add_touches([(ADA, contact(1, NOW_S)), (ADA, contact(2, NOW_S + DAY_S))])
    store.add_touches([(ADA, contact(3, NOW_S + 30 * DAY_S))])
    assert store.touches(ADA) == (contact(2, NOW_S + DAY_S), contact(3, NOW_S + 30 * DAY_S))


async def test_an_erased_person_is_nobody_again(store: Store) -> None:
    store.put_segments([(ADA, (1,)), (BEN, (2,))])
    store.add_touches([(ADA, contact(1))])
    assert store.erase(ADA)
    assert not store.erase(ADA)
    assert store.profile(ADA) == NOBODY
    assert store.profile(BEN).segments == (2,)


def test_an_empty_batch_is_nothing_to_do(store: Store) -> None:
    store.add_touches([])
    assert store.put_segments([]) == 0
