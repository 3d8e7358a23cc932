"""Rows of books are sums: of all that fell into them, by the days of two calendars, up to the day that is folded."""

import msgspec
import pytest

from adserver.domain.book_rows import Claim, ClaimKey, FlawKey
from adserver.domain.books import KEEP_DAYS_S
from adserver.domain.entries import AnyEntry, LateLiability, Opened, Quarantined, Seen
from adserver.domain.ledger import Ledger
from adserver.domain.week import DAY_S
from tests.unit.domain.test_books import AUCKLAND_S, BEGIN, ITEM, MIDNIGHT_S, adjusted, sold
from tests.unit.domain.zones import standing_in


def test_bids_and_corrections_of_a_row_are_added_up_in_every_column() -> None:
    corrections = [
        msgspec.structs.replace(adjusted(number, 7, MIDNIGHT_S - 60), data=data, tech=tech, margin=4)
        for number, data, tech in ((1, -1, 2), (2, 30, 500))
    ]  # fmt: skip
    late = [sold(number, LateLiability, impressions_ppm=400_000) for number in (3, 4)]
    ledger = Ledger([*BEGIN, sold(1), sold(2, impressions_ppm=2_500_000), *late, *corrections])
    ((_, _, row),) = ledger.books
    assert row.impressions_ppm == 4_300_000
    assert (row.media, row.data, row.tech, row.margin) == (400, 20, 40, 60)
    assert row.late == 260
    assert (row.adjusted_ppm, row.adjusted_media, row.adjusted_fees) == (4_000_000, 14, 539)


def test_what_is_invalid_counts_on_the_day_that_paid_for_it_and_without_one_on_the_day_of_its_mark() -> None:  # fmt: skip
    """It is the 22nd in Auckland already, and the 21st by UTC."""
    at_s = AUCKLAND_S + 60
    marks = [
        Seen(bytes([bid]) * 16, "impression", ITEM, 10**10, "crawlers", at_s) for bid in (1, 2, 3)
    ]
    forgotten = sold(2, LateLiability, pots=(99,), bid_s=at_s)
    ceiling = Opened(5, 4, ("all/2026-11-21T22",), AUCKLAND_S, AUCKLAND_S + 3_600)
    ledger = Ledger([*BEGIN, ceiling, sold(1, bid_s=at_s)])
    ledger.books.settle(forgotten, ledger.pots)
    ledger.books.settle(sold(3, LateLiability, pots=(5, 1), bid_s=at_s), ledger.pots)
    day_s = MIDNIGHT_S - DAY_S
    for mark, paid in zip(marks, ((1,), (99,), (5, 1)), strict=True):
        ledger.apply(mark)
        ledger.books.mark(ledger.marks.of_notice[mark.bid + b"impression"], paid, ledger.pots, 1, 130)  # fmt: skip
    # The first is counted by the ledger, too, since it knows what that bid cost.
    assert {key: flaw.bids for key, flaw in ledger.books.invalid_spend.invalid.items()} == {
        FlawKey(ITEM, "2026-11-22", "crawlers", day_s): 3,
        FlawKey(ITEM, "2026-11-21", "crawlers", day_s): 1,
    }
    assert sorted((key.day, row.media) for _, key, row in ledger.books) == [("2026-11-21", 100), ("2026-11-22", 200)]  # fmt: skip


def test_a_pot_of_no_levels_has_no_day() -> None:
    ledger = Ledger([Opened(1, ITEM, (), AUCKLAND_S, AUCKLAND_S + DAY_S), sold(1, LateLiability)])
    ((payers, key, _),) = ledger.books
    assert (payers.names, key.day) == ((), "")


def rows(ledger: Ledger) -> list[tuple[str, int]]:
    return sorted((key.day, key.utc_day_s) for _, key, _ in ledger.books)


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_a_day_is_folded_when_both_its_calendars_are_past_it_wherever_the_machine_stands(
    zone: str,
) -> None:
    utc_s, month_s = MIDNIGHT_S - DAY_S, MIDNIGHT_S - 21 * DAY_S
    with standing_in(zone):
        refused = Quarantined(b"q" * 16, "win", ITEM, "north", 5, 6, utc_s + 9)
        entries: list[AnyEntry] = [*BEGIN, sold(1, bid_s=AUCKLAND_S + 60), refused]
        ledger = Ledger(entries)
        for late_s in (0, DAY_S):
            ledger.books.prune(utc_s + KEEP_DAYS_S + late_s)
            assert rows(ledger) == [("2026-11-22", utc_s)], "not past the 21st, and not past the 22nd"  # fmt: skip
        ledger.books.prune(utc_s + KEEP_DAYS_S + 2 * DAY_S)
        assert rows(ledger) == [("2026-11", month_s)]
        assert ledger.books.claims == {ClaimKey("north", month_s, ""): Claim(1, 6, 6)}


def test_a_day_that_utc_has_yet_is_kept_though_the_advertisers_is_over() -> None:
    utc_s = MIDNIGHT_S + DAY_S
    west = [*BEGIN, sold(1, bid_s=utc_s + 60)]  # paid by the 22nd, bid on the 23rd by UTC
    ledger = Ledger(west)
    ledger.books.prune(utc_s + KEEP_DAYS_S)
    assert rows(ledger) == [("2026-11-22", utc_s)]
    ledger.books.prune(utc_s + KEEP_DAYS_S + DAY_S)
    assert rows(ledger) == [("2026-11", MIDNIGHT_S - 21 * DAY_S)]


def test_a_claim_is_folded_the_day_after_it_could_be_argued_about() -> None:
    ledger = Ledger([Quarantined(b"q" * 16, "win", ITEM, "north", 5, 6, MIDNIGHT_S)])
    ledger.books.prune(MIDNIGHT_S + KEEP_DAYS_S)
    assert [key.utc_day_s for key in ledger.books.claims] == [MIDNIGHT_S]
    ledger.books.prune(MIDNIGHT_S + KEEP_DAYS_S + DAY_S)
    assert [key.utc_day_s for key in ledger.books.claims] == [MIDNIGHT_S - 21 * DAY_S]
