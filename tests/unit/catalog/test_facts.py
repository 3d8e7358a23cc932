"""Groups of dimensions against the obvious comparison, one dimension after the other and all at once."""

from collections.abc import Mapping
from itertools import product
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adserver.catalog import groups
from adserver.catalog.facts import (
    OF_AUCTIONS,
    OF_SPACES,
    READ_IF_WANTED,
    Rules,
    auction_groups,
    space_groups,
    targeted,
)
from adserver.domain.opportunity import Value
from adserver.domain.targeting import Dimension, ListRule
from tests.unit.decision import told
from tests.unit.decision.facts import FACTS, facts, grouping
from tests.unit.decision.made import auction


class Said(NamedTuple):
    """An auction or an opportunity, as far as its facts go."""

    facts: Mapping[Dimension, Value]


def all_groups(
    rules: Mapping[Dimension, Rules], size: int, *, together: bool = True
) -> list[groups.RuleGroup]:
    with grouping(together=together):
        return [*auction_groups(rules, size), *space_groups(rules, size)]


def rules_of(dimension: Dimension) -> list[ListRule]:
    """Every way to include or exclude up to two values, and no rule at all."""
    wanted = FACTS[dimension].wanted
    some = [(), *((each,) for each in wanted), tuple(wanted[:2])]
    return [ListRule(*pair) for pair in product(some, some)]


@pytest.mark.parametrize("dimension", sorted(READ_IF_WANTED))
def test_each_dimension_alone_is_as_the_obvious_comparison(dimension: Dimension) -> None:
    rules = rules_of(dimension)
    (group,) = all_groups({dimension: list(enumerate(rules))}, len(rules))
    for value in FACTS[dimension].said:
        wanted = sum(
            told.wants({dimension: rule}, {dimension: value}, {dimension}) << index
            for index, rule in enumerate(rules)
        )
        for _ in range(2):  # the second answer is remembered
            assert group.accepting(Said({dimension: value})) & (1 << len(rules)) - 1 == wanted, (
                value
            )
    unknown = group.accepting(Said({})) & (1 << len(rules)) - 1
    assert unknown == sum((not rule.include) << index for index, rule in enumerate(rules))


@given(st.data(), st.lists(facts(READ_IF_WANTED), min_size=1, max_size=6))
def test_all_together_are_as_the_obvious_comparison(
    data: st.DataObject, requests: list[dict[Dimension, str]]
) -> None:
    dimensions = sorted(READ_IF_WANTED)
    wishes = data.draw(
        st.lists(st.dictionaries(st.sampled_from(dimensions), st.none(), max_size=4))
    )
    targeting = [
        {each: data.draw(st.sampled_from(rules_of(each))) for each in wish} for wish in wishes
    ]
    rules = {
        each: [(index, wish[each]) for index, wish in enumerate(targeting) if each in wish]
        for each in dimensions
    }
    made = all_groups(rules, len(targeting), together=data.draw(st.booleans()))
    assert targeted(rules) == {each for each in dimensions if rules[each]}
    for said in requests:
        alive = (1 << len(targeting)) - 1
        for group in made:
            alive &= group.accepting(Said(said))
        assert alive == sum(
            told.wants(wish, said, {*dimensions}) << index for index, wish in enumerate(targeting)
        )


def test_every_dimension_that_is_read_on_demand_is_in_one_group_and_has_an_alphabet() -> None:
    grouped = [each for group in (*OF_AUCTIONS, *OF_SPACES) for each in group]
    assert len(grouped) == len(set(grouped))
    rest = {Dimension.SIZE, Dimension.DEAL, Dimension.NEAR}
    assert {*grouped, *rest} == set(Dimension)
    assert {*READ_IF_WANTED, Dimension.NEAR} == set(FACTS)
    assert told.OF_AUCTIONS | told.OF_SPACES == READ_IF_WANTED


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "MAX_REMEMBERED", 3)
    monkeypatch.setattr(groups, "MAX_KEYS", 3)
    names = [f"model-{number}" for number in range(50)]
    rules = {
        Dimension.MODEL: [(index, ListRule((name,))) for index, name in enumerate(names)],
        Dimension.OS_VERSION: [(0, ListRule(("<100",)))],
    }
    (group,) = all_groups(rules, len(names))
    for index, name in enumerate(names):
        for version in (f"ios {index}", f"ios {100 + index}"):
            said = {Dimension.MODEL: name, Dimension.OS_VERSION: version}
            wanted = 1 << index if index or version == "ios 0" else 0
            assert group.accepting(Said(said)) == wanted
        strange = {Dimension.MODEL: f"stranger-{index}", Dimension.OS_VERSION: ""}
        assert group.accepting(Said(strange)) == 0
    assert len(group._answers) <= 3
    assert len(group._unsaid) <= 3
    models = {step[1]: keys for step, keys in zip(group.steps, group._keys, strict=True)}
    assert len(models[Dimension.MODEL]) <= len(names) + 2 + 3
    assert len(models[Dimension.OS_VERSION]) <= 2 + 3


def test_fields_of_an_auction_are_asked_alike() -> None:
    rules = {
        Dimension.COUNTRY: [(0, ListRule(("USA",))), (1, ListRule(exclude=("USA",)))],
        Dimension.CATEGORY: [(0, ListRule(("IAB1",))), (1, ListRule(exclude=("IAB2",)))],
    }
    made = all_groups(rules, 2)
    assert len(made) == 2
    one = auction(country="USA", categories=("IAB1-3",))
    other = auction(country="DEU", categories=("IAB2-1",))
    assert [group.accepting(one) & 3 for group in made] == [0b01, 0b11]
    assert [group.accepting(other) & 3 for group in made] == [0b10, 0b00]
