"""The books of invalid traffic agree with a recount of everything that ever happened."""

from collections import Counter
from typing import NamedTuple

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from adserver.domain.checkpoints import checkpoint
from adserver.domain.entries import AnyEntry, Corrected, Ordered, Seen, Settled
from adserver.domain.ledger import Ledger
from adserver.domain.marks import FOLDED, KEEP_S, SPEND, by_line_item
from adserver.domain.validity import Correction, Corrections, day_of
from adserver.domain.week import DAY_S

RULES = ("crawlers", "fast_clicks")
DAY_COUNT = 4
ITEM = 7
COST = 130
_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(list[AnyEntry])


class Told(NamedTuple):
    """One thing that happens, at a second of its own."""

    what: str
    bid: int = 0
    rule: str = ""
    first: int = 0
    last: int = 0
    valid: bool = True


bids = st.integers(0, 3)
things = st.one_of(
    st.builds(Told, st.sampled_from(["impression", "click"]), bids, st.sampled_from(["", *RULES])),
    st.builds(Told, st.just("settle"), bids),
    st.builds(
        Told, st.just("correct"), st.just(0), st.sampled_from(RULES),
        st.integers(0, DAY_COUNT - 1), st.integers(0, DAY_COUNT - 1), st.booleans(),
    ),
    st.just(Told("checkpoint")),
)  # fmt: skip


def _bid(number: int) -> bytes:
    return bytes([number]) * 16


def _entry(told: Told, at_s: int, ledger: Ledger) -> AnyEntry | None:
    """Return what the owner would enter."""
    bid = _bid(told.bid)
    if told.what == "checkpoint":
        return None
    if told.what == "correct":
        return Corrected(_correction(told, at_s))
    if told.what == "settle":
        if bid in ledger.charged:
            return None
        return Settled(bid, "billing", ITEM, "north", 1, (), COST, 100, 5, 10, 15, at_s, 10**9)
    if ledger.has_seen(bid, told.what) and (told.rule or not ledger.is_marked(bid, told.what)):
        return None
    return Seen(bid, told.what, ITEM, 10**9, told.rule, at_s)


def _correction(told: Told, at_s: int) -> Correction:
    return Correction(told.rule, told.first * DAY_S, (told.last + 1) * DAY_S, told.valid, at_s)


@given(st.lists(things, max_size=40))
def test_the_books_are_what_a_recount_finds(story: list[Told]) -> None:
    """The oracle keeps every notice and correction, and judges each notice at the end."""
    ledger = Ledger()
    kept: dict[tuple[int, str], tuple[str, int]] = {}
    corrections, settled = [], set()
    for turn, told in enumerate(story):
        at_s = turn * DAY_COUNT * DAY_S // 40
        if told.what == "checkpoint":
            ledger = Ledger(_decoder.decode(_encoder.encode([checkpoint(ledger)])))
            continue
        entry = _entry(told, at_s, ledger)
        if entry is None:
            continue
        ledger.apply(entry)
        if isinstance(entry, Seen):
            kept[told.bid, told.what] = (told.rule, at_s)
        elif isinstance(entry, Settled):
            settled.add(told.bid)
        else:
            corrections.append(_correction(told, at_s))
    judged = Corrections(corrections)
    wanted: Counter[str] = Counter()
    for (bid, kind), (rule, at_s) in kept.items():
        stands = judged.stands(rule, at_s)
        wanted[f"{kind} {stands}"] += 1
        if kind == "impression" and stands and bid in settled:
            wanted[SPEND] += COST
    invalid, restored = by_line_item(ledger.marks.invalid), by_line_item(ledger.marks.restored)
    for kind in ("impression", "click"):
        valid = ledger.counts.get((ITEM, kind), 0) + restored[ITEM, kind]
        assert valid == wanted[f"{kind} False"]
        assert invalid[ITEM, kind] == wanted[f"{kind} True"]
    assert invalid[ITEM, SPEND] == wanted[SPEND]


def test_an_order_counts_with_the_click_that_it_is_credited_to() -> None:
    ledger = Ledger([Ordered("shop", b"1", 50, 0, ITEM, "click", "crawlers")])
    assert ledger.counts == {}
    ledger.apply(Corrected(Correction("crawlers", 0, DAY_S, valid=True, at_s=60)))
    assert by_line_item(ledger.marks.restored) == {(ITEM, "order"): 1}


def test_what_is_long_ago_is_folded_and_can_no_longer_be_corrected() -> None:
    day_s = day_of(KEEP_S * 3)
    marked = [
        Seen(_bid(n), "click", ITEM, day_s + 2 * KEEP_S, "crawlers", day_s + n * DAY_S)
        for n in range(10)
    ]
    ledger = Ledger(marked)
    ledger.prune(day_s + KEEP_S + 1)
    assert {key.day_s for key in ledger.marks.invalid} == {FOLDED, *(day_s + n * DAY_S for n in range(1, 10))}  # fmt: skip
    ledger.prune(day_s + 2 * KEEP_S)
    assert {key.day_s: n for key, n in ledger.marks.invalid.items()} == {FOLDED: 10}
    ledger.apply(Corrected(Correction("crawlers", 0, 10 * KEEP_S, valid=True, at_s=day_s)))
    assert by_line_item(ledger.marks.invalid) == {(ITEM, "click"): 10}
    ledger.apply(Seen(_bid(3), "click", ITEM, 10**9))
    assert by_line_item(ledger.marks.invalid) == {(ITEM, "click"): 9}
    assert ledger.counts == {(ITEM, "click"): 1}


def test_marks_are_forgotten_with_their_notices() -> None:
    ledger = Ledger([Seen(_bid(1), "click", ITEM, 1_000, "crawlers", 10)])
    assert ledger.invalid_by(_bid(1), "click") == "crawlers"
    ledger.prune(2_000)
    assert ledger.marks.of_notice == {}
    assert by_line_item(ledger.marks.invalid) == {(ITEM, "click"): 1}


def test_entries_of_the_version_before_are_read() -> None:
    """Without a rule, and a checkpoint without marks."""
    seen = [9, _bid(1), "click", ITEM, 1_000]
    before = [11, {}, {}, [], {}, 0, 0, {}, {}, [], [], {}, 3]
    ledger = Ledger(_decoder.decode(_encoder.encode([before, seen])))
    assert (ledger.counts, ledger.quarantined) == ({(ITEM, "click"): 1}, 3)


def test_the_last_correction_holds_and_later_marks_are_not_touched() -> None:
    judged = Corrections(
        [
            Correction("crawlers", 0, DAY_S, valid=True, at_s=500),
            Correction("crawlers", 0, DAY_S, valid=False, at_s=100),
        ]
    )
    assert [judged.stands("crawlers", at_s) for at_s in (50, 300, 501)] == [False, False, True]
    assert not judged.stands("", 50)
    assert judged.stands("fast_clicks", 50)
