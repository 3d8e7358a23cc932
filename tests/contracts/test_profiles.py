"""What every store of profiles must do: audiences, contacts and interests in, a profile out."""

from pathlib import Path

import pytest

from adserver.domain.choices import NO_CHOICES
from adserver.domain.grant import Basis, Grant, Use
from adserver.domain.person import NOBODY, Found, Interest, Membership, PersonKey, Profile, Touch
from tests.contracts.profile_stores import STORES, Store

ADA, BEN, NONE = (bytes([number]) * 16 for number in (1, 2, 3))
DAY_S = 24 * 3_600
NOW_S = 1_800_000_000
TODAY = NOW_S // DAY_S
DMP = Grant("dmp", keep_days=10)
CRM = Grant("crm", Basis.OPT_IN, (Use.SELECT, Use.TRAIN))
SERVICE = Grant("service", Basis.CONTRACT, (Use.SERVICE,))


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return STORES[request.param](tmp_path)


def profile(store: Store, person: PersonKey, now_s: float = NOW_S) -> Profile:
    return store.find([person], now_s).profile


def contact(bid: int, at_s: int = NOW_S, kind: str = "impression") -> Touch:
    return Touch(kind, at_s, 1 << 62, 7, bid.to_bytes(16, "big"))


def interest(topic: int, at_s: int = NOW_S) -> Interest:
    return Interest("click", at_s, topic)


def test_an_unknown_person_is_nobody(store: Store) -> None:
    assert store.find([NONE], NOW_S) == Found(NONE, NOBODY, NO_CHOICES)
    assert store.touches(NONE) == ()


def test_segments_come_back_as_they_were_put(store: Store) -> None:
    many = tuple(range(1 << 31, (1 << 31) + 700))
    assert store.put_segments([(BEN, many), (ADA, (0, 1, 2**32 - 1))], DMP, TODAY) == 2
    assert profile(store, ADA) == Profile((0, 1, 2**32 - 1))
    assert profile(store, BEN).segments == many


def test_more_segments_than_a_statement_holds_come_back_all(store: Store) -> None:
    most = tuple(range(70_000))
    store.put_segments([(ADA, most)], DMP, TODAY)
    assert profile(store, ADA).segments == most


def test_a_source_replaces_what_it_said_and_leaves_all_else_alone(store: Store) -> None:
    store.put_segments([(ADA, (1, 2)), (BEN, (3,))], DMP, TODAY - 1)
    store.put_segments([(ADA, (5,))], CRM, TODAY)
    store.add_touches([(ADA, contact(1))])
    store.put_segments([(ADA, (9,))], Grant("dmp", Basis.LEGITIMATE_INTEREST), TODAY)
    assert set(profile(store, ADA).segments) == {5, 9}
    assert profile(store, ADA).touches == (contact(1),)
    assert profile(store, BEN) == Profile((3,))
    store.put_segments([(ADA, ())], CRM, TODAY)
    assert profile(store, ADA).segments == (9,)


def test_somebody_who_left_all_segments_is_unknown_again(store: Store) -> None:
    store.put_segments([(ADA, (1,))], DMP, TODAY)
    assert store.put_segments([(ADA, ())], DMP, TODAY) == 1
    assert store.find([ADA, BEN], NOW_S) == Found(ADA)
    store.put_segments([(BEN, (2,))], DMP, TODAY)
    assert store.find([ADA, BEN], NOW_S) == Found(BEN, Profile((2,)))


def test_a_person_named_twice_counts_once_with_what_was_said_last(store: Store) -> None:
    assert store.put_segments([(ADA, (1,)), (BEN, ()), (ADA, (2,))], DMP, TODAY) == 2
    assert profile(store, ADA).segments == (2,)


def test_a_segment_that_two_sources_name_is_there_once(store: Store) -> None:
    store.put_segments([(ADA, (1, 2))], DMP, TODAY)
    store.put_segments([(ADA, (2, 3))], CRM, TODAY)
    assert sorted(profile(store, ADA).segments) == [1, 2, 3]


def test_only_what_may_choose_an_ad_does_and_only_as_long_as_it_holds(store: Store) -> None:
    store.put_segments([(ADA, (1,))], DMP, TODAY)
    store.put_segments([(ADA, (2,))], SERVICE, TODAY)
    store.put_segments([(BEN, (3,))], SERVICE, TODAY)
    assert profile(store, ADA).segments == (1,)
    assert profile(store, ADA, NOW_S + 9 * DAY_S).segments == (1,)
    assert profile(store, ADA, NOW_S + 10 * DAY_S).segments == ()
    assert profile(store, ADA, NOW_S).segments == (1,)
    assert profile(store, ADA, NOW_S - DAY_S).segments == ()  # said tomorrow: a broken clock
    assert profile(store, BEN) == NOBODY


