"""Books: what lands in which row, what corrections do, and what is left after a long time."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from adserver.domain.balance import faults, lease_fault
from adserver.domain.book_rows import Claim, ClaimKey, Flaw, FlawKey, RowKey
from adserver.domain.checkpoints import checkpoint
from adserver.domain.entries import (
    Adjusted,
    AnyEntry,
    Checkpoint,
    Closed,
    Corrected,
    Expired,
    Granted,
    LateLiability,
    Leased,
    Opened,
    Quarantined,
    Returned,
    Seen,
    Settled,
)
from adserver.domain.ledger import Ledger
from adserver.domain.validity import Correction

ITEM = 77
NAMES = ("line_item/tent", "insertion_order/order", "campaign/summer", "advertiser/shop")
DAY_S = 86_400
MIDNIGHT_S = int(datetime(2026, 11, 22, tzinfo=UTC).timestamp())
AUCKLAND_S = MIDNIGHT_S - 13 * 3_600
"""Where 22 November begins 13 hours earlier."""


def opened(pot: int = 1, day: str = "2026-11-22", start_s: int = AUCKLAND_S) -> Opened:
    accounts = tuple(f"{name}/{window}" for name in NAMES for window in ("life", day))
    return Opened(pot, ITEM, accounts, start_s, start_s + DAY_S)


BEGIN: tuple[AnyEntry, ...] = (Leased(1, 100), opened(), Granted(1, 1, 10_000))


def sold(bid: int, kind: type[Settled] = Settled, **changes: Any) -> Settled:
    entry = kind(
        bid=bytes([bid]) * 16, kind="billing", line_item=ITEM, exchange="north", lease=1, pots=(1,), reserved=130,
        media=100, data=5, tech=10, margin=15, at_s=MIDNIGHT_S + 60, until_s=MIDNIGHT_S + 90 * DAY_S,
        bid_s=MIDNIGHT_S - 60, wire_price=92, currency="EUR", rate_micros=920_000,
    )  # fmt: skip
    return msgspec.structs.replace(entry, **changes)


def adjusted(number: int, media: int, about_s: int = MIDNIGHT_S) -> Adjusted:
    return Adjusted(
        bytes([number]), ITEM, "north", (1,), media, 0, 0, 0, MIDNIGHT_S + DAY_S, "a report", about_s, 2_000_000,
        media, "EUR",
    )  # fmt: skip


def test_a_row_has_the_advertisers_day_and_that_of_the_bid_in_utc() -> None:
    ledger = Ledger(
        [*BEGIN, sold(1), sold(2, LateLiability, bid_s=MIDNIGHT_S), sold(3, exchange="south")]
    )
    rows = ledger.books.rows
    before = RowKey(0, "north", "2026-11-22", MIDNIGHT_S - DAY_S)
    assert set(rows) == {
        before,
        before._replace(utc_day_s=MIDNIGHT_S),
        before._replace(exchange="south"),
    }
    assert ledger.books.payers[0].names == NAMES
    row = rows[before._replace(utc_day_s=MIDNIGHT_S)]
    assert (row.media, row.late, row.total, row.settled) == (100, 130, 130, 0)
    assert row.wire == {"EUR": 92}
    assert list(faults(ledger)) == []


def test_what_is_billed_without_any_pot_is_in_a_row_of_nobody() -> None:
    ledger = Ledger([*BEGIN, sold(1, LateLiability, pots=())])
    (line,) = ledger.books
    assert (line.payers.names, line.key.day, line.row.late) == ((), "2026-11-21", 130)
    assert list(faults(ledger)) == []


def test_several_impressions_of_one_bid_count_as_many() -> None:
    ledger = Ledger([*BEGIN, sold(1, impressions_ppm=14_200_000)])
    (line,) = ledger.books
    assert (line.row.impressions_ppm, line.row.wire) == (14_200_000, {"EUR": 1_306})


def test_a_correction_is_in_the_row_of_the_day_that_it_is_about() -> None:
    ledger = Ledger([*BEGIN, sold(1, bid_s=MIDNIGHT_S), adjusted(1, -30)])
    (line,) = ledger.books
    row = line.row
    assert (row.media, row.adjusted_media, row.total, row.wire) == (100, -30, 100, {"EUR": 62})
    assert (row.impressions_ppm, row.adjusted_ppm) == (1_000_000, 2_000_000)
    assert ledger.spent("advertiser/shop/2026-11-22") == 100
    with pytest.raises(ValueError, match="booked already"):
        ledger.apply(adjusted(1, 5))
    assert list(faults(ledger)) == []


def test_a_correction_may_take_back_what_was_billed_late() -> None:
    ledger = Ledger([*BEGIN, sold(1, LateLiability), adjusted(1, -130)])
    account = ledger.account("line_item/tent/life")
    assert (account.settled, account.late) == (-130, 130)
    assert list(faults(ledger)) == []


def test_claims_above_our_bids_are_added_up_by_exchange_day_and_currency() -> None:
    ledger = Ledger()
    for price, currency, rate in ((1_840, "EUR", 920_000), (920, "EUR", 920_000), (700, "", 0)):
        ledger.apply(
            Quarantined(b"b", "win", ITEM, "north", 600, price, MIDNIGHT_S, currency, rate)
        )
    assert ledger.books.claims == {
        ClaimKey("north", MIDNIGHT_S, "EUR"): Claim(2, 2_760, 3_000),
        ClaimKey("north", MIDNIGHT_S, ""): Claim(1, 700, 700),
    }
    assert ledger.quarantined == 3


@pytest.mark.parametrize("order", ["mark first", "bill first"])
@pytest.mark.parametrize("kind", [Settled, LateLiability])
def test_spend_on_invalid_traffic_is_known_by_the_day_that_paid(
    order: str, kind: type[Settled]
) -> None:
    mark = Seen(
        bytes([1]) * 16, "impression", ITEM, MIDNIGHT_S + 90 * DAY_S, "crawlers", MIDNIGHT_S
    )
    bill = sold(1, kind)
    pair: tuple[AnyEntry, ...] = (mark, bill) if order == "mark first" else (bill, mark)
    ledger = Ledger([*BEGIN, *pair])
    key = FlawKey(ITEM, "2026-11-22", "crawlers", MIDNIGHT_S)
    spend = ledger.books.invalid_spend
    assert (spend.invalid, spend.restored) == ({key: Flaw(1, 130)}, {})
    ledger.apply(
        Corrected(Correction("crawlers", MIDNIGHT_S, MIDNIGHT_S + DAY_S, valid=True, at_s=0))
    )
    assert (spend.invalid, spend.restored) == ({}, {key: Flaw(1, 130)})
    assert list(faults(ledger)) == []
    ledger.apply(
        Corrected(Correction("crawlers", MIDNIGHT_S, MIDNIGHT_S + DAY_S, valid=False, at_s=0))
    )
    ledger.apply(Seen(bytes([1]) * 16, "impression", ITEM, MIDNIGHT_S + 90 * DAY_S))
    assert (spend.invalid, spend.restored) == ({}, {})
    assert list(faults(ledger)) == []


def test_after_a_hundred_days_months_are_left_and_every_sum_is_the_same() -> None:
    ledger = Ledger([*BEGIN, opened(2, "2026-11-23", AUCKLAND_S + DAY_S), Granted(1, 2, 1_000)])
    ledger.apply(sold(1))
    ledger.apply(sold(2, pots=(2,), bid_s=MIDNIGHT_S + DAY_S))
    ledger.apply(Quarantined(b"b", "win", ITEM, "north", 6, 7, MIDNIGHT_S))
    ledger.apply(Seen(bytes([1]) * 16, "impression", ITEM, 2**40, "crawlers", MIDNIGHT_S))
    ledger.prune(MIDNIGHT_S + 100 * DAY_S)
    assert len(ledger.books.rows) == 2
    ledger.prune(MIDNIGHT_S + 102 * DAY_S)
    month_s = int(datetime(2026, 11, 1, tzinfo=UTC).timestamp())
    (line,) = ledger.books
    assert line.key == RowKey(0, "north", "2026-11", month_s)
    assert (line.row.impressions_ppm, line.row.total, line.row.wire) == (
        2_000_000,
        260,
        {"EUR": 184},
    )
    assert list(ledger.books.claims) == [ClaimKey("north", month_s, "")]
    assert list(ledger.books.invalid_spend.invalid) == [FlawKey(ITEM, "2026-11", "crawlers", -1)]
    assert list(faults(ledger)) == []
    state = ledger.books.state()
    ledger.prune(MIDNIGHT_S + 103 * DAY_S)
    assert ledger.books.state().rows == state.rows


def test_books_are_kept_in_a_checkpoint() -> None:
    ledger = Ledger([*BEGIN, sold(1), adjusted(1, 7)])
    wire = msgspec.msgpack.encode(checkpoint(ledger))
    again = Ledger([msgspec.msgpack.decode(wire, type=AnyEntry)])
    again.apply(sold(2))
    ledger.apply(sold(2))
    assert again.books.state() == ledger.books.state()
    assert list(faults(again)) == []


def test_a_checkpoint_from_before_there_were_books_opens_them_with_what_accounts_have() -> None:
    old = checkpoint(Ledger([*BEGIN, sold(1)]))
    fields = msgspec.structs.asdict(old) | {"books": None}
    ledger = Ledger([Checkpoint(**fields)])
    ledger.apply(sold(2))
    assert list(faults(ledger)) == []
    ledger.account("campaign/summer/life").settled += 1
    assert len(list(faults(ledger))) == 1


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        (Granted(2, 1, 5), "lease 2 is not known"),
        (Returned(2, 1, 5), "lease 2 is not known"),
        (Closed(2, 5), "lease 2 is not known"),
        (Expired(2), "lease 2 is not known"),
        (Granted(0, 1, 5), ""),  # what budgets pay beside all leases
        (Granted(1, 1, 5), ""),
        (Leased(1, 5), ""),  # its worker came back
        (Leased(2, 5), ""),
    ],
)
def test_entries_of_leases_that_nobody_has_are_seen(entry: AnyEntry, fault: str) -> None:
    assert lease_fault(Ledger(BEGIN), entry) == fault


def test_a_lease_number_that_is_given_twice_is_seen() -> None:
    ledger = Ledger([Leased(1, 5), Leased(2, 5), Expired(1)])
    assert "second time" in lease_fault(ledger, Leased(1, 9))
