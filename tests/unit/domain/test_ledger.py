"""The ledger moves money between three places and invents none."""

import msgspec
import pytest

from adserver.domain.checkpoints import checkpoint
from adserver.domain.entries import (
    AnyEntry,
    Closed,
    Expired,
    Granted,
    LateLiability,
    Leased,
    Opened,
    Ordered,
    Quarantined,
    Returned,
    Seen,
    Settled,
)
from adserver.domain.ledger import KEEP_WINDOWS_S, Ledger
from tests.unit.domain.accounts import totals

BID = b"b" * 16
LIFE, DAY = "line_item/tent/life", "line_item/tent/2026-11-21"
BEGIN: tuple[AnyEntry, ...] = (
    Leased(1, 100),
    Opened(1, 77, (LIFE, DAY), 0, 86_400),
    Granted(1, 1, 500),
)


def settled(kind: type[Settled] = Settled, bid: bytes = BID) -> Settled:
    return kind(
        bid=bid, kind="billing", line_item=77, exchange="north", lease=1, pots=(1,), reserved=130,
        media=100, data=5, tech=10, margin=15, at_s=200, until_s=1_000,
    )  # fmt: skip


def test_grant_settle_and_return_move_money_in_every_account_of_the_chain() -> None:
    ledger = Ledger([*BEGIN, settled(), Returned(1, 1, 70)])
    for name in (LIFE, DAY):
        assert (ledger.spent(name), ledger.outstanding(name)) == (130, 300)
        assert ledger.headroom(name, 1_000) == 570
    assert ledger.entries[77] == (100, 5, 10, 15)


def test_late_liability_leaves_leases_alone_and_eats_headroom() -> None:
    ledger = Ledger([*BEGIN, settled(LateLiability)])
    account = ledger.account(LIFE)
    assert (account.settled, account.outstanding, account.late) == (0, 500, 130)
    assert ledger.headroom(LIFE, 600) == -30


def test_a_bid_settles_once_even_if_told_twice() -> None:
    with pytest.raises(ValueError, match="settled already"):
        Ledger([*BEGIN, settled(), settled(LateLiability)])


def test_a_lease_cannot_give_what_it_has_not() -> None:
    with pytest.raises(ValueError, match="does not hold 501"):
        Ledger([*BEGIN, Returned(1, 1, 501)])


def test_dead_lease_returns_what_is_outstanding_only_when_it_expires() -> None:
    ledger = Ledger([*BEGIN, Closed(1, 300)])
    ledger.apply(settled())
    assert ledger.outstanding(LIFE) == 370
    ledger.apply(Expired(1))
    assert (ledger.spent(LIFE), ledger.outstanding(LIFE)) == (130, 0)


def test_pot_of_a_moment_is_that_of_its_half_open_window() -> None:
    ledger = Ledger([*BEGIN, Opened(2, 77, (LIFE, "next"), 86_400, 172_800)])
    assert [ledger.pot_at(77, at) for at in (0, 86_399, 86_400, 172_800)] == [1, 1, 2, None]


def test_notices_are_forgotten_only_when_their_tokens_are_over() -> None:
    ledger = Ledger([*BEGIN, Seen(BID, "billing", 77, 1_000), settled()])
    ledger.prune(1_000)
    assert ledger.has_seen(BID, "billing")
    assert BID in ledger.charged
    ledger.prune(1_001)
    assert not ledger.has_seen(BID, "billing")
    assert BID not in ledger.charged
    assert ledger.counts[77, "billing"] == 1


def test_old_windows_go_but_lifetime_totals_and_money_in_use_stay() -> None:
    later = 86_400 + KEEP_WINDOWS_S + 1
    ledger = Ledger([*BEGIN, settled()])
    ledger.prune(later)
    assert DAY in ledger.accounts
    ledger.apply(Returned(1, 1, 370))
    ledger.prune(later)
    assert DAY not in ledger.accounts
    assert ledger.spent(LIFE) == 130


def test_checkpoint_is_the_whole_state_and_survives_its_wire_form() -> None:
    entries: list[AnyEntry] = [
        *BEGIN,
        settled(),
        Seen(BID, "billing", 77, 1_000),
        Ordered("shop", b"o" * 16, 5, 900, 77, "click"),
        Quarantined(BID, "win", 77, "north", 5, 6, 7),
        Closed(1, 300),
    ]
    ledger = Ledger(entries)
    wire = msgspec.msgpack.encode(checkpoint(ledger))
    again = Ledger([msgspec.msgpack.decode(wire, type=AnyEntry)])
    assert totals(again.accounts) == totals(ledger.accounts)
    assert checkpoint(again) == checkpoint(ledger)
    assert again.has_order("shop", b"o" * 16)
    assert again.counts[77, "order"] == 1
    again.apply(Expired(1))
    assert again.outstanding(LIFE) == 0
