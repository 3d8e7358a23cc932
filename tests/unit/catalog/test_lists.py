"""Lists to include and exclude, turned around."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from adserver.catalog.lists import Blocklist, ListIndex, category_and_parent
from adserver.domain.bits import bits
from adserver.domain.targeting import ListRule

VALUES = ["IAB1", "IAB1-1", "IAB1-2", "IAB2", "other"]
some = st.lists(st.sampled_from(VALUES), max_size=3, unique=True).map(tuple)
rules = st.lists(st.none() | st.builds(ListRule, some, some), min_size=1, max_size=8)


def index(made: Sequence[ListRule | None], *, parents: bool) -> ListIndex:
    given_rules = [(i, rule) for i, rule in enumerate(made) if rule is not None]
    if parents:
        return ListIndex(given_rules, len(made), category_and_parent)
    return ListIndex(given_rules, len(made))


def members(alive: int, size: int) -> list[bool]:
    return [bool(alive >> i & 1) for i in range(size)]


@given(rules, st.sampled_from(["", "unheard", *VALUES]))
def test_one_value_is_accepted_as_the_rule_reads(made: list[ListRule | None], value: str) -> None:
    wanted = [
        rule is None or ((not rule.include or value in rule.include) and value not in rule.exclude)
        for rule in made
    ]
    assert members(index(made, parents=False).accepting(value), len(made)) == wanted


@given(rules, st.lists(st.sampled_from(["unheard", *VALUES]), max_size=3))
def test_several_values_are_accepted_if_one_is_wanted_and_none_refused(
    made: list[ListRule | None], values: list[str]
) -> None:
    """A parent category stands for its children, on both sides."""
    heard = {name for value in values for name in (value, value.split("-")[0])}
    wanted = [
        rule is None
        or (
            (not rule.include or not heard.isdisjoint(rule.include))
            and heard.isdisjoint(rule.exclude)
        )
        for rule in made
    ]
    assert members(index(made, parents=True).accepting_any(values), len(made)) == wanted


def test_a_child_does_not_stand_for_its_parent() -> None:
    lists = index([ListRule(("IAB1-1",)), ListRule((), ("IAB1-1",))], parents=True)
    assert lists.accepting_any(["IAB1"]) == 0b10
    assert lists.accepting_any(["IAB1-1"]) == 0b01


def test_unsaid_is_accepted_only_by_those_who_include_nothing() -> None:
    lists = index([ListRule(("IAB1",)), ListRule((), ("IAB1",)), None], parents=False)
    assert lists.accepting("") == 0b110
    assert lists.otherwise == 0b110


def test_a_blocklist_finds_who_has_any_of_the_values() -> None:
    blocklist = Blocklist([(0, ["a", "b"]), (2, ["b"]), (5, [(1, "c")])], 6)
    assert blocklist.holding(["b", "z"]) == bits([0, 2], 6)
    assert blocklist.holding(["a", (1, "c")]) == bits([0, 5], 6)
    assert blocklist.holding(["c"]) == 0
    assert blocklist.holding([]) == 0
