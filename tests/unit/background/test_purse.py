"""A purse spends what it was granted, to the nano, and knows where each nano came from."""

import pytest

from adserver.background.leases import AGAIN_S, SETTLED_S
from adserver.background.money_messages import Release
from adserver.background.protocol import Ask, Hello, Return
from adserver.background.purse import LeasedPurse
from adserver.background.spending import RELEASE_AFTER_S
from adserver.domain.bits import Run
from adserver.domain.budget import ceiling_key

NOW, END = 1_000.0, 90_000
TENT, BOOT = 71, 72
BID = b"b" * 16


def purse(*ceilings: str) -> LeasedPurse:
    """Two line items of two candidates each, asked for already."""
    made = LeasedPurse([Run(0, 2), Run(2, 2)], [TENT, BOOT], ceilings)
    made.dues(NOW)
    return made


def wanted(made: LeasedPurse, now_s: float = NOW) -> dict[int, int]:
    ask, _ = made.dues(now_s)
    return dict(ask.wants) if ask else {}


def test_new_purse_asks_for_everything_once_and_funds_nothing() -> None:
    made = LeasedPurse([Run(0, 1), Run(1, 1)], [TENT, BOOT], ["north", "all"])
    assert made.funded == 0
    assert not made.claim(0, "north", 1)
    assert wanted(made) == {TENT: 0, BOOT: 0, ceiling_key("north"): 0, ceiling_key("all"): 0}
    assert wanted(made) == {}


def test_it_asks_for_ceilings_first_for_without_them_nobody_bids() -> None:
    made = LeasedPurse([Run(0, 1), Run(1, 1)], [TENT, BOOT], ["north"])
    assert list(wanted(made)) == [ceiling_key("north"), TENT, BOOT]


def test_grants_fund_the_bits_of_their_line_item() -> None:
    made = purse()
    made.granted(BOOT, 5, 100, END, NOW)
    assert made.funded == 0b1100
    assert made.claim(1, "north", 100)
    assert made.funded == 0
    assert not made.claim(1, "north", 1)


def test_a_failed_claim_clears_the_bits_and_gives_back_what_is_too_little_for_it() -> None:
    made = purse()
    made.granted(TENT, 5, 100, END, NOW)
    assert not made.claim(0, "north", 101)
    assert made.funded == 0
    ask, back = made.dues(NOW)
    assert ask is not None
    assert (ask.wants[0][0], ask.least) == (TENT, {TENT: 101})
    assert back == Return(((5, 100),))
    made.granted(TENT, 5, 101, END, NOW)
    assert made.funded == 0b0011
    assert made.claim(0, "north", 101)


def test_what_is_less_than_was_asked_for_goes_to_cheaper_bids() -> None:
    made = purse()
    made.granted(TENT, 5, 100, END, NOW)
    assert not made.claim(0, "north", 101)
    made.dues(NOW)
    made.granted(TENT, 5, 60, END, NOW)
    assert not made.claim(0, "north", 101)
    assert made.funded == 0b0011
    assert made.claim(0, "north", 60)


def test_what_is_too_little_while_more_is_asked_for_goes_where_it_may_be_enough() -> None:
    made = purse()
    made.granted(TENT, 5, 100, END, NOW)
    assert made.claim(0, "north", 51)
    made.hold(BID, 0, "north", 51, 2_000)
    assert TENT in wanted(made), "nothing is left over yet"
    assert not made.claim(0, "north", 60)
    assert made.dues(NOW) == (None, Return(((5, 49),))), "one question is enough"
    made.resolved(BID, 11)
    assert made.funded == 0
    assert made.dues(NOW) == (None, None)
    made.gather(NOW)
    assert made.dues(NOW) == (None, Return(((5, 40),)))
    made.gather(NOW)
    assert made.dues(NOW) == (None, None), "once"


