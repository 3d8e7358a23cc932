"""Holds end when they are due, once; what may still be billed after that is exposed, to the second."""

from collections import Counter
from random import Random

from adserver.background.holds import SOON_S, Hold, Holds
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
                    until_s = now_s + dice.choice((1, 5, SOON_S, SOON_S + 1, 2 * SOON_S))
                    made = hold(until_s, dice.randint(1, 99), until_s + dice.choice((0, 1, 20)), dice.choice(KEYS))  # fmt: skip
                    bid = bytes([turn])
                    holds.add(bid, made)
                    kept[bid] = made
                case 2:
                    bid = bytes([dice.randrange(60)])
                    assert holds.end(bid) == kept.pop(bid, None)
                case 3:
                    by_s = dice.randint(1, 30)
                    holds.clock_set_forward(by_s)
                    kept = {bid: _later(each, by_s) for bid, each in kept.items()}
                    exposed = [_later(each, by_s) for each in exposed]
                    now_s += by_s
                case _:
                    now_s += dice.choice((0, 3, SOON_S))
                    ended = [bid for bid, each in kept.items() if each.until_s < now_s]
                    assert Counter(map(_told, holds.expire(now_s))) == Counter(_told(kept[bid]) for bid in ended)  # fmt: skip
                    exposed = [each for each in exposed + [kept.pop(bid) for bid in ended] if each.life_s >= now_s]  # fmt: skip
                    paper: Counter[int] = Counter()
                    for each in exposed:
                        if each.life_s > each.until_s:
                            paper[each.places[0][0].key] += each.amount
                    assert holds.exposed == paper
            assert set(holds.bids()) == kept.keys()
            assert sorted(map(_told, holds)) == sorted(map(_told, kept.values()))
            assert len(holds) == len(kept)
            soon = Counter(holds.exposed)
            for each in kept.values():
                if each.until_s <= now_s + SOON_S and each.life_s > each.until_s:
                    soon[each.places[0][0].key] += each.amount
            assert holds.exposed_soon(now_s) == soon
        list(holds.expire(10**6))
        assert (len(holds), holds.exposed, holds._due, holds._due_order) == (0, {}, {}, [])
        assert holds._exposed_until == {}


def _later(each: Hold, by_s: int) -> Hold:
    return Hold(each.until_s + by_s, each.amount, each.places, each.life_s + by_s)


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


def test_what_is_not_ours_any_more_ends_at_no_time_but_stays_exposed() -> None:
    holds = Holds()
    holds.add(b"1", hold(1_000, 5, 1_100))
    assert len(list(holds.expire(1_001))) == 1
    holds.add(b"2", hold(1_010, 7, 1_100))
    holds.clear()
    assert (len(holds), holds.bids(), list(holds.expire(1_050))) == (0, (), [])
    assert holds.exposed == {71: 5}
    holds.add(b"3", hold(1_010, 9))
    assert [each.amount for each in holds.expire(1_051)] == [9]
