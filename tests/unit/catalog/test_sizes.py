"""Segments and audiences of too few people are never used, as the obvious loop would have it."""

from collections.abc import Sequence

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from adserver.catalog.census import count
from adserver.catalog.compiler import compile_snapshot
from adserver.catalog.sizes import Sizes, doubts, small_segments, withheld
from adserver.catalog.withheld import Withheld
from adserver.domain.campaign import Catalog
from adserver.domain.identity import segment_number
from adserver.domain.targeting import Expression, holds, parse_audience
from adserver.privacy.policy import Policy
from tests.unit.catalog.test_audience import expressions
from tests.unit.decision.made import advertiser, line_item
from tests.unit.decision.strategies import SEGMENTS

TODAY = 20_000
persons = st.lists(st.sampled_from(SEGMENTS), unique=True)


def catalog(*audiences: Expression | str | None) -> Catalog:
    """A line item per audience: `0`, `1` ..."""
    items = [
        line_item(str(i), audience=parse_audience(each) if isinstance(each, str) else each)
        for i, each in enumerate(audiences)
    ]
    return Catalog((advertiser("shop", *items),))


def numbers(names: Sequence[str]) -> list[int]:
    return [segment_number(name) for name in names]


def counted(policy: Policy, made: Catalog, known: Sequence[Sequence[str]]) -> Sizes:
    return count(lambda: map(numbers, known), policy, made, Sizes(), TODAY)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(expressions, min_size=1, max_size=5),
    st.lists(persons, max_size=8),
    persons,
    st.integers(0, 4),
)
@example([parse_audience("a and not b")], [["a"], ["a"], ["a", "b"]], ["a"], 3)
@example([parse_audience("a and b")], [["a"]] * 3 + [["b"]] * 3 + [["a", "b"]], ["a", "b"], 3)
def test_compiled_audiences_agree_with_the_obvious_loop(
    made: list[Expression], known: list[list[str]], asked: list[str], least: int
) -> None:
    """Whoever asks: nobody is in a small segment, and a small audience accepts nobody."""
    small = {name for name in SEGMENTS if sum(name in person for person in known) < least}
    if least <= 1:
        small = set()

    def accepts(expression: Expression, person: Sequence[str]) -> bool:
        return holds(expression, set(person) - small)

    wanted = set()
    for i, expression in enumerate(made):
        is_large = (
            least <= 1
            or accepts(expression, ())  # everybody whom we do not know
            or sum(accepts(expression, person) for person in known) >= least
        )
        if is_large and accepts(expression, asked):
            wanted.add(str(i))
    policy = Policy(minimum_people=least)
    campaigns = catalog(*made)
    held_back = withheld(policy, campaigns, counted(policy, campaigns, known))
    compiled = compile_snapshot(campaigns, held_back)
    accepting = compiled.audience.accepting(numbers(asked), compiled.everyone & ~compiled.too_small)
    assert {c.line_item for c in compiled.candidates if accepting >> c.index & 1} == wanted


def test_what_was_never_counted_is_held_back_unless_it_is_surely_large() -> None:
    policy = Policy(minimum_people=10)
    campaigns = catalog("a", "a or b", "a and b", "not b", "b", None)
    loaded = Sizes().loaded({"crm": {"a": 12, "b": 10}}, TODAY)
    assert withheld(policy, campaigns, Sizes()) == Withheld(
        frozenset({"a", "b"}), frozenset({"0", "1", "2", "3", "4"})
    )
    assert {doubt.people for doubt in doubts(policy, campaigns, Sizes())} == {None}
    assert withheld(policy, campaigns, loaded) == Withheld(line_items=frozenset({"2"}))
    (doubt,) = doubts(policy, campaigns, loaded)
    assert doubt.people is None


def test_without_a_minimum_nothing_needs_counting() -> None:
    for least in (0, 1):
        policy = Policy(minimum_people=least)
        assert withheld(policy, catalog("a and b"), Sizes()) == Withheld()


def test_two_large_segments_with_three_people_in_common_are_a_small_audience() -> None:
    policy = Policy(minimum_people=5)
    campaigns = catalog("a and b")
    known = [["a"]] * 7 + [["b"]] * 7 + [["a", "b"]] * 3
    sizes = counted(policy, campaigns, known)
    assert small_segments(policy, campaigns, sizes) == {}
    (doubt,) = doubts(policy, campaigns, sizes)
    assert doubt.people == 3
    assert withheld(policy, campaigns, sizes).line_items == {"0"}


def test_leaving_out_a_small_segment_leaves_nobody_out() -> None:
    policy = Policy(minimum_people=5)
    campaigns = catalog("a and not b")
    sizes = counted(policy, campaigns, [["a"]] * 4 + [["a", "b"]] * 2)
    compiled = compile_snapshot(campaigns, withheld(policy, campaigns, sizes))
    assert compiled.audience.accepting(numbers(["a", "b"]), 1) == 1


@pytest.mark.parametrize(
    ("audience", "is_held_back"),
    [
        ("acme:5", False),
        ("acme:5 and a", False),
        ("acme:5 and b", True),
        ("a and not acme:5", False),
        ("b or acme:5", False),
        ("aam:1", True),
    ],
)
def test_segments_of_requests_count_as_if_everybody_were_in_them(
    audience: str, *, is_held_back: bool
) -> None:
    """A trait of a DMP looks like one, but was counted."""
    policy = Policy(minimum_people=5)
    campaigns = catalog(audience)
    before = Sizes().loaded({"dmp": {"aam:1": 2}}, TODAY)
    known = [["a"]] * 9 + [["b", "aam:1"]] * 2
    sizes = count(lambda: map(numbers, known), policy, campaigns, before, TODAY)
    assert bool(withheld(policy, campaigns, sizes).line_items) == is_held_back


def test_an_audience_that_changes_must_be_counted_anew() -> None:
    policy = Policy(minimum_people=2)
    known = [["a", "b", "c"]] * 3
    sizes = counted(policy, catalog("a and b"), known)
    changed = catalog("a and b", "a and c")
    sizes = sizes.loaded({"crm": {"c": 3}}, TODAY)
    assert withheld(policy, changed, sizes).line_items == {"1"}
    assert withheld(policy, changed, counted(policy, changed, known)) == Withheld()
