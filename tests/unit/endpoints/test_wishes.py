"""Explanations in words: what was wanted, what was got."""

import pytest

from adserver.decision.tracing import Fall
from adserver.domain.opportunity import DealTerms
from adserver.domain.reasons import Reason
from adserver.domain.targeting import Dimension, ListRule, parse_audience
from adserver.endpoints.wishes import got, wanted
from tests.unit.decision.made import line_item, snapshot


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (Reason.COUNTRY, "DEU, AUT; not CHE"),
        (Reason.AUDIENCE, "a and not (b or c)"),
        (Reason.SIZE, "300x250"),
        (Reason.MEDIA_TYPE, "banner"),
        (Reason.BLOCKED_ADVERTISER, "shop.example"),
        (Reason.CITY, ""),
        (Reason.BUDGET, ""),
    ],
)
def test_what_was_wanted_is_told_in_the_words_of_the_campaign(reason: Reason, words: str) -> None:
    made = snapshot(
        line_item(
            "item",
            targeting={Dimension.COUNTRY: ListRule(("DEU", "AUT"), ("CHE",))},
            audience=parse_audience("a and not (b or c)"),
        )
    )
    assert wanted(made, 0, reason) == words


def test_a_schedule_is_told_with_its_hours() -> None:
    made = snapshot(line_item("item", hours_of_week=tuple(range(84))))
    assert wanted(made, 0, Reason.SCHEDULE).endswith("UTC, 84 hours of the week")


@pytest.mark.parametrize(
    ("reason", "offered", "words"),
    [
        (Reason.SIZE, ((970, 250), (728, 90)), "970x250, 728x90"),
        (Reason.SIZE, (640, 480), "640x480"),
        (Reason.BLOCKED_ATTRIBUTE, (1, 6), "1, 6"),
        (Reason.BELOW_FLOOR, 2_500_000, "2.500 CPM"),
        (Reason.DEAL, (DealTerms("deal-1", 0),), "deal-1"),
        (Reason.COUNTRY, "USA", "USA"),
        (Reason.BLOCKED_ADVERTISER, tuple(f"d{n}.example" for n in range(10_000)), None),
    ],
)
def test_what_was_got_is_short_and_readable(
    reason: Reason, offered: object, words: str | None
) -> None:
    told = got(Fall(reason, 1, offered, None))
    assert len(told) <= 200
    if words is not None:
        assert told == words
