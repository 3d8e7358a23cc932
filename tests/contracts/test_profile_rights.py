"""What every store of profiles must do when people decide, look, or want to be forgotten."""

from pathlib import Path

import pytest

from adserver.domain.choices import Change, Choices, Dated
from adserver.domain.person import NOBODY, Dossier, Found, Profile
from tests.contracts.profile_stores import STORES, Store
from tests.contracts.test_profiles import (
    ADA,
    BEN,
    DMP,
    NONE,
    NOW_S,
    TODAY,
    contact,
    interest,
    profile,
)


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return STORES[request.param](tmp_path)


def fill(store: Store) -> None:
    store.put_segments([(ADA, (1,)), (BEN, (2,))], DMP, TODAY)
    store.add_touches([(ADA, contact(1))])
    store.add_interests([(ADA, interest(3))])


def test_decisions_are_kept_and_found_with_the_profile(store: Store) -> None:
    fill(store)
    wanted = Choices(objections=(1,), at_s=NOW_S)
    assert store.choose([ADA], Change("object", 1), NOW_S) == wanted
    assert store.choose([ADA], Change("object", 1), NOW_S) == wanted
    found = store.find([ADA], NOW_S)
    assert found.choices == wanted
    assert found.profile.segments == (1,)  # who decides by it must leave it out, and say why
    assert store.choose([NONE], Change("consent"), NOW_S).consented
    assert store.find([NONE], NOW_S) == Found(NONE, choices=Choices(consented=True, at_s=NOW_S))


def test_dated_decisions_count_where_they_are_news(store: Store) -> None:
    fill(store)
    store.choose([BEN], Change("withdraw"), NOW_S)
    yes, no = Dated("consent", NOW_S), Dated("withdraw", NOW_S)
    earlier, later = Dated("consent", NOW_S - 9), Dated("consent", NOW_S + 9)
    assert store.choose_each([(ADA, earlier), (BEN, yes), (NONE, no)]) == {
        "consent": 1, "withdraw": 1,
    }  # fmt: skip
    assert store.find([ADA], NOW_S).choices.consented
    assert not store.find([BEN], NOW_S).choices.consented
    assert store.choose_each([(ADA, later), (BEN, later)]) == {"consent": 1}
    assert store.choose_each([(BEN, Dated("withdraw", NOW_S + 9))]) == {"withdraw": 1}
    store.erase([ADA], NOW_S + 10)
    assert store.choose_each([(ADA, Dated("consent", NOW_S + 11))]) == {}


def test_within_a_load_the_later_decision_of_a_person_counts(store: Store) -> None:
    decisions = [(ADA, Dated("consent", NOW_S + serial)) for serial in range(3)]
    assert store.choose_each([*decisions, (ADA, Dated("withdraw", NOW_S + 5))]) == {
        "consent": 1, "withdraw": 1,
    }  # fmt: skip
    assert not store.find([ADA], NOW_S).choices.consented


def test_the_strictest_choices_of_all_ids_hold(store: Store) -> None:
    fill(store)
    store.choose([BEN], Change("opt_out"), NOW_S)
    found = store.find([ADA, BEN], NOW_S)
    assert found.choices.opted_out
    assert found.profile == NOBODY


def test_nothing_is_found_of_and_added_to_somebody_who_opted_out(store: Store) -> None:
    fill(store)
    store.choose([ADA], Change("opt_out"), NOW_S)
    assert store.find([ADA], NOW_S) == Found(ADA, choices=Choices(opted_out=True, at_s=NOW_S))
    before = store.dossier([ADA])
    assert store.put_segments([(ADA, (7,)), (BEN, (8,))], DMP, TODAY) == 1
    store.add_touches([(ADA, contact(2)), (BEN, contact(3))])
    store.add_interests([(ADA, interest(4))])
    assert store.dossier([ADA]) == before
    assert profile(store, BEN) == Profile((8,), (contact(3),))
    store.choose([ADA], Change("opt_in"), NOW_S + 1)
    assert profile(store, ADA) == Profile((1,), (contact(1),), (interest(3),))


def test_nobody_who_opted_out_unknown_becomes_known(store: Store) -> None:
    store.choose([ADA], Change("opt_out"), NOW_S)
    assert store.put_segments([(ADA, (1,)), (BEN, (2,))], DMP, TODAY) == 1
    assert store.dossier([ADA]).memberships == ()


def test_an_erased_person_is_nobody_and_stays_so(store: Store) -> None:
    fill(store)
    assert store.erase([ADA], NOW_S)
    assert not store.erase([ADA], NOW_S)
    tombstone = Choices(erased=True, at_s=NOW_S)
    assert store.find([ADA], NOW_S) == Found(ADA, choices=tombstone)
    assert store.put_segments([(ADA, (1,)), (BEN, (2,))], DMP, TODAY) == 1
    store.add_touches([(ADA, contact(1))])
    store.add_interests([(ADA, interest(3))])
    assert store.dossier([ADA]) == Dossier(choices=tombstone)
    assert store.touches(ADA) == ()
    assert profile(store, BEN).segments == (2,)


def test_erasing_reaches_every_id_of_the_person(store: Store) -> None:
    fill(store)
    store.link([(ADA, NONE), (ADA, BEN)])
    assert store.erase([NONE], NOW_S)
    for key in (ADA, BEN, NONE):
        assert store.find([key], NOW_S) == Found(key, choices=Choices(erased=True, at_s=NOW_S))
        assert store.dossier([key]).linked == 0


def test_a_stranger_is_erased_too_so_that_no_file_brings_them(store: Store) -> None:
    assert not store.erase([NONE], NOW_S)
    assert store.put_segments([(NONE, (1,))], DMP, TODAY) == 0


def test_whoever_opts_in_after_all_begins_anew(store: Store) -> None:
    fill(store)
    store.choose([ADA], Change("object", 9), NOW_S)
    store.erase([ADA], NOW_S)
    store.choose([ADA], Change("opt_in"), NOW_S + 1)
    assert store.find([ADA], NOW_S) == Found(ADA, choices=Choices(at_s=NOW_S + 1))
    assert store.put_segments([(ADA, (4,))], DMP, TODAY) == 1
    assert profile(store, ADA) == Profile((4,))
