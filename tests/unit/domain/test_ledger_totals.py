"""Every total of a ledger is what adding up its entries gives, whatever is told and in which order."""

from collections import Counter
from random import Random

import msgspec
import pytest

from adserver.domain.bandit import Arm
from adserver.domain.checkpoints import checkpoint
from adserver.domain.delays import Delays
from adserver.domain.entries import (
    Adjusted,
    Alive,
    AnyEntry,
    Closed,
    Corrected,
    Expired,
    Granted,
    Installed,
    LateLiability,
    Leased,
    Opened,
    Ordered,
    Quarantined,
    Returned,
    Seen,
    Settled,
    Shifted,
    Wanted,
)
from adserver.domain.ledger import OPEN, Ledger
from adserver.domain.validity import Correction
from adserver.domain.week import DAY_S
from tests.unit.domain.accounts import totals

ITEM, OTHER = 77, 78
POTS = {
    1: (ITEM, ("line_item/tent/life", "line_item/tent/2026-11-21", "campaign/winter/life")),
    2: (OTHER, ("line_item/boot/life", "line_item/boot/2026-11-21", "campaign/winter/life")),
    3: (5, ("exchange/north/2026-11-21T22",)),
}
OPENED = [Opened(pot, key, accounts, 0, DAY_S) for pot, (key, accounts) in POTS.items()]


def settled(
    bid: bytes = b"b" * 16, kind: type[Settled] = Settled, lease: int = 1, pots: tuple[int, ...] = (1,),
    media: int = 100, line_item: int = ITEM, seal: bytes = b"",
) -> Settled:  # fmt: skip
    return kind(
        bid=bid, kind="billing", line_item=line_item, exchange="north", lease=lease, pots=pots, reserved=media + 30,
        media=media, data=5, tech=10, margin=15, at_s=200, until_s=1_000, seal=seal,
    )  # fmt: skip


def adjusted(number: bytes = b"n", media: int = -7) -> Adjusted:
    return Adjusted(number, ITEM, "north", (1, 3), media, -1, 2, 4, 300, "the exchange's report")


def test_a_new_ledger_knows_nothing() -> None:
    ledger = Ledger()
    assert (ledger.last_lease, ledger.last_pot, ledger.quarantined) == (0, 0, 0)
    assert (ledger.forgotten_s, ledger.accounts, ledger.counts) == (0, {}, {})
    assert (ledger.spent("a/life"), ledger.outstanding("a/life")) == (0, 0)
    assert ledger.headroom("a/life", 9) == 9
    assert ledger.holds(1, 1) == 0
    assert ledger.pot_at(ITEM, 0) is None


def test_any_story_adds_up_as_on_paper() -> None:
    """The oracle keeps three columns by hand: what each account has settled, outstanding and late."""
    dice = Random(7)
    for _ in range(20):
        ledger = Ledger(OPENED)
        paper: Counter[tuple[str, str]] = Counter()
        held: Counter[tuple[int, int]] = Counter()
        for turn in range(60):
            lease, pot = dice.randint(1, 3), dice.randint(1, 3)
            amount = dice.randint(0, held[lease, pot])
            entry: AnyEntry
            columns: dict[str, int]
            match dice.randrange(6):
                case 0 | 1:
                    amount = dice.choice((0, dice.randint(0, 500)))
                    entry, columns = Granted(lease, pot, amount), {"outstanding": amount}
                case 2:
                    entry, columns = Returned(lease, pot, amount), {"outstanding": -amount}
                case 3 if amount > 30:
                    entry = settled(bytes([turn]) * 16, lease=lease, pots=(pot,), media=amount - 30)
                    columns = {"outstanding": -amount, "settled": amount}
                case 4:
                    entry = settled(bytes([turn]) * 16, LateLiability, 9, (pot,), amount)
                    columns = {"late": amount + 30}
                case 5 if turn > 50:
                    entry, columns = Expired(lease), {}
                case _:
                    continue
            ledger.apply(entry)
            if isinstance(entry, Expired):
                for number in POTS:
                    _enter(paper, number, {"outstanding": -held.pop((lease, number), 0)})
            else:
                held[lease, pot] += columns.get("outstanding", 0)
                _enter(paper, pot, columns)
            assert totals(ledger.accounts) == _columns(paper)
            assert all(ledger.holds(*where) == amount for where, amount in held.items())
        assert all(amount for pots in ledger.held.values() for amount in pots.values())