def test_the_dossier_shows_all_of_it_with_its_right_and_day(store: Store) -> None:
    store.put_segments([(ADA, (1, 2))], DMP, TODAY - 3)
    store.put_segments([(ADA, (4,))], SERVICE, TODAY)
    store.add_touches([(ADA, contact(1))])
    store.add_interests([(ADA, interest(6))])
    found = store.dossier([ADA])
    assert set(found.memberships) == {
        Membership(1, DMP, TODAY - 3), Membership(2, DMP, TODAY - 3), Membership(4, SERVICE, TODAY),
    }  # fmt: skip
    assert (found.touches, found.interests) == ((contact(1),), (interest(6),))
    assert (found.choices, found.linked) == (NO_CHOICES, 0)


def test_what_has_expired_goes_with_the_next_change(store: Store) -> None:
    store.put_segments([(ADA, (1,))], DMP, TODAY)
    store.add_touches([(ADA, contact(1, NOW_S + 9 * DAY_S))])
    assert len(store.dossier([ADA]).memberships) == 1
    store.add_touches([(ADA, contact(2, NOW_S + 10 * DAY_S))])
    assert store.dossier([ADA]).memberships == ()


def test_names_are_told_as_far_as_they_are_known(store: Store) -> None:
    store.put_names({7: "cyclist", 1 << 62: "Rücklichter"})
    store.put_names({7: "cyclists"})
    assert store.names([7, 8, 1 << 62]) == {7: "cyclists", 1 << 62: "Rücklichter"}
    assert store.find([NONE], NOW_S) == Found(NONE)


def test_contacts_are_kept_in_order_of_time_beside_segments(store: Store) -> None:
    store.put_segments([(ADA, (5,))], DMP, TODAY)
    store.add_touches([(ADA, contact(2, NOW_S + 5)), (BEN, contact(3))])
    store.add_touches([(ADA, contact(1, NOW_S)), (ADA, contact(2, NOW_S + 9, "click"))])
    wanted = (contact(1, NOW_S), contact(2, NOW_S + 5), contact(2, NOW_S + 9, "click"))
    assert profile(store, ADA) == Profile((5,), wanted)
    assert store.touches(ADA) == wanted
    assert store.touches(BEN) == (contact(3),)


def test_a_batch_that_is_repeated_changes_nothing(store: Store) -> None:
    batch = [(ADA, contact(1)), (ADA, contact(1, NOW_S + 1, "click"))]
    store.add_touches(batch)
    store.add_touches(batch)
    store.add_touches([(ADA, contact(1, NOW_S + 60))])
    assert store.touches(ADA) == (contact(1), contact(1, NOW_S + 1, "click"))
    trail = [(ADA, interest(2)), (ADA, interest(1, NOW_S + 1))]
    store.add_interests(trail)
    store.add_interests(trail)
    assert profile(store, ADA).interests == (interest(2), interest(1, NOW_S + 1))


def test_only_the_newest_64_contacts_and_interests_are_kept(store: Store) -> None:
    store.add_touches([(ADA, contact(number, NOW_S + number)) for number in range(100)])
    store.add_interests([(ADA, interest(number, NOW_S + number)) for number in range(100)])
    assert [touch.at_s - NOW_S for touch in store.touches(ADA)] == list(range(36, 100))
    assert [each.topic for each in profile(store, ADA).interests] == list(range(36, 100))


def test_contacts_older_than_30_days_than_the_newest_are_dropped(store: Store) -> None:
    store.add_touches([(ADA, contact(1, NOW_S)), (ADA, contact(2, NOW_S + DAY_S))])
    store.add_touches([(ADA, contact(3, NOW_S + 30 * DAY_S))])
    assert store.touches(ADA) == (contact(2, NOW_S + DAY_S), contact(3, NOW_S + 30 * DAY_S))


def test_interests_are_forgotten_after_90_days_even_if_no_new_ones_come(store: Store) -> None:
    store.add_interests([(ADA, interest(1)), (ADA, interest(2, NOW_S + DAY_S))])
    assert profile(store, ADA, NOW_S + 90 * DAY_S).interests == (interest(2, NOW_S + DAY_S),)
    store.add_interests([(ADA, interest(3, NOW_S + 90 * DAY_S))])
    assert [each.topic for each in store.dossier([ADA]).interests] == [2, 3]


def test_an_empty_batch_is_nothing_to_do(store: Store) -> None:
    store.add_touches([])
    store.add_interests([])
    store.put_names({})
    assert store.put_segments([], DMP, TODAY) == 0
    assert store.link([]) == 0
