"""What people decide stays decided, and several ids together are as strict as the strictest."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adserver.domain.choices import (
    NO_CHOICES,
    Change,
    ChangeKind,
    Choices,
    changed,
    erased,
    strictest,
)

several = st.builds(
    Choices,
    opted_out=st.booleans(),
    erased=st.booleans(),
    consented=st.booleans(),
    objections=st.sets(st.integers(1, 9)).map(lambda numbers: tuple(sorted(numbers))),
    at_s=st.integers(0, 100),
)
changes = st.builds(Change, kind=st.sampled_from(get_args(ChangeKind)), segment=st.integers(1, 9))


@pytest.mark.parametrize(
    ("before", "change", "after"),
    [
        (NO_CHOICES, Change("opt_out"), Choices(opted_out=True, at_s=7)),
        (Choices(consented=True), Change("opt_out"), Choices(opted_out=True, at_s=7)),
        (Choices(opted_out=True, erased=True), Change("opt_in"), Choices(at_s=7)),
        (NO_CHOICES, Change("object", 5), Choices(objections=(5,), at_s=7)),
        (Choices(objections=(9,)), Change("object", 5), Choices(objections=(5, 9), at_s=7)),
        (Choices(objections=(5, 9)), Change("agree", 5), Choices(objections=(9,), at_s=7)),
        (NO_CHOICES, Change("consent"), Choices(consented=True, at_s=7)),
        (Choices(consented=True), Change("withdraw"), Choices(at_s=7)),
    ],
)
def test_each_change_does_one_thing(before: Choices, change: Change, after: Choices) -> None:
    assert changed(before, change, 7) == after


@given(choices=several, change=changes)
def test_a_change_made_twice_is_as_good_as_once(choices: Choices, change: Change) -> None:
    once = changed(choices, change, 7)
    assert changed(once, change, 7) == once


@given(st.lists(several, max_size=4))
def test_several_ids_are_as_strict_as_the_strictest(each: list[Choices]) -> None:
    found = strictest(tuple(each))
    assert found.opted_out == any(one.opted_out for one in each)
    assert found.erased == any(one.erased for one in each)
    assert found.consented == (bool(each) and all(one.consented for one in each))
    assert set(found.objections) == {number for one in each for number in one.objections}


@given(choices=several)
def test_of_somebody_forgotten_only_the_refusals_stay(choices: Choices) -> None:
    left = erased(choices, 9)
    assert left == Choices(opted_out=choices.opted_out, erased=True, at_s=9)
