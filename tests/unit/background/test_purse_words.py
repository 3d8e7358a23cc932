"""What a purse says and is told beside grants and claims: when it asks, when it stops, when it leaves a window."""

from math import inf

import pytest

from adserver.background.clock_watch import TOLERANCE_S
from adserver.background.leases import MARGIN_S
from adserver.background.money_messages import Release
from adserver.background.protocol import Return
from adserver.background.purse import IDLE_S, LOOK_S, LeasedPurse
from adserver.background.spending import RELEASE_AFTER_S
from adserver.domain.bits import Run
from adserver.domain.budget import ceiling_key

NOW, END = 1_000.0, 90_000
TENT, BOOT = 71, 72
ALL = ceiling_key("all")
BID = b"b" * 16


def purse(*ceilings: str) -> LeasedPurse:
    """Two line items that have asked for their first grant, and the first of them has 100."""
    made = LeasedPurse([Run(0, 2), Run(2, 2)], [TENT, BOOT], ceilings)
    made.dues(NOW)
    made.granted(TENT, 5, 100, END, NOW)
    return made


def asked(made: LeasedPurse) -> set[int]:
    ask, _ = made.dues(NOW)
    return {key for key, _ in ask.wants} if ask else set()


def test_a_new_purse_bids_without_limit_of_time_on_nothing() -> None:
    made = LeasedPurse([Run(0, 2)], [TENT])
    assert (made.funded, made.hold_s, made.good_until, made.exposed) == (0, {}, inf, {})
    assert made.dues(NOW)[1] is None
    assert made.covers("north", 10**12), "no ceiling, no end"


def test_each_line_item_has_its_run() -> None:
    with pytest.raises(ValueError, match="zip"):
        LeasedPurse([Run(0, 2)], [TENT, BOOT])


def test_each_line_item_has_its_pace() -> None:
    made = purse()
    made.paces = [1.0]
    with pytest.raises(ValueError, match="zip"):
        made.switch([Run(0, 2)], [TENT])


def test_it_asks_when_less_than_half_is_left_and_once_until_it_is_answered() -> None:
    made = purse()
    assert made.claim(0, "north", 50)
    assert asked(made) == set()
    assert made.claim(0, "north", 1)
    assert asked(made) == {TENT}
    assert made.claim(0, "north", 1)
    assert not made.claim(0, "north", 99)
    assert asked(made) == set()


def test_it_asks_for_ceilings_as_for_line_items() -> None:
    made = purse("all")
    made.granted(ALL, 7, 40, END, NOW)
    assert made.claim(0, "north", 20)
    assert asked(made) == set()
    assert made.claim(0, "north", 1)
    assert asked(made) == {ALL}
    again = purse("all")
    again.granted(ALL, 7, 40, END, NOW)
    assert not again.claim(0, "north", 41)
    assert asked(again) == {ALL}


def test_after_a_break_it_asks_for_what_is_low_and_for_nothing_else() -> None:
    made = purse()
    assert made.claim(0, "north", 60)
    made.hold(BID, 0, "north", 60, 2_000)
    assert asked(made) == {TENT}
    made.resolved(BID, 0)
    made.resume(fresh=False)
    assert asked(made) == {BOOT}
    made.resume(fresh=False)
    assert asked(made) == {BOOT}, "the answer may have been lost on the way"


def test_nothing_is_due_where_nothing_is_low_and_nothing_goes_back() -> None:
    assert purse().dues(NOW) == (None, None)


def test_a_window_is_left_at_the_margin_whenever_it_was_looked_at_before() -> None:
    for looks in ((), (NOW,), (NOW, END - MARGIN_S - 0.01)):
        made = purse()
        made.granted(BOOT, 6, 100, 2 * END, NOW)
        for now_s in looks:
            made.leave(now_s)
            assert made.left(0) == 100
        made.leave(END - MARGIN_S)
        assert made.left(0) == 0
        assert made.dues(END)[1] == Return(((5, 100),))


def test_of_a_pot_that_is_used_up_nothing_goes_back() -> None:
    made = purse()
    assert made.claim(0, "north", 100)
    made.recall([5], NOW)
    assert made.dues(NOW)[1] is None


def test_a_window_that_ends_soon_is_seen_though_none_was_there_a_moment_ago() -> None:
    made = LeasedPurse([Run(0, 2)], [TENT])
    made.leave(NOW)
    ends = int(NOW) + 1
    made.granted(TENT, 5, 100, ends, NOW)
    assert ends - MARGIN_S < NOW + IDLE_S
    made.leave(ends - MARGIN_S)
    assert made.left(0) == 0


def test_who_drains_stops_for_good_and_who_is_suspended_until_it_hears() -> None:
    made = purse()
    made.suspend()
    assert made.funded == 0
    made.renew(50.0)
    assert (made.funded, made.good_until) == (0b11, 50.0)
    made.hold(BID, 0, "north", 0, 2_000)
    made.drain()
    made.renew(60.0)
    made.granted(TENT, 5, 100, END, NOW)
    assert made.funded == 0
    made.resume(fresh=False)
    assert made.funded == 0
    assert asked(made) == set()


