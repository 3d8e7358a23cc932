"""Holds end when they are due, once; what may still be billed after that is exposed, to the second."""

from collections import Counter
from random import Random

from adserver.background.holds import Hold, Holds
from adserver.background.leases import Lease

KEYS = (71, 72)


def hold(until_s: int, amount: int, life_s: int | None = None, key: int = 71) -> Hold:
    return Hold(until_s, amount, ((Lease(key), 5), (Lease(99), 6)), life_s or until_s)


def test_any_story_of_holds_is_as_a_list_of_them_tells() -> None:
    """The oracle keeps every hold and asks each, at each step, whether it is over."""
    dice = Random(7)
    for _ in range(30):
        holds, kept, exposed, now_s = Holds(), dict[bytes, Hold](), list[Hold](), 1_000
        for turn in range(60):
            match dice.randrange(5):
                case 0 | 1:
                    until_s = now_s + dice.choice((1, 5, 7, 8, 14))
                    made = hold(until_s, dice.randint(1, 99), until_s + dice.choice((0, 1, 20)), dice.choice(KEYS))  # fmt: skip
                    bid = bytes([turn])
                    holds.add(bid, made)
                    kept[bid] = made
                case 2:
                    bid = bytes([dice.randrange(60)])
                    assert holds.end(bid) == kept.pop(bid, None)
                case 3:
                    now_s += dice.choice((0, 3, 7))
                    holds.fade(now_s)
                    exposed = [each for each in exposed if each.life_s >= now_s]
                case _:
                    until_s = now_s + dice.randint(-9, 5)
                    ended = [bid for bid, each in kept.items() if each.until_s <= until_s]
                    assert holds.exposing(until_s) == _by_key([*exposed, *(kept[each] for each in ended)])  # fmt: skip
                    assert Counter(map(_told, holds.release(until_s))) == Counter(_told(kept[bid]) for bid in ended)  # fmt: skip
                    exposed += [kept.pop(bid) for bid in ended]
            due = [each.until_s for each in kept.values() if each.until_s < now_s]
            assert holds.due(now_s) == max(due, default=0)
            assert holds.exposed == _by_key(exposed)
            assert set(holds.bids()) == kept.keys()
            by_pot = Counter(pot for each in kept.values() for _, pot in each.places for _ in range(each.amount))  # fmt: skip
            assert holds.by_pot() == by_pot
            assert len(holds) == len(kept)
        list(holds.release(10**6))
        holds.fade(10**6)
        assert (len(holds), holds.exposed, holds._due, holds._due_order) == (0, {}, {}, [])
        assert holds._exposed_until == {}


def _by_key(exposed: list[Hold]) -> Counter[int]:
    found: Counter[int] = Counter()
    for each in exposed:
        if each.life_s > each.until_s:
            found[each.places[0][0].key] += each.amount
    return found


def _told(each: Hold) -> tuple[int, int, int, int]:
    return (each.until_s, each.amount, each.life_s, each.places[0][0].key)


def test_a_bid_that_ended_is_not_remembered_until_it_would_have_been_due() -> None:
    holds = Holds()
    for serial in range(3):
        holds.add(bytes([serial]), hold(1_000, 5))
    assert holds.end(bytes([1])) is not None
    assert holds.end(bytes([1])) is None
    assert holds._due == {1_000: {bytes([0]), bytes([2])}}
    assert holds._due_order == [1_000]


def test_what_has_ended_is_held_until_somebody_lets_go_of_it() -> None:
    holds = Holds()
    holds.add(b"1", hold(1_000, 5))
    holds.add(b"2", hold(1_002, 7))
    assert holds.due(1_000) == 0
    assert holds.due(1_000.5) == 1_000
    assert holds.due(10**6) == 1_002
    assert holds.bids() == (b"1", b"2")
    assert [each.amount for each in holds.release(1_001)] == [5]
    assert list(holds.release(1_001)) == []
    assert holds.due(1_002) == 0


def test_seconds_of_which_nothing_is_left_are_due_to_nobody_and_forgotten() -> None:
    holds = Holds()
    for until_s in (1_000, 1_001, 1_002, 1_003):
        holds.add(bytes([until_s % 100]), hold(until_s, 5))
    for gone in (0, 1, 3):
        holds.end(bytes([gone]))
    assert holds.due(2_000) == 1_002
    assert holds._due.keys() == {1_002, 1_003}, "what lies behind goes when it is let go of"
    list(holds.release(1_002))
    assert holds.due(2_000) == 0
    assert (holds._due, holds._due_order) == ({}, [])


def test_nothing_of_what_is_not_ours_any_more_ends_or_is_exposed() -> None:
    holds = Holds()
    exposed = holds.exposed
    holds.add(b"1", hold(1_000, 5, 1_100))
    assert len(list(holds.release(1_000))) == 1
    assert exposed == {71: 5}
    holds.add(b"2", hold(1_010, 7, 1_100))
    holds.clear()
    assert (len(holds), holds.bids(), list(holds.release(1_050)), exposed) == (0, (), [], {})
    holds.add(b"3", hold(1_010, 9))
    assert [each.amount for each in holds.release(1_051)] == [9]
    holds.fade(10**6)
