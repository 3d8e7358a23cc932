"""How far back caps count: who cannot be judged where contacts are known for a part of the time only."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from adserver.catalog.frequency import FrequencyIndex
from adserver.domain.campaign import Cap
from adserver.domain.person import Touch
from adserver.domain.week import HOUR_S

SIZE = 6
Owner = tuple[str, tuple[Cap, ...], tuple[int, ...], tuple[int, ...]]
caps = st.tuples(st.integers(1, 3), st.sampled_from((1, 2, 24, 168)), st.sampled_from(("person", "household")))  # fmt: skip
owners = st.lists(
    st.tuples(
        st.lists(caps, max_size=3), st.sets(st.integers(0, SIZE - 1)), st.sets(st.integers(10, 14), min_size=1)
    ),
    max_size=5,
)  # fmt: skip


def _owners(drawn: list[tuple[list[tuple[int, int, str]], set[int], set[int]]]) -> list[Owner]:
    return [
        (
            f"owner {number}",
            tuple(Cap(*each) for each in limits),  # type: ignore[arg-type]  # words of the literal
            tuple(sorted(members)),
            tuple(sorted(line_items)),
        )
        for number, (limits, members, line_items) in enumerate(drawn)
    ]


@given(
    owners, st.sampled_from((0, 1, HOUR_S - 1, HOUR_S, 2 * HOUR_S + 0.5, 24 * HOUR_S, 168 * HOUR_S))
)
def test_candidates_whose_caps_reach_further_back_are_those_that_a_loop_finds(
    drawn: list[tuple[list[tuple[int, int, str]], set[int], set[int]]], seconds: float
) -> None:
    made = _owners(drawn)
    for per in ("person", "household"):
        index = FrequencyIndex(made, SIZE, per)
        counted = [
            (cap.hours * HOUR_S, members, line_items)
            for _, limits, members, line_items in made
            for cap in limits
            if cap.per == per
        ]
        further = {each for window_s, members, _ in counted if window_s > seconds for each in members}  # fmt: skip
        assert index.reaching_back(seconds) == sum(1 << each for each in further)
        assert index.capped == index.reaching_back(-1)
        assert index.longest_s == max((window_s for window_s, _, _ in counted), default=0)
        assert index.line_items == {each for _, _, line_items in counted for each in line_items}


def test_who_is_reached_is_who_a_count_by_hand_finds() -> None:
    """Random contacts; the oracle counts them for each owner and each of its caps."""
    dice = Random(7)
    for _ in range(200):
        made: list[Owner] = [
            (f"owner {number}", tuple(Cap(dice.randint(1, 3), dice.choice((1, 2))) for _ in range(2)),
             (number,), tuple(dice.sample(range(10, 14), 2)))
            for number in range(3)
        ]  # fmt: skip
        touches = [
            Touch(dice.choice(("impression", "impression", "click")), dice.randint(0, 3 * HOUR_S),
                  dice.randint(10, 15), 1, b"b" * 16)
            for _ in range(8)
        ]  # fmt: skip
        now_s = 3 * HOUR_S
        wanted: dict[str, int] = {}
        for name, limits, _, line_items in made:
            for cap in limits:
                count = sum(
                    touch.kind == "impression"
                    and touch.line_item in line_items
                    and touch.at_s > now_s - cap.hours * HOUR_S
                    for touch in touches
                )
                if count >= cap.impressions:
                    wanted.setdefault(name, count)
        found = FrequencyIndex(made, SIZE).reached(touches, now_s)
        assert {owner.name: count for owner, count in found} == wanted
        assert [owner.members for owner, _ in found] == [1 << int(owner.name[-1]) for owner, _ in found]  # fmt: skip


def test_who_has_no_such_cap_does_not_end_the_search_for_who_has() -> None:
    made = [("free", (), (0,), (10,)), ("capped", (Cap(1, 1),), (1,), (20,))]
    assert FrequencyIndex(made, SIZE).capped == 0b10
