"""What a ledger remembers, what it forgets, and that a checkpoint leaves nothing out."""

from typing import Any

import msgspec

from adserver.domain.checkpoints import checkpoint
from adserver.domain.entries import (
    AnyEntry,
    Closed,
    Corrected,
    Granted,
    Installed,
    LateLiability,
    Leased,
    Opened,
    Ordered,
    Quarantined,
    Released,
    Seen,
    Shifted,
)
from adserver.domain.ledger import BUDGET, KEEP_WINDOWS_S, Ledger
from adserver.domain.validity import Correction
from adserver.domain.week import DAY_S
from tests.unit.domain.test_ledger_totals import ITEM, OPENED, OTHER, adjusted, settled

EVERYTHING: list[AnyEntry] = [
    *OPENED,
    Opened(7, ITEM, ("line_item/tent/life", "line_item/tent/2026-11-22"), DAY_S, 2 * DAY_S),
    Leased(1, 100),
    Leased(2, 100, "blue"),
    Granted(1, 1, 500),
    Granted(1, 2, 40),
    Granted(2, 1, 60),
    Closed(2, 300),
    Shifted("line_item/tent/life", "line_item/boot/life", 30, 5),
    Seen(b"1" * 16, "impression", ITEM, 10**6, "crawlers", 50),
    Seen(b"2" * 16, "impression", ITEM, 10**6, "fast_clicks", 50),
    Seen(b"3" * 16, "impression", ITEM, 10**6, at_s=50, arms=(3, 4)),
    settled(b"1" * 16, seal=b"seal"),
    settled(b"2" * 16),
    msgspec.structs.replace(settled(b"3" * 16, LateLiability), bid_s=150),
    Corrected(Correction("fast_clicks", 0, DAY_S, valid=True, at_s=60)),
    Ordered("shop", b"o" * 16, 5, 900, ITEM, "click"),
    Installed(b"t", OTHER, 9),
    Quarantined(b"4" * 16, "win", ITEM, "north", 5, 6, 7, until_s=10**6),
    Granted(BUDGET, 1, 131),
    settled(b"5" * 16, lease=BUDGET),
    Released(1, 90, {ITEM: 30}),
    adjusted(),
]
NEWS = {"changed"}
"""What somebody asks for once is not kept."""


def everything(thing: object) -> Any:
    """Take anything apart to the numbers and words that it is made of."""
    if isinstance(thing, msgspec.Struct):
        return msgspec.structs.asdict(thing)
    if isinstance(thing, dict):
        return {key: everything(each) for key, each in thing.items()}
    if hasattr(thing, "__dict__"):
        return {name: everything(each) for name, each in vars(thing).items() if name not in NEWS}
    return thing


def test_what_a_checkpoint_brings_back_is_all_that_there_was() -> None:
    ledger = Ledger(EVERYTHING)
    ledger.prune(500)
    before = everything(ledger)
    assert [name for name, value in before.items() if not value] == []
    wire = msgspec.msgpack.encode(checkpoint(ledger))
    point = msgspec.msgpack.decode(wire, type=AnyEntry)
    assert everything(Ledger([point])) == before
    assert everything(Ledger([*OPENED, Granted(3, 3, 9), point])) == before, "whatever it was"


def test_a_ledger_goes_on_from_a_checkpoint_without_changing_it() -> None:
    """Others may hold it: an owner that catches up, a file that is being written."""
    wire = msgspec.msgpack.encode(checkpoint(Ledger(EVERYTHING)))
    more: list[AnyEntry] = [
        Granted(1, 1, 5),
        Leased(3, 5),
        settled(b"9" * 16, LateLiability, seal=b"another"),
        Seen(b"9" * 16, "impression", ITEM, 10**6, "crawlers", 50),
        Seen(b"8" * 16, "impression", ITEM, 10**6, at_s=50),
        Corrected(Correction("crawlers", 0, DAY_S, valid=True, at_s=60)),
        Ordered("shop", b"p" * 16, 5, 900, ITEM, "click"),
        Installed(b"u", OTHER, 9),
        adjusted(b"m"),
        Opened(8, OTHER, ("line_item/boot/life",), DAY_S, 2 * DAY_S),
        Shifted("line_item/tent/life", "line_item/boot/life", 30, 5),
        Released(1, 95, {ITEM: 0, OTHER: 5}),
        Granted(BUDGET, 1, 130),
        settled(b"6" * 16, lease=BUDGET),
    ]
    whole = Ledger([*EVERYTHING, *more])
    assert everything(Ledger([msgspec.msgpack.decode(wire, type=AnyEntry), *more])) == everything(whole)  # fmt: skip


def test_a_ledger_that_begins_anew_knows_only_what_it_is_told() -> None:
    ledger = Ledger(EVERYTHING)
    ledger.begin(OPENED)
    assert everything(ledger) == everything(Ledger(OPENED))


