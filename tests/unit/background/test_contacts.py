"""Young contacts count once, wherever they are known from, and no longer than they are young."""

from adserver.background.contacts import MAX_YOUNG, PENDING_S, PUSHED_S, PendingContacts
from adserver.domain.person import Touch
from adserver.metrics import CAPPED_IN_FLIGHT

ANNA, BERT = b"a" * 16, b"b" * 16


def touch(serial: int, kind: str = "impression") -> Touch:
    return Touch(kind, 100, 7, 8, serial.to_bytes(16))


def test_bid_in_flight_counts_until_it_loses_or_is_too_old() -> None:
    contacts = PendingContacts()
    contacts.expect(ANNA, touch(1), 100.0)
    contacts.expect(ANNA, touch(2), 101.0)
    assert contacts.pending(ANNA) == (touch(1), touch(2))
    assert contacts.pending(BERT) == ()
    contacts.forget(touch(2).bid)
    assert contacts.pending(ANNA) == (touch(1),)
    contacts.expire(100.0 + PENDING_S)
    assert contacts.pending(ANNA) == ()
    contacts.expire(1_000.0)
    assert not contacts._people
    assert not contacts._person_of


def test_a_flood_in_one_person_s_name_is_remembered_only_so_far() -> None:
    """The newest count; and nothing of the others is kept anywhere once they are old."""
    contacts = PendingContacts()
    for serial in range(3 * MAX_YOUNG):
        contacts.expect(ANNA, touch(serial), 100.0)
    assert contacts.pending(ANNA) == tuple(map(touch, range(2 * MAX_YOUNG, 3 * MAX_YOUNG)))
    assert len(contacts._person_of) == MAX_YOUNG
    contacts.expire(1_000.0)
    assert not contacts._people
    assert not contacts._person_of


def test_reported_impression_takes_the_place_of_its_bid() -> None:
    contacts = PendingContacts()
    contacts.expect(ANNA, touch(1), 100.0)
    contacts.report(ANNA, touch(1), 110.0)
    contacts.report(BERT, touch(2), 110.0)
    contacts.forget(touch(1).bid)
    assert contacts.pending(ANNA) == (touch(1),)
    contacts.expire(110.0 + PUSHED_S)
    assert contacts.pending(ANNA) == contacts.pending(BERT) == ()
    contacts.expire(1_000.0)


def test_merging_counts_an_impression_once_and_keeps_clicks() -> None:
    contacts = PendingContacts()
    stored = (touch(1), touch(2, "click"))
    assert contacts.merged(ANNA, stored) is stored
    contacts.report(ANNA, touch(1), 100.0)
    contacts.expect(ANNA, touch(2), 100.0)
    assert contacts.merged(ANNA, stored) == (*stored, touch(2))


def test_a_clock_set_forward_makes_no_contact_older() -> None:
    """Caps fail closed: what was an hour ago is an hour ago, and bids in flight stay in flight."""

    def at(at_s: int, serial: int) -> Touch:
        return Touch("impression", at_s, 7, 8, serial.to_bytes(16))

    contacts = PendingContacts()
    contacts.expect(ANNA, at(1_000, 1), 1_000.0)
    contacts.clock_set(1_010.0, 86_400.0)
    contacts.expire(86_400.0 + 1_000.0 + PENDING_S - 1)
    stored = (at(500, 2), at(87_450, 3))
    now_s = 86_400 + 1_100
    assert [now_s - each.at_s for each in contacts.merged(ANNA, stored)] == [600, 50, 100]
    contacts.expire(86_400.0 + 1_000.0 + PENDING_S)
    assert not contacts.pending(ANNA)
    contacts.clock_set(87_500.0, -86_400.0)
    assert contacts.merged(ANNA, stored) == stored
    contacts.expect(BERT, at(1_100, 4), 1_100.0)
    contacts.clock_set(1_100.0, -3_600.0)
    contacts.expire(1_100.0 - 3_600.0 + PENDING_S)
    assert not contacts.pending(BERT), "nor does one set back keep them for an hour"


def test_one_impression_may_be_a_person_s_and_a_household_s() -> None:
    contacts = PendingContacts()
    for key in (ANNA, BERT):
        contacts.expect(key, touch(1), 100.0)
        contacts.expect(key, touch(2), 100.0)
    contacts.forget(touch(1).bid)
    assert contacts.pending(ANNA) == contacts.pending(BERT) == (touch(2),)
    contacts.forget_person(ANNA)
    assert contacts.pending(ANNA) == ()
    assert contacts.pending(BERT) == (touch(2),)
    for key in (ANNA, BERT):
        contacts.report(key, touch(2), 101.0)
    contacts.forget(touch(2).bid)  # it came true: a late word of its loss changes nothing
    assert contacts.pending(BERT) == (touch(2),)
    contacts.expire(1_000.0)
    assert not contacts._people
    assert not contacts._person_of


def test_contacts_under_all_keys_of_a_person_count_once_each() -> None:
    """An id may have become theirs after a bid was made for it alone."""
    contacts = PendingContacts()
    contacts.expect(BERT, touch(1), 100.0)
    contacts.expect(ANNA, touch(2), 100.0)
    contacts.report(BERT, touch(3), 100.0)
    stored = (touch(3),)
    assert set(contacts.merged(ANNA, stored, (BERT,))) == {touch(1), touch(2), touch(3)}
    assert len(contacts.merged(ANNA, stored, (BERT,))) == 3
    assert contacts.merged(ANNA, stored, (b"c" * 16,)) == (*stored, touch(2))


def test_what_no_cap_counts_takes_no_memory() -> None:
    contacts = PendingContacts(counted={8})
    contacts.expect(ANNA, touch(1), 100.0)
    contacts.report(ANNA, touch(2), 100.0)
    assert not contacts._people
    counts = Touch("impression", 100, 8, 8, bytes(16))
    contacts.expect(ANNA, counts, 100.0)
    assert contacts.pending(ANNA) == (counts,)


def test_bids_in_flight_are_told_as_a_metric() -> None:
    contacts = PendingContacts()
    for serial in range(3):
        contacts.expect(ANNA, touch(serial), 100.0)
    contacts.expect(BERT, touch(0), 100.0)  # the same bid, for the household
    contacts.report(ANNA, touch(1), 101.0)
    contacts.expire(101.0)
    assert CAPPED_IN_FLIGHT._value.get() == 2
    contacts.expire(1_000.0)
    assert CAPPED_IN_FLIGHT._value.get() == 0
