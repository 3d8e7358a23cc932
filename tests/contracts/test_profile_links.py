"""What every store of profiles must do with several ids of one person."""

from pathlib import Path

import pytest

from adserver.domain.choices import Change, Choices
from adserver.domain.person import Found, Profile
from tests.contracts.profile_stores import STORES, Store
from tests.contracts.test_profiles import CRM, DMP, NOW_S, TODAY, contact, interest, profile

MAIL, PHONE, COOKIE, OTHER = (bytes([number]) * 16 for number in (200, 20, 2, 100))


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return STORES[request.param](tmp_path)


def test_the_first_known_id_leads_to_the_person(store: Store) -> None:
    store.put_segments([(PHONE, (1,)), (COOKIE, (2,))], DMP, TODAY)
    assert store.find([MAIL, PHONE, COOKIE], NOW_S) == Found(PHONE, Profile((1,)))
    assert store.find([COOKIE, PHONE], NOW_S) == Found(COOKIE, Profile((2,)))
    assert store.find([MAIL, OTHER], NOW_S) == Found(MAIL)


def test_linking_moves_what_was_known_to_the_first_and_is_done_once(store: Store) -> None:
    store.put_segments([(MAIL, (1,)), (PHONE, (2,))], DMP, TODAY)
    store.add_touches([(MAIL, contact(1)), (PHONE, contact(2, NOW_S + 1))])
    store.add_interests([(PHONE, interest(3))])
    assert store.link([(MAIL, PHONE), (MAIL, MAIL)]) == 1
    assert store.link([(MAIL, PHONE), (PHONE, MAIL)]) == 0
    found = store.find([PHONE], NOW_S)
    assert found.person == MAIL
    assert sorted(found.profile.segments) == [1, 2]
    assert found.profile.touches == (contact(1), contact(2, NOW_S + 1))
    assert found.profile.interests == (interest(3),)
    assert store.find([MAIL], NOW_S) == found
    assert store.touches(PHONE) == found.profile.touches
    assert store.dossier([PHONE]).linked == 1
    assert store.dossier([PHONE, MAIL]).linked == 0


def test_a_link_leads_to_a_person_of_whom_nothing_else_is_known(store: Store) -> None:
    assert store.link([(MAIL, PHONE)]) == 1
    assert store.find([COOKIE, PHONE], NOW_S) == Found(MAIL, Profile(aliases=(PHONE,)))


def test_links_never_lead_to_links(store: Store) -> None:
    store.put_segments([(COOKIE, (4,))], DMP, TODAY)
    assert store.link([(PHONE, COOKIE), (MAIL, PHONE), (COOKIE, OTHER)]) == 3
    for key in (MAIL, PHONE, COOKIE, OTHER):
        found = store.find([key], NOW_S)
        assert (found.person, found.profile.segments) == (MAIL, (4,))
        # Under each of them a contact may lie that is too young to be stored.
        assert set(found.profile.aliases) == {PHONE, COOKIE, OTHER}
    assert store.dossier([OTHER]).linked == 3


def test_an_id_that_changes_hands_takes_nothing_along(store: Store) -> None:
    store.put_segments([(PHONE, (1,))], DMP, TODAY)
    store.link([(MAIL, PHONE)])
    store.put_segments([(OTHER, (9,))], DMP, TODAY)
    assert store.link([(OTHER, PHONE)]) == 1
    assert store.find([PHONE], NOW_S) == Found(OTHER, Profile((9,), aliases=(PHONE,)))
    assert store.find([MAIL], NOW_S) == Found(MAIL, Profile((1,)))
    assert store.dossier([MAIL]).linked == 0


def test_what_is_said_of_any_id_is_said_of_the_person(store: Store) -> None:
    store.link([(MAIL, PHONE), (MAIL, COOKIE)])
    assert store.put_segments([(PHONE, (1, 2)), (COOKIE, (2, 3)), (MAIL, (4,))], DMP, TODAY) == 1
    assert sorted(profile(store, MAIL).segments) == [1, 2, 3, 4]
    assert store.put_segments([(COOKIE, (7,)), (OTHER, (8,))], DMP, TODAY) == 2
    assert profile(store, MAIL).segments == (7,)
    store.add_touches([(PHONE, contact(1)), (COOKIE, contact(2, NOW_S + 1)), (PHONE, contact(1))])
    store.add_interests([(COOKIE, interest(5))])
    assert profile(store, PHONE).touches == (contact(1), contact(2, NOW_S + 1))
    assert profile(store, PHONE).interests == (interest(5),)


def test_choices_follow_a_link_and_the_strictest_wins(store: Store) -> None:
    store.choose([MAIL], Change("object", 5), NOW_S)
    store.choose([PHONE], Change("object", 3), NOW_S + 1)
    assert store.link([(MAIL, PHONE), (MAIL, COOKIE)]) == 2
    wanted = Choices(objections=(3, 5), at_s=NOW_S + 1)
    for key in (MAIL, PHONE, COOKIE):
        assert store.find([key], NOW_S).choices == wanted


def test_consent_reaches_an_id_that_is_linked_but_none_that_only_comes_along(store: Store) -> None:
    store.choose([MAIL], Change("consent"), NOW_S)
    store.link([(MAIL, PHONE)])
    assert store.find([PHONE], NOW_S).choices.consented
    assert store.find([PHONE, MAIL], NOW_S).choices.consented
    assert not store.find([PHONE, OTHER], NOW_S).choices.consented


def test_a_decision_by_one_id_holds_for_all(store: Store) -> None:
    store.link([(MAIL, PHONE), (MAIL, COOKIE)])
    assert store.choose([PHONE], Change("opt_out"), NOW_S).opted_out
    for key in (MAIL, PHONE, COOKIE):
        assert store.find([key], NOW_S).choices.opted_out
    assert not store.choose([COOKIE], Change("opt_in"), NOW_S + 1).opted_out
    assert not store.find([MAIL, PHONE], NOW_S).choices.opted_out


def test_whoever_opted_out_is_not_joined_and_the_other_id_opts_out_with_them(store: Store) -> None:
    store.put_segments([(MAIL, (1,)), (PHONE, (2,))], CRM, TODAY)
    store.choose([PHONE], Change("opt_out"), NOW_S)
    assert store.link([(MAIL, PHONE)]) == 0
    assert store.find([MAIL], NOW_S) == Found(MAIL, choices=Choices(opted_out=True, at_s=NOW_S))
    assert store.dossier([MAIL]).linked == 0


def test_whoever_was_erased_is_not_joined_and_nobody_else_is_touched(store: Store) -> None:
    store.put_segments([(MAIL, (1,))], CRM, TODAY)
    store.erase([PHONE], NOW_S)
    assert store.link([(MAIL, PHONE), (PHONE, MAIL)]) == 0
    assert store.find([MAIL], NOW_S) == Found(MAIL, Profile((1,)))
    assert store.find([PHONE], NOW_S).choices.erased