def _enter(paper: Counter[tuple[str, str]], pot: int, columns: dict[str, int]) -> None:
    for name in POTS[pot][1]:
        for column, amount in columns.items():
            paper[name, column] += amount


def _columns(paper: Counter[tuple[str, str]]) -> dict[str, tuple[int, int, int]]:
    found = {
        name: (paper[name, "settled"], paper[name, "outstanding"], paper[name, "late"])
        for name, _ in paper
    }
    return {name: amounts for name, amounts in found.items() if any(amounts)}


def test_what_each_line_item_paid_is_kept_in_its_parts() -> None:
    late = settled(b"2" * 16, LateLiability, media=1_000)
    other = settled(b"3" * 16, LateLiability, media=7, line_item=OTHER)
    ledger = Ledger([*OPENED, Granted(1, 1, 130), settled(b"1" * 16), late, other, adjusted()])
    assert ledger.entries == {ITEM: (1_093, 9, 22, 34), OTHER: (7, 5, 10, 15)}
    assert sum(row.total for _, _, row in ledger.books) == sum(map(sum, ledger.entries.values()))


def test_what_a_bid_cost_is_remembered_with_who_paid_and_nobody_paid_what_came_late() -> None:
    late = settled(b"2" * 16, LateLiability)
    ledger = Ledger([*OPENED, Granted(1, 1, 130), settled(b"1" * 16), late])
    assert ledger.charged == {b"1" * 16: (130, (1,), 1_000), b"2" * 16: (130, (), 1_000)}


def test_an_encrypted_price_is_remembered_with_the_bid_that_it_billed() -> None:
    ledger = Ledger([*OPENED, Granted(1, 1, 130), settled(b"1" * 16, seal=b"seal")])
    assert ledger.seals.another(b"seal", b"2" * 16) == b"1" * 16
    ledger.prune(1_000 + DAY_S)
    assert ledger.seals.another(b"seal", b"2" * 16) == b"1" * 16
    ledger.prune(1_001 + DAY_S)
    assert ledger.seals.another(b"seal", b"2" * 16) is None


def test_a_correction_changes_what_is_settled_once_and_says_when_it_comes_twice() -> None:
    ledger = Ledger([*OPENED, Granted(1, 1, 130), settled(), adjusted(b"one"), adjusted(b"two", 9)])
    for name in POTS[1][1]:
        assert ledger.spent(name) == 130 - 2 + 14
        assert ledger.outstanding(name) == 0
    assert ledger.spent(POTS[3][1][0]) == -2 + 14
    assert ledger.adjusted == {b"one", b"two"}
    assert [row.adjusted for _, _, row in ledger.books] == [12]
    with pytest.raises(ValueError, match=f"correction {b'one'.hex()} is booked already"):
        ledger.apply(adjusted(b"one"))
    assert ledger.spent(POTS[1][1][0]) == 142


def test_budget_that_is_shifted_moves_headroom_from_one_account_to_another() -> None:
    giver, taker = "line_item/tent/2026-11-21", "line_item/boot/2026-11-21"
    ledger = Ledger([*OPENED, Granted(1, 1, 100), Shifted(giver, taker, 30, 5)])
    assert (ledger.headroom(giver, 500), ledger.headroom(taker, 500)) == (370, 530)
    ledger.apply(Shifted(giver, taker, 20, 6))
    ledger.apply(Shifted(taker, giver, 1, 7))
    assert (ledger.headroom(giver, 500), ledger.headroom(taker, 500)) == (351, 549)
    assert ledger.headroom("campaign/winter/life", 500) == 400


def test_a_lease_lives_until_it_is_closed_and_is_known_until_it_expires() -> None:
    ledger = Ledger([Leased(4, 100), Leased(3, 100), Closed(4, 300)])
    assert ledger.leases == {4: 300, 3: OPEN}
    assert ledger.last_lease == 4
    ledger.apply(Expired(4))
    ledger.apply(Expired(4))
    assert ledger.leases == {3: OPEN}
    assert ledger.last_lease == 4, "no number is given twice"


def test_a_lease_is_known_by_its_host_as_long_as_it_is_known() -> None:
    ledger = Ledger([Leased(1, 100, "blue"), Leased(2, 100, "green"), Leased(3, 100)])
    assert ledger.hosts == {1: "blue", 2: "green"}
    for lease in (1, 3, 9):
        ledger.apply(Expired(lease))
    assert ledger.hosts == {2: "green"}


def test_what_hosts_tell_each_other_changes_no_total() -> None:
    before = checkpoint(Ledger(OPENED))
    assert checkpoint(Ledger([*OPENED, Alive(5), Wanted(1)])) == before


