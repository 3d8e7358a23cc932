"""Young contacts count once, wherever they are known from, and no longer than they are young."""

from adserver.background.contacts import PENDING_S, PUSHED_S, PendingContacts
from adserver.domain.person import Touch

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
