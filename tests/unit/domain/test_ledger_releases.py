"""Who paid a bid, until when leases pay, and what is exposed: told by entries alone."""

from msgspec.structs import replace

from adserver.domain.checkpoints import checkpoint
from adserver.domain.entries import (
    Closed,
    Expired,
    Granted,
    LateLiability,
    Leased,
    Quarantined,
    Released,
)
from adserver.domain.ledger import ABOVE, BUDGET, Ledger
from tests.unit.domain.test_ledger_totals import ITEM, OPENED, OTHER, settled


def test_a_lease_lets_go_further_and_never_back() -> None:
    ledger = Ledger([Leased(1, 5), Released(1, 90), Released(1, 0), Released(1, 80)])
    assert ledger.released == {1: 90}
    ledger.apply(Released(1, 91))
    ledger.apply(Closed(1, 100))
    ledger.apply(Leased(1, 110))
    assert ledger.released == {1: 91}, "also when its worker comes back"


def test_what_is_exposed_is_kept_by_lease_and_key_until_the_lease_expires() -> None:
    ledger = Ledger([Leased(1, 5), Leased(2, 5), Released(1, 90, {ITEM: 30, OTHER: 7})])
    ledger.apply(Released(2, 90, {ITEM: 4}))
    assert ledger.exposed == {1: {ITEM: 30, OTHER: 7}, 2: {ITEM: 4}}
    ledger.apply(Released(1, 91, {ITEM: 0}))
    assert ledger.exposed == {1: {OTHER: 7}, 2: {ITEM: 4}}
    ledger.apply(Expired(1))
    assert (ledger.exposed, ledger.released) == ({2: {ITEM: 4}}, {2: 90})


def test_it_is_known_what_a_bid_took_from_its_lease() -> None:
    ledger = Ledger([*OPENED, Leased(1, 5), Granted(1, 1, 500), Granted(BUDGET, 1, 130)])
    ledger.apply(settled(b"1" * 16))
    ledger.apply(settled(b"2" * 16, lease=BUDGET))
    ledger.apply(settled(b"3" * 16, LateLiability))
    ledger.apply(replace(settled(b"4" * 16, LateLiability), lease=BUDGET))
    paid = [ledger.paid_by_lease(bytes([each]) * 16) for each in b"1234"]
    assert paid == [(130, (1,)), (0, ()), (0, ()), (0, ())]
    assert ledger.beside == {b"2" * 16}
    again = Ledger([checkpoint(ledger)])
    assert again.paid_by_lease(b"2" * 16) == (0, ())
    ledger.prune(1_000)
    assert ledger.beside == {b"2" * 16}
    ledger.prune(1_001)
    assert (ledger.beside, ledger.charged) == (set(), {})


def test_a_price_above_the_bid_is_remembered_as_long_as_a_notice() -> None:
    ledger = Ledger([Quarantined(b"1" * 16, "win", ITEM, "north", 5, 6, 7, until_s=1_000)])
    ledger.prune(1_000)
    assert ledger.has_seen(b"1" * 16, ABOVE)
    assert not ledger.has_seen(b"2" * 16, ABOVE)
    ledger.prune(1_001)
    assert not ledger.has_seen(b"1" * 16, ABOVE)
