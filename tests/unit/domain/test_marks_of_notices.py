"""A mark stays with its notice: until it is corrected, until the notice is forgotten."""

from adserver.domain.entries import Corrected, LateLiability, Seen, Settled
from adserver.domain.ledger import Ledger
from adserver.domain.marks import FOLDED, KEEP_S, SPEND, Mark, Marks, by_day, by_line_item
from adserver.domain.validity import Correction
from adserver.domain.week import DAY_S

ITEM = 7
BID = b"b" * 16
FOR_EVER = 10**9


def seen(bid: bytes = BID, rule: str = "crawlers", day: int = 0, kind: str = "impression") -> Seen:
    return Seen(bid, kind, ITEM, FOR_EVER, rule, day * DAY_S + 50)


def corrected(rule: str = "crawlers", *, valid: bool = True) -> Corrected:
    return Corrected(Correction(rule, 0, 2 * DAY_S, valid=valid, at_s=60))


def test_a_notice_is_invalid_by_its_rule_until_that_is_taken_back_and_again_when_that_is() -> None:
    ledger = Ledger([seen(), seen(b"2" * 16, "fast_clicks")])
    assert ledger.invalid_by(BID, "impression") == "crawlers"
    assert ledger.invalid_by(b"?" * 16, "impression") == ""
    ledger.apply(corrected())
    assert ledger.invalid_by(BID, "impression") == ""
    assert ledger.is_marked(BID, "impression"), "it was counted, whatever was corrected since"
    assert ledger.invalid_by(b"2" * 16, "impression") == "fast_clicks"
    ledger.apply(corrected(valid=False))
    assert ledger.invalid_by(BID, "impression") == "crawlers"


def test_what_is_billed_for_a_restored_impression_counts_as_restored() -> None:
    billed = LateLiability(BID, "billing", ITEM, "north", 1, (), 130, 100, 5, 10, 15, 70, FOR_EVER)
    ledger = Ledger([seen(), corrected(), billed])
    assert by_line_item(ledger.marks.invalid) == {}
    assert by_line_item(ledger.marks.restored) == {(ITEM, "impression"): 1, (ITEM, SPEND): 130}


def test_a_valid_notice_takes_the_place_of_one_that_was_restored() -> None:
    ledger = Ledger([seen(), corrected(), seen(rule="")])
    assert by_line_item(ledger.marks.restored) == {}
    assert ledger.counts == {(ITEM, "impression"): 1}


def test_what_is_marked_is_added_up_by_rule_and_day() -> None:
    bids = [bytes([number]) * 16 for number in range(5)]
    told = [seen(bids[0]), seen(bids[1]), seen(bids[2], day=1), seen(bids[3], "fast_clicks"), seen(bids[4], kind="click")]  # fmt: skip
    assert by_day(Ledger(told).marks.invalid) == {
        ("crawlers", 0, "impression"): 2,
        ("crawlers", DAY_S, "impression"): 1,
        ("fast_clicks", 0, "impression"): 1,
        ("crawlers", 0, "click"): 1,
    }
    marks = Marks()
    for item in (ITEM, ITEM + 1):
        marks.count(Mark(item, "crawlers", 0), "click", 2)
    assert by_day(marks.invalid) == {("crawlers", 0, "click"): 4}


def test_a_mark_keeps_its_day_as_long_as_it_can_be_corrected() -> None:
    """To the last second, and no longer."""
    ledger = Ledger([seen(), seen(b"2" * 16, day=1)])
    ledger.prune(KEEP_S)
    assert {mark.day_s for mark in ledger.marks.of_notice.values()} == {0, DAY_S}
    assert {key.day_s for key in ledger.marks.invalid} == {0, DAY_S}
    ledger.prune(KEEP_S + 1)
    assert {mark.day_s for mark in ledger.marks.of_notice.values()} == {FOLDED, DAY_S}
    assert {key.day_s for key in ledger.marks.invalid} == {FOLDED, DAY_S}
    ledger.apply(corrected())
    assert ledger.invalid_by(BID, "impression") == "crawlers"
    assert ledger.invalid_by(b"2" * 16, "impression") == ""


def test_a_bid_that_cost_nothing_leaves_no_trace_among_marks() -> None:
    free = Settled(BID, "billing", ITEM, "north", 1, (), 0, 0, 0, 0, 0, 70, FOR_EVER)
    assert by_line_item(Ledger([seen(), free]).marks.invalid) == {(ITEM, "impression"): 1}
