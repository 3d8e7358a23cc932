"""Turns of creatives and products: by the rule, by the dice of the request alone, and with the chance written down."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
from msgspec.structs import replace

from adserver.background.arms import LearnedArms
from adserver.decision.pipeline import decide, look_ahead
from adserver.decision.tracing import Traced, Untraced
from adserver.decision.world import World
from adserver.domain.bandit import EXPLORED, Arm
from adserver.domain.bid import Bid
from adserver.domain.creative import Banner, Dynamic
from adserver.domain.identity import number, segment_number
from adserver.domain.opportunity import Auction
from adserver.domain.person import Profile
from adserver.domain.reasons import Reason
from adserver.domain.targeting import Dimension, Segment
from adserver.ports.products import NOTHING, Relevant, Wish
from adserver.privacy.permission import ALLOWED
from tests.unit.decision.made import (
    auction,
    banner,
    cpm,
    line_item,
    moment,
    opportunity,
    snapshot,
    world,
)

NAMES = ("a", "b", "c")
CREATIVES = tuple(banner(name) for name in NAMES)
ROUNDS = 600


def made(rotation: str, **changes: Any) -> World:
    items = [line_item("turns", creatives=NAMES, rotation=rotation, **changes)]
    return world(snapshot(*items, creatives=CREATIVES))


def bids(
    where: World, asked: Auction | None = None, rounds: int = ROUNDS, **changes: Any
) -> list[Bid]:
    """Return the bid of so many requests, each with dice of its own."""
    asked = asked or auction(opportunity())
    fits = look_ahead(where.snapshot, asked)
    found = []
    for seed in range(rounds):
        found += decide(
            where, asked, fits, moment(where.snapshot, seed=seed, **changes), Untraced()
        )
    return found


def share(found: Sequence[Bid], name: str) -> float:
    return sum(bid.candidate.creative.id == name for bid in found) / len(found)


def test_without_a_rotation_the_best_is_shown_for_certain() -> None:
    found = bids(made(""), rounds=20)
    assert len({bid.candidate.creative.id for bid in found}) == 1
    assert {bid.propensity for bid in found} == {1.0}


def test_even_turns_are_even_and_say_so() -> None:
    found = bids(made("even"))
    for name in NAMES:
        assert share(found, name) == pytest.approx(1 / 3, abs=0.08)
    assert {bid.propensity for bid in found} == {1 / 3}


def test_weighted_turns_follow_their_weights_and_what_is_not_named_weighs_one() -> None:
    found = bids(made("weighted", weights={"a": 6, "b": 3}))
    assert share(found, "a") == pytest.approx(0.6, abs=0.08)
    assert share(found, "c") == pytest.approx(0.1, abs=0.06)
    assert {(b.candidate.creative.id, b.propensity) for b in found} == {
        ("a", 0.6),
        ("b", 0.3),
        ("c", 0.1),
    }


def test_learned_turns_prefer_what_is_clicked_and_keep_trying_the_rest() -> None:
    where = made("learned")
    arms = LearnedArms()
    where = replace(where, arms=arms)
    before = bids(where)
    assert share(before, "b") == pytest.approx(1 / 3, abs=0.08)
    ids = {name: number("creative", name) for name in NAMES}
    arms.take(
        {
            number("line_item", "turns"): {
                ids["a"]: Arm(5e3, 20),
                ids["b"]: Arm(5e3, 100),
                ids["c"]: Arm(5e3, 25),
            }
        }
    )
    after = bids(where)
    assert share(after, "b") > 0.85
    assert min(bid.propensity for bid in after) == pytest.approx(EXPLORED / 3, rel=0.05)
    for name in NAMES:
        (propensity,) = {bid.propensity for bid in after if bid.candidate.creative.id == name}
        assert share(after, name) == pytest.approx(propensity, abs=0.05)


def test_the_same_request_gets_the_same_turn() -> None:
    where = made("even")
    assert [b.candidate.creative.id for b in bids(where, rounds=50)] == [
        b.candidate.creative.id for b in bids(where, rounds=50)
    ]


def test_only_creatives_that_fit_take_turns() -> None:
    creatives = (banner("a"), banner("b", width=728, height=90), banner("c"))
    where = world(
        snapshot(line_item("turns", creatives=NAMES, rotation="even"), creatives=creatives)
    )
    found = bids(where, rounds=100)
    assert share(found, "b") == 0
    assert {bid.propensity for bid in found} == {0.5}


def test_many_creatives_crowd_nobody_out_of_the_shortlist() -> None:
    """Twelve creatives of the dearest line item would fill all eight places."""
    names = tuple(f"n{i}" for i in range(12))
    items = [
        line_item("turns", creatives=names, rotation="even", goal=cpm(5)),
        *(line_item(f"other-{i}", creatives=("n0",), goal=cpm(4 - i / 10)) for i in range(7)),
    ]
    compiled = snapshot(*items, creatives=tuple(banner(name) for name in names))
    where = world(compiled)
    asked = auction(opportunity())
    trace = Traced()
    decide(where, asked, look_ahead(compiled, asked), moment(compiled), trace)
    counts = trace.counts()
    assert counts[Reason.ROTATION] == 11
    assert counts[Reason.OUTBID] == 7
    assert Reason.NOT_SHORTLISTED not in counts


@pytest.mark.parametrize("trace", [Untraced(), Traced()])
def test_what_leaves_nobody_is_the_reason_however_many_took_turns(trace: Untraced) -> None:
    where, asked = made("even"), auction(opportunity(floor=cpm(900).amount))
    fits = look_ahead(where.snapshot, asked)
    assert decide(where, asked, fits, moment(where.snapshot), trace) == []
    assert trace.reason is Reason.BELOW_FLOOR


class Shelf:
    """A showcase that offers what it is told and remembers what it was asked."""

    def __init__(self, relevant: Relevant) -> None:
        self.offers = relevant
        self.asked: list[Wish] = []

    def relevant(self, creative: Dynamic, wish: Wish) -> Relevant:
        """Offer, whatever is wished for."""
        self.asked.append(wish)
        return self.offers


def showing(offers: Relevant, products: int = 1, **changes: Any) -> tuple[World, Shelf]:
    fallback = Banner(
        id="d",
        landing_url="https://shop.example/",
        width=300,
        height=250,
        image_url="https://cdn.example/f.png",
    )
    creative = Dynamic(
        id="d", landing_url="https://shop.example/", width=300, height=250, feed="shop", template="t.html",
        products=products, fallback=fallback,
    )  # fmt: skip
    shelf = Shelf(offers)
    compiled = snapshot(line_item("turns", creatives=("d",), **changes), creatives=(creative,))
    return replace(world(compiled), showcase=shelf), shelf


def test_products_come_in_order_where_nothing_takes_turns() -> None:
    where, _ = showing(Relevant(9, (1, 2, 3), (4,)), products=2)
    (bid,) = bids(where, rounds=1)
    assert bid.products == (1, 2)
    assert bid.generation == 9
    assert bid.propensity == 1.0


def test_the_others_fill_up_what_the_relevant_leave() -> None:
    where, _ = showing(Relevant(9, (1,), (4, 5)), products=3, rotation="learned")
    (bid,) = bids(where, rounds=1)
    assert bid.products == (1, 4, 5)
    assert bid.propensity == 1.0


def test_equally_relevant_products_take_turns_and_none_is_shown_twice() -> None:
    where, _ = showing(Relevant(9, (1, 2, 3), (4,)), products=2, rotation="even")
    found = bids(where)
    pairs = Counter(bid.products for bid in found)
    assert len(pairs) == 6
    assert all(len(set(pair)) == 2 and 4 not in pair for pair in pairs)
    assert {round(bid.propensity, 9) for bid in found} == {round(1 / 6, 9)}
    assert min(pairs.values()) > ROUNDS / 6 * 0.6


def test_products_are_arms_as_creatives_are() -> None:
    where, _ = showing(Relevant(9, (1, 2), ()), rotation="learned")
    arms = LearnedArms()
    where = replace(where, arms=arms)
    arms.take({number("line_item", "turns"): {1: Arm(5e3, 10), 2: Arm(5e3, 100)}})
    found = bids(where)
    assert sum(bid.products == (2,) for bid in found) / len(found) == pytest.approx(0.95, abs=0.04)


def test_without_products_the_fallback_bids() -> None:
    where, _ = showing(NOTHING)
    (bid,) = bids(where, rounds=1)
    assert bid.products == ()


def test_the_page_is_told_and_the_person_only_where_permission_and_audience_let_them() -> None:
    asked = auction(
        opportunity(),
        categories=("IAB17",),
        facts={Dimension.KEYWORD: ("boots",), Dimension.DEVICE_LANGUAGE: "de"},
    )
    liked = segment_number("product:1")
    person = {"profile": Profile(segments=(segment_number("vip"), liked))}
    where, shelf = showing(NOTHING, audience=Segment("vip"))
    bids(where, asked, 1, **person)
    assert shelf.asked[-1] == Wish(
        ("de",), ("boots",), ("IAB17",), person["profile"].segments, person["profile"].segments
    )
    where, shelf = showing(NOTHING)
    bids(where, asked, 1, **person)
    assert shelf.asked[-1].segments == ()
    assert liked in shelf.asked[-1].avoided
    bids(where, asked, 1, permission=replace(ALLOWED, personalise=False), **person)
    assert shelf.asked[-1] == Wish(("de",), ("boots",), ("IAB17",))