def test_what_bids_let_go_of_is_kept_if_it_is_enough_for_another() -> None:
    made = purse()
    made.granted(TENT, 5, 100, END, NOW)
    for bid, amount in ((b"1" * 16, 40), (b"2" * 16, 60)):
        assert made.claim(0, "north", amount)
        made.hold(bid, 0, "north", amount, 2_000)
    assert not made.claim(0, "north", 60)
    made.dues(NOW)
    made.resolved(b"1" * 16, 0)
    assert made.funded == 0, "40 are not"
    made.resolved(b"2" * 16, 0)
    assert made.funded == 0b0011
    made.gather(NOW)
    assert made.dues(NOW) == (None, None)
    assert made.claim(0, "north", 100)


def test_a_claim_that_fails_while_an_answer_is_under_way_asks_for_nothing_more() -> None:
    made = purse()
    assert not made.claim(0, "north", 50)
    made.granted(TENT, 5, 100, END, NOW)
    assert wanted(made) == {}
    made.granted(TENT, 6, 100, END, NOW)  # another day's pot, so the old one is emptied first
    assert wanted(made) == {}
    assert not made.claim(0, "north", 101), "more than there is"
    assert TENT in wanted(made)


def test_a_rest_that_fits_no_bid_for_a_while_is_given_back_and_asked_for_anew() -> None:
    made = purse()
    assert not made.claim(0, "north", 101)
    made.granted(TENT, 5, 60, END, NOW)
    assert not made.claim(0, "north", 101)
    assert made.dues(NOW + AGAIN_S - 1) == (None, None)
    assert not made.claim(0, "north", 90)
    assert made.dues(NOW + AGAIN_S) == (None, None), "from now on"
    assert not made.claim(0, "north", 90)
    assert made.funded == 0
    asked = Ask(((TENT, 0),), {TENT: 90})
    assert made.dues(NOW + AGAIN_S) == (asked, Return(((5, 60),)))
    made.granted(TENT, 5, 70, END, NOW + AGAIN_S)
    assert not made.claim(0, "north", 90)
    assert made.dues(NOW + AGAIN_S + 1) == (None, None), "kept as long again"


def test_all_claims_count_for_how_much_is_asked_for_next() -> None:
    made = purse("all")
    made.granted(TENT, 5, 100, END, NOW)
    made.granted(ceiling_key("all"), 6, 100, END, NOW)
    for _ in range(2):
        assert made.claim(0, "north", 90)
        made.hold(BID, 0, "north", 90, 2_000)
        made.resolved(BID, 0)
    assert made.claim(0, "north", 20)
    assert wanted(made, NOW + 1.0) == {TENT: 400, ceiling_key("all"): 400}


def test_low_lease_asks_for_what_lasts_longer() -> None:
    made = purse()
    made.granted(TENT, 5, 100, END, NOW)
    assert made.claim(0, "north", 51)
    assert wanted(made, NOW + 0.5) == {TENT: 204}
    made.granted(TENT, 5, 200, END, NOW)
    assert made.claim(0, "north", 200)
    assert wanted(made, NOW + 60) == {TENT: 6}


def test_ceilings_are_claimed_together_with_the_line_item_or_not_at_all() -> None:
    made = purse("north", "all")
    made.granted(TENT, 5, 1_000, END, NOW)
    made.granted(ceiling_key("north"), 6, 100, END, NOW)
    made.granted(ceiling_key("all"), 7, 150, END, NOW)
    assert made.claim(0, "north", 100)
    assert not made.claim(0, "north", 10)
    assert not made.covers("north", 1)
    assert made.covers("south", 1)
    assert made.claim(0, "south", 50)
    assert not made.claim(0, "south", 1)
    assert made.funded == 0b0011, "the line item has money; the ceiling has not"
    made.put_back(0, "north", 100)
    assert made.claim(0, "north", 100)


