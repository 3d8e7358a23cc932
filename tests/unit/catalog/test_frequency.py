"""Counting contacts towards the caps of every level."""

from adserver.catalog.frequency import FrequencyIndex
from adserver.domain.campaign import Cap
from adserver.domain.person import Touch
from adserver.domain.week import HOUR_S

NOW_S = 1_795_000_000


def index() -> FrequencyIndex:
    """A campaign of line items 10 and 20 (candidates 0-2); 10 has caps of its own (candidates 0-1)."""
    return FrequencyIndex(
        [
            ("campaign", (Cap(3, 24),), (0, 1, 2), (10, 20)),
            ("line item", (Cap(1, 1), Cap(2, 24)), (0, 1), (10,)),
        ],
        5,
    )


def touch(line_item: int, age_s: int, kind: str = "impression") -> Touch:
    return Touch(kind, NOW_S - age_s, line_item, 1, b"b" * 16)


def reached(*touches: Touch) -> list[tuple[str, int]]:
    return [(owner.name, count) for owner, count in index().reached(touches, NOW_S)]


def test_capped_are_all_candidates_below_any_cap() -> None:
    assert index().capped == 0b111
    assert FrequencyIndex([], 5).capped == 0


def test_windows_slide_and_are_half_open() -> None:
    assert reached(touch(10, HOUR_S - 1)) == [("line item", 1)]
    assert reached(touch(10, HOUR_S)) == []


def test_any_of_several_caps_is_enough() -> None:
    assert reached(touch(10, 2 * HOUR_S), touch(10, 3 * HOUR_S)) == [("line item", 2)]


def test_parents_count_what_all_their_line_items_showed() -> None:
    ages = (2 * HOUR_S, 3 * HOUR_S, 4 * HOUR_S)
    assert reached(*(touch(20, age) for age in ages)) == [("campaign", 3)]
    mixed = reached(touch(10, ages[0]), *(touch(20, age) for age in ages[1:]))
    assert mixed == [("campaign", 3)]


def test_clicks_and_strangers_line_items_do_not_count() -> None:
    assert reached(touch(10, 5, "click"), touch(99, 5)) == []


def test_contacts_from_a_clock_ahead_of_ours_count() -> None:
    assert reached(touch(10, -30)) == [("line item", 1)]


def test_caps_per_household_have_an_index_of_their_own() -> None:
    owners = [("order", (Cap(3, 24), Cap(1, 24, "household")), (0,), (10,)), ("item", (Cap(1, 1),), (1,), (20,))]  # fmt: skip
    people, homes = FrequencyIndex(owners, 5), FrequencyIndex(owners, 5, "household")
    assert (people.capped, homes.capped) == (0b11, 0b1)
    assert homes.reached([touch(20, 5)], NOW_S) == []
    assert [(owner.name, count) for owner, count in homes.reached([touch(10, 5)], NOW_S)] == [
        ("order", 1)
    ]
    assert people.reached([touch(10, 5)], NOW_S) == []


def test_windows_that_reach_further_back_than_what_is_known() -> None:
    """The campaign's cap counts a day, the line item's own an hour and a day; a second campaign's a week."""
    owners = [
        ("campaign", (Cap(3, 24),), (0, 1, 2), (10, 20)),
        ("line item", (Cap(1, 1), Cap(2, 24)), (0, 1), (10,)),
        ("short", (Cap(1, 1),), (3,), (30,)),
        ("other", (Cap(1, 168), Cap(1, 720, "household")), (4,), (40,)),
    ]
    made = FrequencyIndex(owners, 5)
    assert made.reaching_back(-1) == made.reaching_back(HOUR_S - 1) == 0b11111
    assert made.reaching_back(HOUR_S) == made.reaching_back(24 * HOUR_S - 1) == 0b10111
    assert made.reaching_back(24 * HOUR_S) == 0b10000
    assert made.reaching_back(168 * HOUR_S) == 0
    assert made.reaching_back(float("-inf")) == made.capped
    assert made.longest_s == 168 * HOUR_S
    assert made.line_items == {10, 20, 30, 40}
    homes = FrequencyIndex(owners, 5, "household")
    assert homes.longest_s == 720 * HOUR_S
    assert homes.line_items == {40}
    assert FrequencyIndex([], 5).reaching_back(0) == FrequencyIndex([], 5).longest_s == 0
