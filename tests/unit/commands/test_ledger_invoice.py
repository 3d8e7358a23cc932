"""An invoice: exact sums by the advertiser's own days, invalid traffic left out, corrections apart, rounded once."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from adserver.commands.ledger.invoice import Invoice, make
from adserver.commands.ledger.invoice_page import page
from adserver.domain.campaign import Advertiser, Catalog
from adserver.domain.entries import AnyEntry, Granted, LateLiability, Leased, Opened, Seen
from adserver.domain.ledger import Ledger
from adserver.errors import InvalidConfig
from tests.unit.domain.test_books import DAY_S, ITEM, MIDNIGHT_S, adjusted, opened, sold

CATALOG = Catalog(
    (
        Advertiser(
            id="shop", name="<b>Shop</b> & Co", domain="shop.example", timezone="Pacific/Auckland"
        ),
    )
)
NOON_S = int(datetime(2026, 11, 22, 12, tzinfo=UTC).timestamp())
MOVED = ("line_item/tent", "insertion_order/second", "campaign/summer", "advertiser/shop")
OTHER = ("line_item/boot", "insertion_order/boots", "campaign/boots", "advertiser/cobbler")


def pot(number: int, key: int, names: tuple[str, ...], day: str) -> Opened:
    accounts = tuple(f"{name}/{window}" for name in names for window in ("life", day))
    return Opened(number, key, accounts, NOON_S, NOON_S + DAY_S)


ENTRIES: tuple[AnyEntry, ...] = (
    Leased(1, 100), opened(), Granted(1, 1, 10_000),
    pot(2, ITEM, MOVED, "2026-11-23"), Granted(1, 2, 10_000),
    pot(3, 5, OTHER, "2026-11-22"), Granted(1, 3, 10_000),
    sold(1), sold(2, LateLiability), sold(3), Seen(bytes([3]) * 16, "impression", ITEM, 2**40, "crawlers", MIDNIGHT_S),
    sold(4, pots=(2,), bid_s=NOON_S), sold(5, pots=(3,), line_item=5), adjusted(1, -30, NOON_S),
)  # fmt: skip


def invoice(first: int, last: int, **changes: Any) -> Invoice:
    ledger = changes.pop("ledger", None) or Ledger(ENTRIES)
    days = date(2026, 11, first), date(2026, 11, last)
    return make(ledger, changes.get("catalog", CATALOG), changes.get("advertiser", "shop"), *days)


def test_a_line_has_its_parts_and_what_is_taken_off() -> None:
    (line,) = invoice(22, 22).lines
    assert (line.campaign, line.insertion_order, line.line_item) == ("summer", "order", "tent")
    assert (line.media, line.data, line.tech, line.margin) == (300, 15, 30, 45)
    assert (line.late, line.adjusted) == (130, -30)
    assert (line.invalid_impressions, line.invalid) == (1, -130)
    assert line.total == 3 * 130 - 30 - 130
    assert line.impressions_ppm == 5_000_000  # three bids, and two that were corrected


def test_days_that_follow_each_other_make_up_their_span() -> None:
    both = invoice(22, 23)
    assert both.total == invoice(22, 22).total + invoice(23, 23).total
    assert [line.insertion_order for line in both.lines] == ["order", "second"]
    assert invoice(24, 30).lines == ()
    assert invoice(24, 30).total == 0


def test_another_advertiser_pays_what_is_theirs_though_no_campaign_is_left() -> None:
    theirs = invoice(1, 30, catalog=None, advertiser="cobbler")
    assert (theirs.name, theirs.total) == ("", 130)
    with pytest.raises(InvalidConfig, match="'nobody' is in no campaign"):
        invoice(1, 30, advertiser="nobody")


def test_whole_months_are_left_when_days_are_gone() -> None:
    ledger = Ledger(ENTRIES)
    before = invoice(1, 30, ledger=ledger)
    ledger.prune(MIDNIGHT_S + 120 * DAY_S)
    assert invoice(1, 30, ledger=ledger) == before
    with pytest.raises(
        InvalidConfig, match="2026-11 are kept by month only: ask for the whole month"
    ):
        invoice(2, 30, ledger=ledger)


def test_december_is_a_whole_month_too() -> None:
    month = (
        Leased(1, 1), pot(1, ITEM, MOVED, "2025-12-30"), Granted(1, 1, 500), sold(1, bid_s=MIDNIGHT_S - 330 * DAY_S),
    )  # fmt: skip
    ledger = Ledger(month)
    ledger.prune(MIDNIGHT_S)
    found = make(ledger, CATALOG, "shop", date(2025, 12, 1), date(2025, 12, 31))
    assert found.total == 130


def test_the_page_escapes_every_name_and_needs_nothing_else() -> None:
    html = page(invoice(22, 23), "EUR")
    assert "&lt;b&gt;Shop&lt;/b&gt; &amp; Co" in html
    assert "<b>" not in html
    assert not any(word in html for word in ("<script", "http://", "https://", "src=", "<link"))
    assert "Pacific/Auckland" in html
    assert "Nothing was billed on these days." in page(invoice(24, 30), "EUR")