def test_settled_bid_gives_back_what_it_did_not_cost() -> None:
    made = purse()
    made.granted(TENT, 5, 100, END, NOW)
    made.claim(0, "north", 100)
    made.hold(BID, 0, "north", 100, 2_000)
    made.resolved(BID, 70)
    made.resolved(BID, 70)
    assert made.claim(0, "north", 30)
    assert not made.claim(0, "north", 1)


def test_unresolved_bid_frees_its_money_after_its_life_when_the_owner_says_so() -> None:
    made = purse()
    made.granted(TENT, 5, 100, END, NOW)
    made.claim(0, "north", 100)
    made.hold(BID, 0, "north", 100, 2_000)
    assert made.releases(2_000 + RELEASE_AFTER_S) == Release(0, {}), "nothing yet"
    assert made.releases(2_000 + RELEASE_AFTER_S) is None, "and that is known"
    for _ in range(2):
        assert made.releases(2_000 + RELEASE_AFTER_S + 1) == Release(2_000, {}), (
            "until it is answered"
        )
    made.released(1_999)
    assert made.funded == 0
    made.released(2_000)
    assert made.funded == 0b0011
    assert made.claim(0, "north", 100)


def test_closing_window_is_left_in_time_and_its_money_returned() -> None:
    made = purse()
    made.granted(TENT, 5, 100, END, NOW)
    made.claim(0, "north", 40)
    made.hold(BID, 0, "north", 40, END + 100)
    made.leave(END - 0.4)
    assert made.funded == 0
    assert made.dues(END) == (Ask(((TENT, 0),)), Return(((5, 60),)))
    made.granted(TENT, 9, 200, END + 86_400, END)
    made.resolved(BID, 25)
    assert made.dues(END)[1] == Return(((5, 15),)), "yesterday's rest is not today's money"
    assert made.claim(0, "north", 200)


def test_new_snapshot_moves_leases_with_their_line_items() -> None:
    made = purse()
    made.granted(TENT, 5, 100, END, NOW)
    made.granted(BOOT, 6, 300, END, NOW)
    made.pace({BOOT: 0.5, TENT: 0.25, 999: 0.1})
    made.switch([Run(0, 1), Run(1, 2)], [73, BOOT])
    assert made.funded == 0b110
    assert made.paces == [1.0, 0.5]
    assert made.claim(1, "north", 300)
    ask, back = made.dues(NOW)
    assert back == Return(((5, 100),))
    assert ask is not None
    assert 73 in dict(ask.wants)
    made.granted(TENT, 5, 8, END, NOW)
    assert made.dues(NOW)[1] == Return(((5, 8),)), "a grant under way when the line item went"


def test_recall_gives_back_half() -> None:
    made = purse()
    made.granted(TENT, 5, 110, END, NOW)
    assert made.claim(0, "north", 10)
    made.recall([5, 99], NOW)
    assert made.dues(NOW)[1] == Return(((5, 50),))
    assert not made.claim(0, "north", 51)


def test_what_is_one_bids_is_kept_whole_for_a_while_then_given_whole() -> None:
    """Halves of a bid are of no use to anybody."""
    made = purse()
    made.granted(TENT, 5, 160, END, NOW)
    assert made.claim(0, "north", 60)
    made.recall([5], NOW + AGAIN_S - 1)
    assert made.dues(NOW)[1] is None
    made.recall([5], NOW + AGAIN_S)
    assert made.dues(NOW)[1] == Return(((5, 100),))


def test_of_whom_nobody_has_asked_anything_all_goes_back() -> None:
    made = purse()
    made.granted(TENT, 5, 100, END, NOW)
    made.recall([5], NOW)
    assert made.dues(NOW)[1] == Return(((5, 100),))


def test_hello_tells_all_that_is_believed() -> None:
    made = purse("all")
    made.granted(TENT, 5, 100, END, NOW)
    made.granted(ceiling_key("all"), 7, 90, END, NOW)
    made.claim(0, "north", 40)
    made.hold(BID, 0, "north", 40, 2_000)
    hello = made.hello(3, 4, 8)
    assert (hello.slot, hello.pid, hello.lease, hello.holds) == (3, 4, 8, (BID,))
    assert dict(hello.believed) == {5: 100, 7: 90}