def test_how_long_bills_take_is_counted_by_exchange_where_the_bid_is_dated() -> None:
    dated = msgspec.structs.replace(settled(b"1" * 16, LateLiability), bid_s=150)
    ledger = Ledger([*OPENED, dated, settled(b"2" * 16, LateLiability)])
    by_hand = Delays()
    by_hand.count("north", 50)
    assert ledger.delays.counts == by_hand.counts


def test_pots_are_numbered_on_from_the_highest() -> None:
    assert Ledger([Opened(9, 1, (), 0, 1), *OPENED]).last_pot == 9


def test_what_a_lease_holds_is_known_by_pot() -> None:
    ledger = Ledger([*OPENED, Granted(1, 1, 100), Granted(1, 2, 50), Granted(2, 1, 7)])
    assert [ledger.holds(*where) for where in ((1, 1), (1, 2), (2, 1))] == [100, 50, 7]
    assert [ledger.holds(*where) for where in ((1, 3), (2, 2), (3, 1))] == [0, 0, 0]
    ledger.apply(Returned(1, 1, 100))
    ledger.apply(Returned(1, 1, 0))
    assert ledger.held[1] == {2: 50}


def test_installs_are_counted_for_whose_they_are() -> None:
    ledger = Ledger([Installed(b"t1", ITEM, 1), Installed(b"t2", ITEM, 2), Installed(b"t3", 0, 3)])
    assert ledger.counts == {(ITEM, "install"): 2}
    assert ledger.installs == {b"t1", b"t2", b"t3"}


def test_orders_are_counted_for_whose_they_are() -> None:
    orders = [
        Ordered("shop", bytes([n]), 5, 900, line, "click") for n, line in enumerate((ITEM, ITEM, 0))
    ]
    ledger = Ledger(orders)
    assert ledger.counts == {(ITEM, "order"): 2}
    assert [ledger.has_order("shop", bytes([n])) for n in range(4)] == [True, True, True, False]
    assert not ledger.has_order("other", bytes([0]))


def test_prices_above_our_bids_are_counted_and_charged_to_nobody() -> None:
    refused = [Quarantined(bytes([n]), "win", ITEM, "north", 5, 6, 7) for n in range(3)]
    ledger = Ledger([*OPENED, *refused])
    assert ledger.quarantined == 3
    assert [claim.notices for claim in ledger.books.claims.values()] == [3]
    assert totals(ledger.accounts) == {}


def test_rotations_learn_from_valid_contacts_that_say_what_was_shown() -> None:
    ledger = Ledger(
        [
            Seen(b"1" * 16, "impression", ITEM, 10**6, at_s=50, arms=(3, 4)),
            Seen(b"1" * 16, "click", ITEM, 10**6, at_s=50, arms=(3,)),
            Seen(b"2" * 16, "impression", ITEM, 10**6, "crawlers", at_s=50, arms=(3,)),
            Seen(b"3" * 16, "impression", OTHER, 10**6, at_s=50),
        ]
    )
    assert ledger.arms.of(ITEM, 50) == {3: Arm(1, 1), 4: Arm(1, 0)}
    assert ledger.arms.changed == {ITEM}


def test_what_a_bid_cost_is_invalid_with_its_impression_whichever_comes_first() -> None:
    marked = Seen(b"b" * 16, "impression", ITEM, 10**6, "crawlers", 50)
    paid: list[AnyEntry] = [*OPENED, Granted(1, 1, 130)]
    stories: tuple[list[AnyEntry], ...] = ([marked, settled()], [settled(), marked])
    for story in stories:
        ledger = Ledger([*paid, *story])
        (invalid,) = ledger.books.invalid_spend.invalid.items()
        assert (invalid[0].line_item, invalid[0].day, invalid[0].rule) == (ITEM, "2026-11-21", "crawlers")  # fmt: skip
        assert invalid[1] == (1, 130)
        ledger.apply(Corrected(Correction("crawlers", 0, DAY_S, valid=True, at_s=60)))
        assert ledger.books.invalid_spend.invalid == {}
        assert ledger.books.invalid_spend.restored == dict([invalid])


def test_a_click_that_is_invalid_costs_nothing() -> None:
    marked = Seen(b"b" * 16, "click", ITEM, 10**6, "crawlers", 50)
    ledger = Ledger([*OPENED, Granted(1, 1, 130), settled(), marked])
    assert ledger.books.invalid_spend.invalid == {}
