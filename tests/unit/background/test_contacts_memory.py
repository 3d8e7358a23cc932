"""Which young contacts count, under which keys, and that nothing is left of what is forgotten."""

from adserver.background.contacts import MAX_YOUNG, PENDING_S, PUSHED_S, PendingContacts
from adserver.domain.person import Touch

ANNA, BERT, CARA = b"a" * 16, b"b" * 16, b"c" * 16


def touch(serial: int, line_item: int = 7, at_s: int = 100) -> Touch:
    return Touch("impression", at_s, line_item, 8, serial.to_bytes(16))


def empty(contacts: PendingContacts) -> bool:
    return not (contacts._people or contacts._person_of or contacts._reported)


def test_where_nothing_was_said_all_stored_contacts_are_there() -> None:
    assert PendingContacts().counted_since_s == 0


def test_contacts_count_for_line_items_that_a_cap_counts_whether_expected_or_reported() -> None:
    contacts = PendingContacts(counted={7})
    contacts.expect(ANNA, touch(1), 100.0)
    contacts.report(ANNA, touch(2), 100.0)
    contacts.expect(ANNA, touch(3, 9), 100.0)
    contacts.report(ANNA, touch(4, 9), 100.0)
    assert contacts.pending(ANNA) == (touch(1), touch(2))


def test_a_report_counts_until_the_profiles_have_it_and_no_longer() -> None:
    contacts = PendingContacts()
    contacts.report(ANNA, touch(1), 100.0)
    contacts.expire(100.0 + PUSHED_S - 0.1)
    assert contacts.pending(ANNA) == (touch(1),)
    contacts.expire(100.0 + PUSHED_S)
    assert contacts.pending(ANNA) == ()
    assert empty(contacts)


def test_a_bid_made_again_after_its_report_was_let_go_of_can_be_lost_as_any_other() -> None:
    contacts = PendingContacts()
    contacts.report(ANNA, touch(1), 100.0)
    contacts.expire(100.0 + PUSHED_S)
    contacts.expect(ANNA, touch(1), 110.0)
    contacts.forget(touch(1).bid)
    assert contacts.pending(ANNA) == ()


def test_nothing_of_a_person_who_is_forgotten_is_left() -> None:
    contacts = PendingContacts()
    contacts.expect(ANNA, touch(1), 100.0)
    contacts.report(ANNA, touch(2), 100.0)
    contacts.expect(BERT, touch(1), 100.0)
    contacts.forget_person(CARA)
    contacts.forget_person(ANNA)
    assert contacts.pending(ANNA) == ()
    assert contacts._person_of == {touch(1).bid: (BERT,)}
    assert not contacts._reported
    contacts.forget_person(BERT)
    assert empty(contacts)
    contacts.expire(100.0 + PENDING_S)


def test_of_a_flood_of_reports_only_the_newest_are_known_to_have_come() -> None:
    contacts = PendingContacts()
    for serial in range(2 * MAX_YOUNG):
        contacts.report(ANNA, touch(serial), 100.0)
    assert len(contacts._reported) == len(contacts._person_of) == MAX_YOUNG
    contacts.forget_person(ANNA)
    assert empty(contacts)


def test_young_contacts_under_another_key_are_the_persons_too_alone_or_beside_their_own() -> None:
    contacts = PendingContacts()
    contacts.expect(BERT, touch(1), 100.0)
    assert contacts.merged(ANNA, (), (CARA, BERT)) == (touch(1),)
    contacts.expect(ANNA, touch(2), 100.0)
    contacts.expect(CARA, touch(3), 100.0)
    found = contacts.merged(ANNA, (touch(9),), (BERT, CARA))
    assert sorted(each.bid for each in found) == [touch(serial).bid for serial in (1, 2, 3, 9)]
    assert contacts.pending(ANNA) == (touch(2),), "asking moves nothing"
    assert contacts.pending(BERT) == (touch(1),)


def test_a_clock_set_forward_by_a_second_makes_contacts_a_second_younger() -> None:
    contacts = PendingContacts()
    contacts.expect(ANNA, touch(1), 100.0)
    contacts.clock_set(100.0, 1.0)
    assert contacts.pending(ANNA) == (touch(1, at_s=101),)
    stored = touch(2), touch(3, at_s=500)
    moved = contacts.merged(BERT, stored)
    assert moved == (touch(2, at_s=101), touch(3, at_s=500))
    assert moved[1] is stored[1]
