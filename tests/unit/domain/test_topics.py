"""Trails are coarse, and silent about what the law calls special."""

import pytest

from adserver.domain.identity import number
from adserver.domain.topics import NAMES, TOPICS, topic_of


@pytest.mark.parametrize(
    ("categories", "taxonomy", "code"),
    [
        (("IAB19-5",), 1, "IAB19"),
        (("IAB20",), 1, "IAB20"),
        (("IAB7-39", "IAB17-1"), 1, "IAB17"),
        (("IAB7-39",), 1, None),  # diseases
        (("IAB11-4", "IAB14-1", "IAB23-7", "IAB25", "IAB26", "IAB24"), 1, None),
        (("19",), 2, None),
        ((), 1, None),
        (("", "IAB", "IAB199"), 1, None),
    ],
)
def test_only_the_first_tier_of_what_is_harmless_is_kept(
    categories: tuple[str, ...], taxonomy: int, code: str | None
) -> None:
    assert topic_of(categories, taxonomy) == (None if code is None else number("topic", code))


def test_every_topic_has_a_name_and_a_number_of_its_own() -> None:
    assert len(NAMES) == len(TOPICS) == len(set(TOPICS.values()))
