"""Who serves after what was asked."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.registry import roles
from models.registry.roles import Refused, Roles, Share

AT = "2026-01-01T00:00:00Z"


def serving(*models: str) -> Roles:
    """The roles when these were champions, one after the other."""
    found = Roles()
    for model in models:
        found = roles.promoted(found, model, AT, "")
    return found


def test_the_first_of_its_kind_serves_and_others_challenge() -> None:
    first = roles.enlisted(Roles(), "a", AT)
    assert (first.champion, first.challenger) == ("a", "")
    second = roles.enlisted(first, "b", AT)
    assert (second.champion, second.challenger) == ("a", "b")
    assert roles.enlisted(second, "a", AT) == second, "trained again, the same"


def test_a_promotion_ends_every_other_role_of_that_model_and_is_kept_in_the_history() -> None:
    before = roles.shadowed(roles.canaried(roles.enlisted(serving("a"), "b", AT), "b", 5), "b", 9)
    after = roles.promoted(before, "b", AT, "better")
    assert (after.champion, after.challenger, after.canary, after.shadow) == ("b", "", None, None)
    assert [(each.model, each.why) for each in after.history] == [("a", ""), ("b", "better")]
    with pytest.raises(Refused, match="champion already"):
        roles.promoted(after, "b", AT, "")


def test_rolling_back_again_and_again_goes_further_back_never_forth() -> None:
    found = serving("a", "b", "c")
    seen = []
    for _ in range(2):
        found = roles.rolled_back(found, AT, "")
        seen.append(found.champion)
    assert seen == ["b", "a"]
    with pytest.raises(Refused, match="no champion is known from before"):
        roles.rolled_back(found, AT, "")
    assert [each.model for each in found.history] == ["a", "b", "c", "b", "a"]


def test_a_canary_and_a_shadow_are_others_than_the_champion() -> None:
    for change in (roles.canaried, roles.shadowed):
        with pytest.raises(Refused, match="decides already"):
            change(serving("a"), "a", 5)
        with pytest.raises(Refused, match="promote one first"):
            change(Roles(), "a", 5)


@pytest.mark.parametrize("percent", [0, -1, 51, 1e9, float("nan"), float("inf")])
def test_a_canary_has_a_share_that_makes_sense(percent: float) -> None:
    with pytest.raises(Refused, match="percent"):
        roles.canaried(serving("a"), "b", percent)
    assert roles.canaried(serving("a"), "b", 50).canary == Share("b", 50)


def test_who_retires_has_no_role_and_the_champion_does_not() -> None:
    found = roles.shadowed(roles.canaried(serving("a"), "b", 5), "b", 10)
    assert found.named() == {"a": "champion", "b": "canary and shadow"}
    assert roles.retired(found, "b").named() == {"a": "champion"}
    with pytest.raises(Refused, match="roll back"):
        roles.retired(found, "a")
    with pytest.raises(Refused, match="has no role"):
        roles.retired(found, "c")


CHANGES: tuple[Callable[[Roles, str], Roles], ...] = (
    lambda found, each: roles.enlisted(found, each, AT),
    lambda found, each: roles.promoted(found, each, AT, ""),
    lambda found, _: roles.rolled_back(found, AT, ""),
    lambda found, each: roles.canaried(found, each, 5),
    lambda found, each: roles.shadowed(found, each, 5),
    roles.retired,
)


@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from("abcdef")), max_size=300))
def test_whatever_is_asked_there_is_one_champion_and_what_is_kept_is_bounded(
    asked: list[tuple[int, str]],
) -> None:
    found = serving("a")
    for what, model in asked:
        try:
            found = CHANGES[what](found, model)
        except Refused:
            continue
        assert found.champion
        assert found.champion not in found.past
        assert found.champion not in {found.challenger, found.canary and found.canary.model}
        assert found.history[-1].model == found.champion
        assert len(found.past) <= roles.MOST_PAST
        assert len(found.history) <= roles.MOST_HISTORY