def test_the_newest_pot_is_found_again_behind_a_checkpoint() -> None:
    again = Ledger([checkpoint(Ledger(EVERYTHING))])
    assert [again.pot_at(ITEM, at_s) for at_s in (0, DAY_S, 2 * DAY_S)] == [1, 7, None]
    assert again.pot_at(OTHER, DAY_S - 1) == 2


def test_a_checkpoint_does_not_change_with_the_order_of_what_has_none() -> None:
    orders: list[AnyEntry] = [Ordered("shop", bytes([n]), 5, 9, 0, "") for n in range(9)]
    installs: list[AnyEntry] = [Installed(bytes([n]), 0, 9) for n in range(9)]
    corrections: list[AnyEntry] = [adjusted(bytes([n])) for n in range(9)]
    point = checkpoint(Ledger([*OPENED, *orders, *installs, *corrections]))
    assert point.orders == [("shop", bytes([n])) for n in range(9)]
    assert point.installs == point.adjusted == [bytes([n]) for n in range(9)]


def test_the_moment_up_to_which_it_forgot_never_goes_back() -> None:
    ledger = Ledger()
    ledger.prune(900)
    ledger.prune(400)
    assert ledger.forgotten_s == 900


def test_every_notice_is_remembered_until_its_token_ends_and_its_mark_with_it() -> None:
    ledger = Ledger(
        [
            Seen(b"1" * 16, "impression", ITEM, 1_000, "crawlers", 50),
            Seen(b"1" * 16, "click", ITEM, 1_001, "crawlers", 50),
        ]
    )
    assert ledger.is_marked(b"1" * 16, "impression")
    ledger.prune(1_001)
    assert not ledger.is_marked(b"1" * 16, "impression")
    assert not ledger.has_seen(b"1" * 16, "impression")
    assert ledger.is_marked(b"1" * 16, "click")
    assert ledger.has_seen(b"1" * 16, "click")


def test_what_rotations_learnt_fades_away() -> None:
    ledger = Ledger([Seen(b"1" * 16, "impression", ITEM, 10**9, at_s=50, arms=(3,))])
    ledger.prune(50 + 20 * DAY_S)
    assert ledger.arms.line_items() == [ITEM]
    ledger.prune(50 + 40 * DAY_S)
    assert ledger.arms.line_items() == []


def test_books_of_long_ago_are_added_up_by_month() -> None:
    ledger = Ledger([*OPENED, settled(kind=LateLiability)])
    ledger.prune(300 * DAY_S)
    ((_, key, row),) = ledger.books
    assert (key.day, row.total) == ("2026-11-21", 130), (
        "a day that the advertiser's calendar has yet"
    )
    quarantined = Ledger([Quarantined(b"4" * 16, "win", ITEM, "north", 5, 6, 40 * DAY_S)])
    quarantined.prune(300 * DAY_S)
    assert [key.utc_day_s for key in quarantined.books.claims] == [31 * DAY_S]


def test_a_window_is_kept_as_long_as_reports_reach_and_money_is_in_it() -> None:
    day, other = "line_item/tent/2026-11-21", "line_item/boot/2026-11-21"
    ledger = Ledger([*OPENED, Granted(1, 1, 500)])
    ends = DAY_S + KEEP_WINDOWS_S
    ledger.prune(ends)
    assert {day, other} <= {*ledger.accounts, *(n for pot in ledger.pots.values() for n in pot.accounts)}  # fmt: skip
    assert ledger.pots.keys() == {1, 2, 3}
    ledger.prune(ends + 1)
    assert ledger.pots.keys() == {1}, "what a lease holds is from it"
    assert day in ledger.accounts
    assert ledger.pot_at(OTHER, 0) is None
    assert ledger.pot_at(ITEM, 0) == 1


def test_what_was_shifted_on_a_day_goes_with_its_account_and_what_was_for_life_stays() -> None:
    life, day = "line_item/tent/life", "line_item/tent/2026-11-21"
    shifts = [Shifted(life, "line_item/boot/life", 5, 9), Shifted(day, "elsewhere", 5, 9)]
    ledger = Ledger([*OPENED, *shifts])
    ledger.prune(DAY_S + KEEP_WINDOWS_S + 1)
    assert ledger.shifted == {life: -5, "line_item/boot/life": 5, "elsewhere": 5}


def test_an_account_is_kept_while_another_pot_has_money_in_it() -> None:
    ceiling = "all/2026-11-21T22"
    early, late = Opened(1, 1, (ceiling,), 0, 10), Opened(2, 2, (ceiling, "x"), 0, 20)
    ledger = Ledger([early, late, Granted(1, 2, 40)])
    ledger.prune(11 + KEEP_WINDOWS_S)
    assert ledger.pots.keys() == {2}
    assert ledger.outstanding(ceiling) == 40