def test_a_word_of_the_owner_changes_nothing_for_who_bids() -> None:
    made = purse()
    assert not made.claim(0, "north", 101)
    made.renew(50.0)
    assert made.funded == 0, "a claim that failed is answered by a grant"


def test_it_tells_who_it_is_and_when() -> None:
    hello = purse().hello(3, 4, 8, 12.5)
    assert (hello.slot, hello.pid, hello.lease, hello.stamp_s) == (3, 4, 8, 12.5)


def test_with_a_fresh_lease_nothing_of_the_old_one_is_given_back_or_held() -> None:
    made = purse()
    made.claim(0, "north", 10)
    made.hold(BID, 0, "north", 10, 2_000)
    made.recall([5], NOW)
    made.resume(fresh=True)
    assert made.dues(NOW)[1] is None
    assert made.hello(0, 0, 0).believed == ()
    made.granted(TENT, 9, 50, END, NOW)
    made.claim(0, "north", 20)
    made.hold(BID, 0, "north", 20, 2_000)
    made.resolved(BID, 0)
    assert made.left(0) == 50, "what was held for is of the pot of now"


def test_who_does_not_know_its_time_any_more_hands_back_what_no_bid_holds_and_bids_no_more() -> (
    None
):
    made = purse()
    made.claim(0, "north", 30)
    made.hold(BID, 0, "north", 30, 2_000)
    made.hand_back()
    assert (made.funded, made.left(0)) == (0, 0)
    assert made.dues(NOW) == (None, Return(((5, 70),)))
    made.put_back(0, "north", 10)
    assert made.left(0) == 0, "a claim from a pot that was left since is nobody's"
    made.renew(50.0)
    assert asked(made) == {TENT, BOOT}


def test_a_bid_that_is_held_shorter_than_it_lives_is_exposed_meanwhile() -> None:
    made = purse()
    made.claim(0, "north", 30)
    made.hold(BID, 0, "north", 30, 2_000, 1_500)
    assert made.releases(1_501 + RELEASE_AFTER_S) == Release(1_500, {TENT: 30}), (
        "told before it is so"
    )
    assert (made.left(0), made.exposed) == (70, {})
    made.released(1_500)
    assert (made.left(0), made.exposed) == (100, {TENT: 30})
    assert made.releases(2_000 + RELEASE_AFTER_S) is None
    assert made.exposed == {TENT: 30}
    assert made.releases(2_001 + RELEASE_AFTER_S) == Release(0, {})
    assert made.exposed == {}


def test_after_a_break_the_owner_is_told_anew_what_is_exposed() -> None:
    made = purse()
    assert made.releases(NOW) == Release(0, {})
    assert made.releases(NOW) is None
    made.resume(fresh=False)
    assert made.releases(NOW) == Release(0, {})


def test_between_two_looks_it_bids_for_a_moment_and_no_longer() -> None:
    made = purse()
    made.renew(50.0)
    made.follow(10.0, NOW)
    assert made.good_until == 10.0 + LOOK_S
    assert LOOK_S < MARGIN_S, "or a window could end unseen"
    made.follow(49.9, NOW)
    assert (made.good_until, made.funded) == (50.0, 0b11)
    made.follow(50.0, NOW)
    assert made.funded == 0b11
    made.follow(50.1, NOW)
    assert (made.good_until, made.funded) == (50.0, 0)
    made.go_on()
    assert made.funded == 0b11
    made.follow(50.2, NOW)
    assert made.funded == 0, "its time is over all the same"


def test_who_looks_after_a_pause_leaves_what_ended_meanwhile() -> None:
    made = purse()
    made.look(10.0, NOW)
    made.look(10.0 + END - MARGIN_S - NOW, END - MARGIN_S)
    assert (made.funded, made.left(0)) == (0, 0)


def test_who_finds_its_clock_set_waits_until_somebody_has_seen_to_it() -> None:
    for by_s in (TOLERANCE_S, -TOLERANCE_S):
        made = purse()
        made.look(10.0, NOW)
        made.look(10.25, NOW + 0.25 + 0.5 * by_s)
        assert made.funded == 0b11, "a little is none"
        made.look(10.5, NOW + 0.5 + 1.5 * by_s)
        assert made.funded == 0
        made.renew(50.0)
        made.look(10.75, NOW + 0.75 + 1.5 * by_s)
        assert made.funded == 0, "whatever the owner says of our time"
        made.renew(50.0)
        made.follow(11.0, NOW + 1.0 + 1.5 * by_s)
        assert made.funded == 0b11
        made.look(11.25, NOW + 1.25 + 1.5 * by_s)
        assert made.funded == 0b11