def test_suspended_purse_funds_nothing_until_resumed() -> None:
    made = purse()
    made.granted(TENT, 5, 100, END, NOW)
    made.suspend()
    made.granted(BOOT, 6, 100, END, NOW)
    assert made.funded == 0
    made.resume(fresh=False)
    assert made.funded == 0b1111


def test_fresh_lease_forgets_the_old_ones_money() -> None:
    made = purse()
    made.granted(TENT, 5, 100, END, NOW)
    made.claim(0, "north", 10)
    made.hold(BID, 0, "north", 10, 2_000)
    made.resume(fresh=True)
    assert made.funded == 0
    assert made.hello(0, 0, 0) == Hello(0, 0)
    assert wanted(made).keys() == {TENT, BOOT}
    made.leave(9_000)
    made.released(9_000)


def test_drained_purse_hands_back_all_that_no_bid_holds() -> None:
    made = purse()
    made.granted(TENT, 5, 100, END, NOW)
    made.claim(0, "north", 10)
    made.hold(BID, 0, "north", 10, 2_000)
    made.drain()
    assert made.dues(NOW) == (None, Return(((5, 90),)))


def test_too_many_bids_in_flight_stop_bidding_and_not_the_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("adserver.background.spending.MAX_HOLDS", 2)
    made = purse()
    made.granted(TENT, 5, 100, END, NOW)
    for number in range(2):
        assert made.claim(0, "north", 1)
        made.hold(bytes([number]) * 16, 0, "north", 1, int(NOW) + 60)
    assert not made.claim(0, "north", 1)
    made.resolved(bytes([0]) * 16, 0)
    assert made.claim(0, "north", 1)


def test_a_resolved_bid_leaves_nothing_behind() -> None:
    made = purse()
    made.granted(TENT, 5, 100, END, NOW)
    assert made.claim(0, "north", 1)
    made.hold(BID, 0, "north", 1, int(NOW) + 60)
    made.resolved(BID, 0)
    assert not made._holds
    assert not any(made._holds._due.values())


def lose(made: LeasedPurse, bids: int, amount: int) -> None:
    """Bid so often, and win nothing."""
    for number in range(bids):
        bid = number.to_bytes(16)
        assert made.claim(0, "north", amount)
        made.hold(bid, 0, "north", amount, 2_000)
        made.resolved(bid, 0)


def test_where_the_ledger_may_be_away_it_asks_for_what_lasts_though_lost_bids_give_all_back() -> (
    None
):
    made = purse("all")
    made.ahead_s = 100.0
    for key in (TENT, ceiling_key("all")):
        made.granted(key, 5, 1_000, END, NOW)
    lose(made, 10, 20)
    made.gather(NOW + SETTLED_S - 0.1)
    assert wanted(made, NOW + SETTLED_S - 0.1) == {}, "too early to tell"
    made.gather(NOW + 10.0)
    assert wanted(made, NOW + 10.0) == {TENT: 4_000, ceiling_key("all"): 4_000}, "20 a second"
    made.gather(NOW + 11.0)
    assert wanted(made, NOW + 11.0) == {}, "it is asked for"
    made.granted(TENT, 5, 3_999, END, NOW + 11.0)
    for _ in range(60):
        assert made.claim(0, "north", 100)
        made.put_back(0, "north", 100)
    made.gather(NOW + 21.0)
    assert wanted(made, NOW + 21.0) == {}, "there is no more to be had"


def test_where_the_ledger_is_at_hand_it_asks_when_it_runs_low_and_not_before() -> None:
    made = purse()
    made.granted(TENT, 5, 1_000, END, NOW)
    lose(made, 30, 400)
    made.gather(NOW + 10.0)
    assert wanted(made, NOW + 10.0) == {}
